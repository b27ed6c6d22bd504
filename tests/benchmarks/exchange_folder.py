"""Speed of the exchange folders: `python -m tests.benchmarks.exchange_folder`.

Starts the stack and `clinic-terminal exchange`, both on this machine. Prints the time from a complete request of a
look-up by number until its result is visible (median, 95th percentile), without and with results that were left;
the time of a bulk request of 10,000 rows, from the request until its result is visible; and the share of one core
that the terminal takes without requests. All settings are the default ones.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from shikaku.clock import today
from shikaku.stack import INSTITUTION_CODE
from tests.builders.clinic import request_files
from tests.builders.clinic.request_files import ReadResult
from tests.builders.exchange_process import ExchangeProcess
from tests.builders.stack import PopulatedStack

LEFTOVERS = 2_000
_POLL_SECONDS = 0.001


class Client:
    """The clinic's software: asks about one member of the stack."""

    def __init__(self, stack: PopulatedStack, running: ExchangeProcess) -> None:
        with (stack.home / "members.csv").open(encoding="utf-8") as members:
            self._member = next(csv.DictReader(members))
        self._running = running
        self._count = 0

    def ask(self, prefix: str, content: bytes) -> tuple[float, ReadResult]:
        """Seconds from the complete request until its result is visible, and the result."""
        self._count += 1
        self._running.drop(f"{prefix}_{self._count}.xml", content)
        began = time.perf_counter()
        path = self._running.root / "res" / f"{prefix.replace('req', 'res')}_{self._count}.xml"
        while not path.exists():
            time.sleep(_POLL_SECONDS)
        seconds = time.perf_counter() - began
        read = ReadResult(path.read_bytes())
        path.unlink()
        return seconds, read

    def look_up(self) -> float:
        """Seconds of a look-up by number."""
        seconds, read = self.ask("OQSsiquc01req", self._message(1))
        assert read["QualificationValidity"] == "1"
        return seconds

    def bulk(self, rows: int) -> float:
        """Seconds of a bulk request, until its result was fetched."""
        began = time.perf_counter()
        _, received = self.ask("OQSmuquc01req", self._message(rows))
        ask = request_files.message(
            request_files.element("MedicalInstitutionCode", INSTITUTION_CODE),
            request_files.element("ReceptionNumber", received["ReceptionNumber"]),
        )
        while True:
            _, read = self.ask("OQSmuquc02req", ask)
            if read["SegmentOfResult"] != "2":
                break
            time.sleep(1)
        assert len(read.texts("BulkConfirmUnit")) == rows
        return time.perf_counter() - began

    def _message(self, rows: int) -> bytes:
        search = request_files.search_info(
            InsurerNumber=self._member["insurer_number"],
            InsuredCardSymbol=self._member["symbol"] or None,
            InsuredIdentificationNumber=self._member["number"],
            branch=self._member["branch"] or None,
            Birthdate=self._member["birth_date"].replace("-", ""),
        )
        header = request_files.header(institution=INSTITUTION_CODE, day=f"{today():%Y%m%d}")
        return request_files.message(header, search * rows)


def _show_look_ups(client: Client, count: int, name: str) -> None:
    client.look_up()  # the first signs in
    seconds = sorted(client.look_up() for _ in range(count))
    high = seconds[int(0.95 * len(seconds))]
    print(
        f"look-up, {name}: median {statistics.median(seconds) * 1000:.0f} ms, 95 % {high * 1000:.0f} ms",
        flush=True,
    )


def _show_idle(process: psutil.Process, seconds: float) -> None:
    before = sum(process.cpu_times()[:2])
    time.sleep(seconds)
    share = (sum(process.cpu_times()[:2]) - before) / seconds
    print(f"idle: {share:.2%} of a core", flush=True)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description="Speed of the exchange folders.")
    options.add_argument("--look-ups", type=int, default=100)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--idle-seconds", type=float, default=30)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="shikaku-bench-") as folder:
        home = Path(folder)
        with PopulatedStack(home / "stack") as stack:
            environment = stack.environment | {"TERMINAL_HOME": str(home / "terminal")}
            with ExchangeProcess(home / "OQS", environment) as running:
                client = Client(stack, running)
                _show_idle(psutil.Process(running.process.pid), chosen.idle_seconds)
                _show_look_ups(client, chosen.look_ups, "nothing left in res/")
                for number in range(LEFTOVERS):
                    (running.root / "res" / f"OQSsiquc01res_left{number}.xml").write_bytes(b"<XmlMsg/>")
                _show_look_ups(client, chosen.look_ups, f"{LEFTOVERS:,} results left")
                print(f"bulk, {chosen.rows:,} rows: {client.bulk(chosen.rows):.1f} s", flush=True)


if __name__ == "__main__":
    main()
