"""Polling, waiting and streaming; the report of an enrolment; the insurer and format of a file."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.enrolment import RegisterMatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_reading.block import Block
from eligibility_api.contract.member_reading.block import Fault as BlockFault
from eligibility_api.contract.uploads import FileFormat, RowFault
from payer_mock.actions.claims import insurer_of_claims
from payer_mock.actions.fund import chunks, open_clients, poll_while, wait_until
from payer_mock.actions.report import Report, Stop
from payer_mock.actions.uploads import insurer_of
from payer_mock.members.reader import file_format
from tests.depth import max_examples
from tests.unit.payer_mock.builders import FUND, INSURER, OTHER_INSURER, credential

NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


@given(st.integers(0, 40))
def test_a_state_is_fetched_until_it_is_no_longer_in_progress(polls: int) -> None:
    waits: list[float] = []
    states = iter(range(polls - 1, -1, -1))
    assert poll_while(lambda state: state > 0, polls, lambda: next(states), waits.append) == 0
    assert len(waits) == polls
    assert waits == sorted(waits)
    assert all(0.05 <= wait <= 0.5 for wait in waits)
    assert waits[:1] in ([], [0.05])
    assert polls < 20 or waits[-1] == 0.5


def polled(*answers: int | str) -> tuple[int, list[float]]:
    """The state at the end, 0, and the waits: each answer is a state or the code of an error."""
    waits: list[float] = []
    left = list(answers)

    def fetch() -> int:
        answer = left.pop(0)
        if isinstance(answer, str):
            raise ShikakuError(answer)
        return answer

    return poll_while(lambda state: state > 0, 9, fetch, waits.append), waits


def test_technical_failures_do_not_end_the_waiting_for_a_file_that_the_fund_has() -> None:
    state, waits = polled("fund-unreachable", 3, "overloaded", "database-unavailable", 0)
    assert state == 0
    assert waits == [0.05, 2.0, pytest.approx(0.05 * 1.3**2), 2.0, 2.0]


def test_an_outage_that_does_not_end_is_given_up() -> None:
    assert polled(*["overloaded"] * 60, 0)[0] == 0
    with pytest.raises(ShikakuError) as raised:
        polled(*["overloaded"] * 61, 0)
    assert raised.value.code == "overloaded"


def test_a_refusal_ends_the_waiting_at_once() -> None:
    with pytest.raises(ShikakuError) as raised:
        polled("not-found", 0)
    assert raised.value.code == "not-found"


@pytest.mark.parametrize(
    ("ahead", "waited"),
    [(None, []), (-3600.0, []), (0.0, []), (0.25, [0.25]), (5.0, [5.0]), (5.1, [5.0]), (86_400.0, [5.0])],
)
def test_a_wrong_clock_is_not_waited_for(ahead: float | None, waited: list[float]) -> None:
    waits: list[float] = []
    wait_until(None if ahead is None else NOW + timedelta(seconds=ahead), lambda: NOW, waits.append)
    assert waits == waited


@pytest.mark.parametrize("size", [0, 1, 1 << 18, (1 << 18) + 1, 3 << 18])
def test_a_file_is_streamed_in_chunks_of_a_quarter_mebibyte(size: int) -> None:
    parts = list(chunks(io.BytesIO(b"x" * size)))
    assert b"".join(parts) == b"x" * size
    assert all(len(part) == 1 << 18 for part in parts[:-1])
    assert all(0 < len(part) <= 1 << 18 for part in parts[-1:])


def test_an_insurer_without_a_credential_is_another_insurer() -> None:
    closed: list[int] = []

    class Transport(httpx2.MockTransport):
        def close(self) -> None:
            closed.append(1)

    def transport() -> httpx2.BaseTransport:
        return Transport(lambda _: httpx2.Response(500))

    with open_clients(FUND, {INSURER: credential(INSURER)}, transport) as client_of:
        assert client_of(INSURER) is client_of(INSURER)
        with pytest.raises(ShikakuError) as refused:
            client_of(OTHER_INSURER)
        assert refused.value.code == "enrolment-other-insurer"
        assert closed == []
    assert closed == [1]


@pytest.mark.parametrize(
    ("refused_rows", "stopped", "code"),
    [(0, None, 0), (1, None, 1), (0, Stop(3, "fund-unreachable"), 3), (1, Stop(3, "x"), 3)],
)
def test_a_stop_is_worse_than_a_fault(refused_rows: int, stopped: Stop | None, code: int) -> None:
    assert Report(refused_rows=refused_rows, stopped=stopped).exit_code == code


def test_a_block_s_rows_with_several_faults_are_counted_once_and_codes_by_frequency() -> None:
    places = [(2, "sex", RowFault.CODE), (2, "name", RowFault.REQUIRED), (4, "name", RowFault.REQUIRED)]
    faults = [BlockFault(row, column, code, "a") for row, column, code in places]
    report = Report(enrolled=3)
    counts = Counter((fault.code, fault.column) for fault in faults)
    good: list[Any] = [None] * 3
    report.add(Block(rows=5, records=good, faults=faults, counts=counts))
    report.matched[RegisterMatch.NONE] = 2
    printed = report.as_json()
    assert (printed["refused_rows"], printed["refused"]) == (2, {"required": 2, "code": 1})
    assert [*printed["refused"]] == ["required", "code"]
    assert printed["matched"] == {
        "one": 0,
        "variant": 0,
        "none": 2,
        "ambiguous": 0,
        "other": 0,
        "contested": 0,
    }
    assert printed["faults"][0] == {"row": 2, "column": "name", "code": "required"}
    assert printed["stopped"] is None
    assert Report(stopped=Stop(7, "fund-unreachable")).as_json()["stopped"] == {
        "row": 7,
        "code": "fund-unreachable",
    }


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.csv", "csv"), ("a.jsonl", "jsonl"), ("a.ndjson", "jsonl"), ("a.JSONL", "csv"), ("a", "csv"), ("a.jsonl.csv", "csv")],
)  # fmt: skip
def test_the_format_of_a_file_is_that_of_its_suffix(name: str, form: str) -> None:
    assert (file_format(Path(name)) is FileFormat.JSON_LINES) is (form == "jsonl")


@pytest.mark.parametrize(
    ("name", "content", "insurer"),
    [
        ("a.csv", b"insurer_number,name\n01130012,\x8a\xcb\n", "01130012"),
        ("a.csv", "氏名,保険者番号\n架空　花子,1130012\n".encode("cp932"), "01130012"),
        ("a.csv", '氏名,"保険者\n番号"\n架空　花子,00138057\n'.encode("utf-8-sig"), "138057"),
        ("a.csv", b"insurer_number\n1\n", None),
        ("a.csv", b"\xef\xbb\xbfinsurer_number,name\r\n01130012,x\r\n", "01130012"),
        ("a.csv", b'name,insurer_number\n"a,b",138057\n', "138057"),
        ("a.csv", b"name\nx\n", None),
        ("a.csv", b"insurer_number\n", None),
        ("a.csv", b"insurer_number,name\n\n", None),
        ("a.csv", b"", None),
        ("a.csv", b"name,insurer_number\nx\n", None),
        ("a.jsonl", b'{"insurer_number": "06130017"}\n', "06130017"),
        ("a.jsonl", b"[]\n", None),
        ("a.jsonl", b"{}\n", None),
        ("a.jsonl", b"5\n", None),
        ("a.jsonl", b"[" * 70_000, None),
        ("a.jsonl", b"", None),
        ("a.jsonl", b"\xff\n", None),
    ],
)
def test_the_insurer_of_a_member_file_is_that_of_its_first_row(
    tmp_path: Path, name: str, content: bytes, insurer: str | None
) -> None:
    (tmp_path / name).write_bytes(content)
    assert insurer_of(tmp_path / name) == insurer


@max_examples(50)
@given(content=st.binary(max_size=300))
def test_no_file_fails_the_search_for_its_insurer(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for name in ("any.csv", "any.jsonl"):
        (folder / name).write_bytes(content)
        assert isinstance(insurer_of(folder / name), str | None)
    (folder / "any.UKE").write_bytes(content)
    assert isinstance(insurer_of_claims(folder / "any.UKE"), str | None)
