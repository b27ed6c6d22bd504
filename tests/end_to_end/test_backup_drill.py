"""The drill: back up a fund under taps, lose it, restore it to an instant, and verify what was restored."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from shikaku.processes import Service
from tests.builders.stack import PopulatedStack
from tests.builders.tapping import Tapping
from tests.depth import DEEP

pytestmark = pytest.mark.skipif(not DEEP, reason="backups under taps, two minutes; `make deep PART=record`")

TAPS_OF_A_STAGE = 20
ORIGIN = "drill.example/audit-log-2"


class Site(PopulatedStack):
    """A stack whose fund archives its database's log, and can be stopped and started alone."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.connect(FUND_BACKUP_HOME=str(home / "backups"))
        self._fund: Service | None = None

    def start_service(
        self, name: str, *arguments: str | Path, variables: Mapping[str, str] | None = None
    ) -> Service:
        """Start a service, and remember the fund's."""
        service = super().start_service(name, *arguments, variables=variables)
        if name == "eligibility-api":
            self._fund = service
        return service

    def stop_fund(self) -> None:
        """Stop the fund with its database."""
        assert self._fund is not None
        self._fund.stop()

    def start_fund(self) -> None:
        """Start the fund on the files that are there."""
        announce = self.home / "eligibility-api.url"
        announce.unlink()
        url = self.serve("eligibility-api", "--workers", "2", port=0, announce=announce)
        self.connect(TERMINAL_FUND_URL=url, PAYER_FUND_URL=url)

    def operator(self, *words: str | Path, check: bool = True) -> Any:
        """Run a command of the operator; its JSON, or its text."""
        printed = self.run("eligibility-api", *words, check=check).stdout
        return json.loads(printed) if printed.startswith("{") else printed

    @property
    def postgres(self) -> EmbeddedPostgres:
        """The running database server."""
        return EmbeddedPostgres.attach(Path(self.wiring["FUND_HOME"]) / "postgres")


def tapping(site: Site) -> Tapping:
    """A terminal that taps without a pause."""

    def tap(_: int) -> EligibilityAnswer | UnchangedAnswer:
        with site.terminal() as terminal:
            return terminal.tap()

    return Tapping(tap)


async def _fetch(dsn: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()


def recorded_taps(site: Site) -> list[datetime]:
    """When the recorded answers to cards were given, oldest first."""
    statement = "SELECT recorded_at FROM audit_record WHERE kind = 'eligibility.card' AND outcome = 'answered' ORDER BY 1"
    return [row["recorded_at"] for row in asyncio.run(_fetch(site.postgres.dsn("owner"), statement))]


def verify(site: Site, *words: str | Path) -> dict[str, Any]:
    """The verdict on the backups, restored aside."""
    verdict: dict[str, Any] = site.operator("verify", *words, check=False)
    return verdict


def test_a_fund_is_backed_up_under_taps_and_restored_to_an_instant(tmp_path: Path) -> None:
    site, kept = Site(tmp_path / "stack"), tmp_path / "kept.note"
    with site:
        before = len(recorded_taps(site))
        taps = tapping(site)
        with taps.going_on():
            taps.stage(TAPS_OF_A_STAGE)
            assert site.operator("backup")["kind"] == "full"
            taps.stage(TAPS_OF_A_STAGE)
            shutil.copy(Path(site.wiring["FUND_HOME"]) / "last-checkpoint.note", kept)
            assert site.operator("backup")["kind"] == "incremental"
            taps.stage(TAPS_OF_A_STAGE)
            # Beside the running service, to the end of its archive: the log continues what was kept.
            alongside = verify(site, "--checkpoint", kept)
            assert alongside["holds"], alongside
            assert [name.partition("-")[2] for name in alongside["backups"]] == ["full", "incremental"]
            instant = datetime.now(UTC)
            taps.stage(TAPS_OF_A_STAGE)
        at = [answer.answered_at for answer in taps.answers]
        restored = [one for one in at if one < instant]
        lost = [one for one in at if one >= instant]
        assert len(restored) >= 3 * TAPS_OF_A_STAGE
        assert len(lost) >= TAPS_OF_A_STAGE - 1

        site.stop_fund()
        site.operator("restore", "--to", instant.isoformat())
        site.connect(FUND_LOG_ORIGIN=ORIGIN)
        site.start_fund()
        found = recorded_taps(site)
        assert all(one <= instant for one in found)
        # The tap at the instant itself was recorded before or after it.
        assert len(found) - before in (len(restored), len(restored) + 1)

        # The restored fund answers, and its own backups hold: log and every answer.
        again = tapping(site)
        with again.going_on():
            again.stage(TAPS_OF_A_STAGE)
            assert site.operator("backup", "--full")["kind"] == "full"
            again.stage(TAPS_OF_A_STAGE)
        verified = verify(site)
        assert verified["holds"], verified
        assert verified["answers_recomputed"] > len(found)
        assert len(recorded_taps(site)) - len(found) == len(again.answers)
