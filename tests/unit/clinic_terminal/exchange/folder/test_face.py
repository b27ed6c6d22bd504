"""The files of taps: their names, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clinic_terminal.card.errors import CardError
from clinic_terminal.exchange.face import Tap
from clinic_terminal.exchange.folder.encryption import EncryptConf, Encryption
from clinic_terminal.exchange.folder.face import face_name, file_identifier, keep_tap
from clinic_terminal.exchange.folder.form import FileForm
from clinic_terminal.exchange.folder.root import ExchangeRoot
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.store import TerminalStore
from clinic_terminal.visit.tap import TapOutcome
from tests.builders.clinic import samples
from tests.builders.clinic.request_files import ReadResult
from tests.builders.clinic.samples import INSTITUTION, NOW

REAL_NAME = re.compile(r"OQSsiquc01res_face_(\d{10}[0-9a-f]{20})_(\d{14})\.xml")
"""As `OQSsiquc01res_face_27142063864da5260a16de5a3d3ad7_20260929160112.xml`."""
CLIENT_FILTER = re.compile(r"OQSsiquc01res_face_.+_(\d{14})\.xml")


@pytest.fixture
def root(tmp_path: Path) -> ExchangeRoot:
    return ExchangeRoot.prepare(tmp_path / "OQS")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TerminalStore]:
    with TerminalStore.open(tmp_path / "home") as opened:
        yield opened


def form(encoding: Encoding = Encoding.UTF_8) -> FileForm:
    return FileForm(encoding, Encryption(EncryptConf({}), b"secret"))


def tap(**changes: object) -> Tap:
    outcome = TapOutcome(**{"timings": samples.timings(), "answer": samples.answer()} | changes)  # type: ignore[arg-type]
    return Tap(outcome, INSTITUTION, NOW, "ArnHCeDfNjMCFzg=")


def test_a_name_is_that_of_a_real_file() -> None:
    name = face_name(INSTITUTION, datetime(2026, 9, 29, 7, 1, 12, tzinfo=UTC))
    found = REAL_NAME.fullmatch(name)
    assert found is not None
    assert len(found[1]) == 30
    assert found[1].startswith(INSTITUTION)
    assert found[2] == "20260929160112"  # in Japan
    assert CLIENT_FILTER.fullmatch(name)


def test_no_two_names_are_equal() -> None:
    assert len({face_name(INSTITUTION, NOW) for _ in range(1000)}) == 1000


def test_an_identifier_is_that_of_a_real_file() -> None:
    identifiers = {file_identifier() for _ in range(100)}
    assert len(identifiers) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{15}=", identifier) for identifier in identifiers)


@pytest.mark.parametrize("encoding", list(Encoding))
def test_a_tap_has_one_file_which_is_never_encrypted(
    store: TerminalStore, root: ExchangeRoot, encoding: Encoding
) -> None:
    name = keep_tap(store, tap(), root, form(encoding))
    [path] = root.faces.iterdir()
    assert path.name == name
    assert path.stat().st_mode & 0o777 == 0o600
    read = ReadResult(path.read_bytes())
    assert (read["ReferenceClassification"], read["QualificationValidity"]) == ("1", "1")
    assert read["ArbitraryFileIdentifier"] == "ArnHCeDfNjMCFzg="
    assert read["Name"] == "架空　花子"
    assert read["InsuredBranchNumber"] == "00"
    assert len(store.visits(NOW.date())) == 1


def test_a_tap_that_never_reached_the_fund_has_no_file(store: TerminalStore, root: ExchangeRoot) -> None:
    assert keep_tap(store, tap(answer=None, problem=CardError("card-removed")), root, form()) is None
    assert list(root.faces.iterdir()) == []


def test_originals_are_kept_under_the_name_of_the_file(store: TerminalStore, root: ExchangeRoot) -> None:
    answer = samples.answer(results=[samples.enrolment(name="𠮷田 花子")])
    name = keep_tap(store, tap(answer=answer), root, form(Encoding.SHIFT_JIS))
    assert name is not None
    assert [original.text for original in store.originals(name)] == ["𠮷田　花子"]


def test_a_folder_that_is_away_is_an_error_after_the_visit_was_kept(
    store: TerminalStore, root: ExchangeRoot
) -> None:
    root.faces.rmdir()
    with pytest.raises(FileNotFoundError):
        keep_tap(store, tap(), root, form())
    assert len(store.visits(NOW.date())) == 1
