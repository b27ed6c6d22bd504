"""The terminal's store: what is kept, by what it is found, and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import Original
from eligibility_api.contract.codes import Validity
from tests.builders.clinic import samples
from tests.builders.clinic.samples import NOW
from tests.builders.clinic.store import (
    at,
    execute,
    membership,
    permit,
    reception,
    request,
    stored_bytes,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TerminalStore]:
    with TerminalStore.open(tmp_path, answer_days=3) as opened:
        yield opened


# Permits.


@pytest.mark.parametrize(
    ("insurer", "symbol", "number"),
    [
        ("01130012", "12", "345"),
        (" 1130012".replace(" ", "0"), "１２", "３４５"),
        ("01130012", " 1-2", "3 45"),
    ],
    ids=["as stored", "full width", "spaces and hyphens"],
)
def test_a_permit_is_found_by_the_membership_however_written(
    store: TerminalStore, insurer: str, symbol: str, number: str
) -> None:
    store.keep_permit(permit())
    found = store.permits_for(insurer_number=insurer, symbol=symbol, number=number, at=NOW)
    assert found == (permit(),)


def test_an_insurer_number_of_six_digits_is_found_padded_to_eight(store: TerminalStore) -> None:
    store.keep_permit(permit(memberships=(membership(insurer_number="138057"),)))
    for padded in ("138057", "  138057", "00138057"):
        assert store.permits_for(insurer_number=padded, symbol="12", number="345", at=NOW)


@pytest.mark.parametrize(
    ("insurer", "symbol", "number"),
    [
        ("06130017", "12", "345"),
        ("01130012", None, "345"),
        ("01130012", "12", "346"),
        ("01130012", "1", "2345"),
    ],
)
def test_a_permit_is_not_found_by_another_membership(
    store: TerminalStore, insurer: str, symbol: str | None, number: str
) -> None:
    store.keep_permit(permit())
    assert store.permits_for(insurer_number=insurer, symbol=symbol, number=number, at=NOW) == ()


def test_a_permit_is_found_by_each_membership_and_by_the_reference_number(store: TerminalStore) -> None:
    kept = permit(memberships=(membership(), membership(insurer_number="39131008", symbol=None, branch=None)))
    store.keep_permit(kept)
    assert store.permits_for(insurer_number="39131008", symbol=None, number="345", at=NOW) == (kept,)
    assert store.permits_by_reference("A-1", NOW) == (kept,)
    assert store.permits_by_reference("A-2", NOW) == ()


def test_the_newest_permit_comes_first_and_the_same_one_is_replaced(store: TerminalStore) -> None:
    newer = permit(permit_id=UUID(int=1))
    store.keep_permit(permit())
    store.keep_permit(newer)
    store.keep_permit(newer.model_copy(update={"reference_number": "A-2"}))
    assert [kept.permit_id for kept in store.permits_by_reference("A-1", NOW)] == [permit().permit_id]
    assert len(store.permits_for(insurer_number="01130012", symbol="12", number="345", at=NOW)) == 2
    assert store.permits_by_reference("A-2", NOW)[0].permit_id == newer.permit_id


def test_a_permit_ends_at_its_end(store: TerminalStore) -> None:
    store.keep_permit(permit())
    assert store.permits_by_reference("A-1", at(1) - timedelta(seconds=1))
    assert store.permits_by_reference("A-1", at(1)) == ()


def test_a_dropped_permit_is_not_found_again(store: TerminalStore) -> None:
    other = permit(permit_id=UUID(int=1))
    store.keep_permit(permit())
    store.keep_permit(other)
    store.drop_permit(permit().permit_id)
    assert store.permits_by_reference("A-1", NOW) == (other,)


# Receptions, visits, answers, originals.


def test_a_reception_is_found_by_its_number(store: TerminalStore) -> None:
    store.keep_reception(reception())
    store.keep_reception(reception(content=b"new"))
    assert store.reception("R1") == reception(content=b"new")
    assert store.reception("R2") is None


def test_visits_are_of_their_day_in_japan(store: TerminalStore) -> None:
    before_midnight = datetime(2026, 4, 1, 14, 59, tzinfo=UTC)
    store.record_visit(samples.answer(), before_midnight)
    store.record_visit(samples.answer(Validity.INVALID, []), before_midnight + timedelta(minutes=2))
    assert [visit.answer.validity for visit in store.visits(date(2026, 4, 1)) if visit.answer] == [
        Validity.VALID
    ]
    assert [visit.answer.validity for visit in store.visits(date(2026, 4, 2)) if visit.answer] == [
        Validity.INVALID
    ]


@pytest.mark.parametrize(
    ("branch", "birth_date", "found"),
    [
        (None, None, True),
        ("00", date(1980, 2, 3), True),
        ("01", None, False),
        ("00", date(1981, 2, 3), False),
    ],
)
def test_the_last_answer_is_of_this_person(
    store: TerminalStore, branch: str | None, birth_date: date | None, found: bool
) -> None:
    store.record_visit(samples.answer(), NOW)
    assert (store.last_answer("01130012", "12", "345", branch, birth_date) is not None) is found


def test_the_newest_answer_is_the_last(store: TerminalStore) -> None:
    store.record_visit(samples.answer(version="old"), NOW)
    store.record_visit(samples.answer(version="new"), at(1))
    last = store.last_answer("01130012", "12", "345")
    assert last is not None
    assert last.version == "new"


def test_with_zero_days_no_answer_is_kept(tmp_path: Path) -> None:
    with TerminalStore.open(tmp_path, answer_days=0) as store:
        store.record_visit(samples.answer(), NOW)
        assert store.last_answer("01130012", "12", "345") is None
        assert len(store.visits(date(2026, 4, 1))) == 1


def test_originals_are_found_by_the_file(store: TerminalStore) -> None:
    first, second = (Original(file="a.xml", place="Name", text=text) for text in ("𠮷田 見本", "髙橋 見本"))
    store.keep_originals([first, second], NOW)
    assert store.originals("a.xml") == (first, second)
    assert store.originals("b.xml") == ()


# Ends.


@pytest.mark.parametrize(
    ("keep", "ends"),
    [
        (lambda store: store.requests.take(request()), at(7)),
        (lambda store: store.keep_permit(permit()), at(1)),
        (lambda store: store.keep_permit(permit(available_until=None)), at(400)),
        (lambda store: store.keep_reception(reception()), at(7)),
        (
            lambda store: store.record_visit(samples.answer(results=[]), NOW),
            datetime(2026, 4, 1, 15, tzinfo=UTC),
        ),
        (lambda store: store.record_visit(samples.answer(), NOW), datetime(2026, 4, 4, 15, tzinfo=UTC)),
        (
            lambda store: store.keep_originals([Original(file="a", place="b", text="c")], NOW),
            datetime(2026, 4, 4, 15, tzinfo=UTC),
        ),
    ],
    ids=["request", "permit", "permit without end", "reception", "visit", "last answer", "original"],
)
def test_everything_is_purged_at_its_end(
    store: TerminalStore, tmp_path: Path, keep: Callable[[TerminalStore], object], ends: datetime
) -> None:
    keep(store)
    store.purge(ends - timedelta(seconds=1))
    assert execute(tmp_path, "SELECT count(*) FROM entry") != [(0,)]
    assert store.purge(ends) > 0
    assert execute(tmp_path, "SELECT count(*) FROM entry") == [(0,)]
    assert execute(tmp_path, "SELECT count(*) FROM entry_key") == [(0,)]


def test_nothing_of_a_person_is_readable_in_the_file(store: TerminalStore, tmp_path: Path) -> None:
    store.requests.take(request("架空 花子 01130012".encode(), name="OQSsiquc01req_patient4711.xml"))
    store.keep_permit(permit())
    store.record_visit(samples.answer(), NOW)
    content = stored_bytes(tmp_path)
    assert len(content) > 10_000
    for text in ("架空", "01130012", "patient4711", "1980-02-03", str(permit().permit_id), "A-1"):
        assert text.encode() not in content


def test_the_version_is_another_one_after_every_change(tmp_path: Path) -> None:
    with TerminalStore.open(tmp_path) as store, TerminalStore.open(tmp_path) as another_process:
        known = {store.version()}
        assert {store.version()} == known
        for changed in (store, another_process, store):
            changed.keep_permit(permit())
            assert store.version() not in known
            known.add(store.version())
