"""The folders of the real terminal before a real fund: requests dropped by a shell, results, files of taps."""

from __future__ import annotations

import csv
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clinic_terminal.exchange.folder.encryption import EncryptConf, Encryption
from shikaku.clock import today
from shikaku.stack import INSTITUTION_CODE
from tests.builders.clinic import request_files
from tests.builders.clinic.request_files import ReadResult
from tests.builders.exchange_process import ExchangeProcess, wait_for
from tests.builders.message_reader import read_in_declared_encoding, read_result
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP


def read_strictly(prefix: str, content: bytes) -> ReadResult:
    """A result, which must also be as the independent reader expects it."""
    read_result(prefix, read_in_declared_encoding(content))
    return ReadResult(content)


@dataclass(frozen=True, slots=True)
class Clinic:
    """The stack's clinic with a folder of its own, and a patient: the card of the role `valid`."""

    stack: PopulatedStack
    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "OQS"

    @property
    def environment(self) -> dict[str, str]:
        return self.stack.environment | {
            "TERMINAL_HOME": str(self.folder / "home"),
            "TERMINAL_EXCHANGE_ROOT": str(self.root),
            "TERMINAL_EXCHANGE_OPERATOR": "架空 医師",
            "TERMINAL_EXCHANGE_ROLE": "doctor",
        }

    def exchange(self, **changes: str) -> ExchangeProcess:
        return ExchangeProcess(self.root, self.environment | changes)

    @property
    def membership(self) -> dict[str, str | None]:
        with (self.stack.home / "members.csv").open(encoding="utf-8") as members:
            member = next(csv.DictReader(members))
        return {
            "InsurerNumber": member["insurer_number"].rjust(8),
            "InsuredCardSymbol": member["symbol"] or None,
            "InsuredIdentificationNumber": member["number"],
            "InsuredBranchNumber": member["branch"] or None,
            "Birthdate": member["birth_date"].replace("-", ""),
        }

    def look_up(self) -> bytes:
        search = request_files.search_info(**self.membership)
        return request_files.message(self._header(), search)

    def bulk(self) -> bytes:
        return request_files.message(self._header(), request_files.search_info(**self.membership) * 3)

    @staticmethod
    def _header() -> str:
        return request_files.header(institution=INSTITUTION_CODE, day=f"{today():%Y%m%d}")


@pytest.fixture(scope="module")
def clinic(stack: PopulatedStack, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return Clinic(stack, tmp_path_factory.mktemp("exchange"))


@pytest.fixture(scope="module")
def exchange(clinic: Clinic) -> Iterator[ExchangeProcess]:
    with clinic.exchange() as running:
        yield running


def test_a_request_dropped_by_a_shell_has_its_result(exchange: ExchangeProcess, clinic: Clinic) -> None:
    request = clinic.folder / "request.xml"
    request.write_bytes(clinic.look_up())
    shell = shutil.which("sh")
    assert shell is not None
    script = 'cat "$0" > "$1/req/OQSsiquc01req_1.xml"'
    subprocess.run([shell, "-c", script, request, exchange.root], check=True)
    read = read_strictly("OQSsiquc01res", exchange.result("OQSsiquc01res_1.xml"))
    assert (read["SegmentOfResult"], read["QualificationValidity"]) == ("1", "1")
    assert set(read.texts("InsuredIdentificationNumber")) == {
        clinic.membership["InsuredIdentificationNumber"]
    }
    assert list((exchange.root / "req").iterdir()) == []


def test_a_bulk_request_is_received_and_its_results_are_fetched(
    exchange: ExchangeProcess, clinic: Clinic
) -> None:
    received = read_strictly("OQSmuquc01res", exchange.ask("OQSmuquc01req_2.xml", clinic.bulk()))
    ask = request_files.message(
        request_files.element("MedicalInstitutionCode", INSTITUTION_CODE),
        request_files.element("ReceptionNumber", received["ReceptionNumber"]),
    )

    answers: list[ReadResult] = []

    def is_processed() -> bool:
        answers.append(read_strictly("OQSmuquc02res", exchange.ask("OQSmuquc02req_2.xml", ask)))
        return answers[-1]["SegmentOfResult"] != "2"

    wait_for(is_processed, "result of the bulk request")
    results = answers[-1]
    assert results["SegmentOfResult"] == "1"
    assert results.texts("QualificationValidity") == ["1"] * 3


def test_a_tap_with_consent_has_its_file_and_opens_the_medicines(
    exchange: ExchangeProcess, clinic: Clinic
) -> None:
    def history(category: str = "2") -> bytes:
        membership = clinic.membership
        head = "".join(
            request_files.element(name, value)
            for name, value in {
                "MedicalInstitutionCode": INSTITUTION_CODE,
                "InsurerNumber": membership["InsurerNumber"],
                "InsuranceCardSymbol": membership["InsuredCardSymbol"],
                "InsuredPersonIdentificationNumber": membership["InsuredIdentificationNumber"],
                "BranchNumber": membership["InsuredBranchNumber"],
            }.items()
        )
        month = f"{today():%Y%m}"
        body = "".join(
            request_files.element(name, value)
            for name, value in {"StartDate": month, "EndDate": month, "FileCategory": category}.items()
        )
        body += request_files.element("PrDiInfClassification", "1")
        return request_files.message(head, body)

    def result_code() -> str:
        return read_strictly("YZKsiquc01res", exchange.ask("YZKsiquc01req_3.xml", history()))["ResultCode"]

    assert result_code() != "1"
    options = ("--card", clinic.stack.card("valid"), "--consent", "all", "--agree")
    assert clinic.stack.tap(*options, **clinic.environment)["exit_code"] == 0
    [face] = (exchange.root / "face").iterdir()
    read = read_strictly("OQSsiquc01res", face.read_bytes())
    assert (read["ReferenceClassification"], read["QualificationValidity"]) == ("1", "1")
    assert read["PharmacistsInfoConsFlg"] == "1"
    assert result_code() == "1"
    exchange.drop("YZKsiquc01req_4.xml", history(category="1"))
    assert exchange.result("YZKsiquc01res_4.pdf").startswith(b"%PDF-")


def test_a_request_that_was_taken_before_a_kill_is_answered_after_the_next_start(
    clinic: Clinic, tmp_path: Path
) -> None:
    own = Clinic(clinic.stack, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with own.exchange(TERMINAL_FUND_URL=url) as running:
            running.drop("OQSsiquc01req_1.xml", own.look_up())
            silent.settimeout(60)
            connection, _ = silent.accept()  # it is being answered
            with connection:
                assert list((own.root / "req").iterdir()) == []
                running.kill()
    assert list((own.root / "res").iterdir()) == []
    with own.exchange() as running:
        assert ReadResult(running.result("OQSsiquc01res_1.xml"))["QualificationValidity"] == "1"
        assert running.stop() == 0


@pytest.mark.skipif(
    not DEEP, reason="one more process; the unit tests do the same with a fake fund; `make deep`"
)
def test_a_password_zip_is_answered_by_one(clinic: Clinic, tmp_path: Path) -> None:
    own = Clinic(clinic.stack, tmp_path)
    (tmp_path / "password").write_text("secret")
    encryption = Encryption(EncryptConf({}), b"secret")
    with own.exchange(TERMINAL_EXCHANGE_PASSWORD_FILE=str(tmp_path / "password")) as running:
        running.drop("OQSsiquc01req_1.zip", encryption.zip("a.xml", own.look_up(), encrypted=True))
        content = encryption.unzip(running.result("OQSsiquc01res_1.zip"), 1_000_000)
    assert ReadResult(content)["QualificationValidity"] == "1"
