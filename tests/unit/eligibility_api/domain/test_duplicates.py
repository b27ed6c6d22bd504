"""The check of duplicate medication by its public rule, as a table of cases and against the reference model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.duplicate_checks import DuplicateKind
from eligibility_api.contract.history import Origin
from eligibility_api.domain.claims import Drug
from eligibility_api.domain.duplicates import (
    Found,
    compared_entries,
    find,
    medicine,
    medicines_of,
    within_limits,
)
from eligibility_api.domain.history import HistoryRecord
from loadtest.model.duplicates import ModelEntry, ModelMedicine, bounded, check
from tests.builders.known import (
    CLINIC,
    DAY,
    OTHER_CLINIC,
    content,
    dispensing,
    drug,
    known,
    on_site,
    prescription,
)

INGREDIENTS = {"a1": "A", "a2": "A", "b1": "B", "c1": "C", "none": None}
CONTRAINDICATED = {"A": frozenset({"B"}), "B": frozenset({"A"})}
TABLET, OINTMENT, AS_NEEDED, INJECTION = "21", "23", "22", "31"


def of(code: str, act: str = TABLET, times: int = 14) -> Drug:
    return drug(code=code, act=act, times=times)


def after(days: int) -> date:
    """Day 1 is DAY."""
    return DAY + timedelta(days=days - 1)


def prescribed(*drugs: Drug, day: int = 1, at: str = OTHER_CLINIC) -> HistoryRecord:
    return prescription(on=after(day), institution=at, content=content(*drugs, prescriber_code=None))


def dispensed(
    *drugs: Drug, day: int = 1, prescribed_on: int = 1, prescriber: str = OTHER_CLINIC
) -> HistoryRecord:
    return dispensing(
        on=after(day), prescribed_on=after(prescribed_on), content=content(*drugs, prescriber_code=prescriber)
    )


def given_on_site(*drugs: Drug, day: int = 1, at: str = OTHER_CLINIC) -> HistoryRecord:
    return on_site(on=after(day), institution=at, content=content(*drugs, prescriber_code=None))


def found(
    asked: Sequence[Drug],
    *entries: HistoryRecord,
    day: int = 1,
    own: str = CLINIC,
    same_institution: bool = True,
    prescription_: tuple[str, date] | None = None,
) -> list[Found]:
    compared = compared_entries(
        entries, own=own, same_institution=same_institution, prescription=prescription_
    )
    return find(
        [medicine(None, one, after(day), INGREDIENTS.get) for one in asked],
        medicines_of(compared, INGREDIENTS.get),
        CONTRAINDICATED,
    )


def kinds(*arguments: object, **more: object) -> list[DuplicateKind]:
    return [one.kind for one in found(*arguments, **more)]  # type: ignore[arg-type]


DUPLICATE, FORBIDDEN = [DuplicateKind.DUPLICATE], [DuplicateKind.CONTRAINDICATED]


@pytest.mark.parametrize(
    ("asked", "other", "day", "expected"),
    [
        # Two ointments of one ingredient at two clinics.
        (of("a1", OINTMENT, 1), of("a2", OINTMENT, 1), 10, DUPLICATE),
        (of("a1", OINTMENT, 1), of("a2", OINTMENT, 1), 14, DUPLICATE),
        (of("a1", OINTMENT, 1), of("a2", OINTMENT, 1), 15, []),
        # What is taken as needed, or injected, has 14 days whatever its count.
        (of("a1", AS_NEEDED, 5), of("a1", AS_NEEDED, 5), 14, DUPLICATE),
        (of("a1", AS_NEEDED, 30), of("a1", AS_NEEDED, 30), 15, []),
        (of("a1", INJECTION, 1), of("a1", INJECTION, 1), 14, DUPLICATE),
        # Tablets have their days.
        (of("a1", TABLET, 7), of("a2", TABLET, 7), 7, DUPLICATE),
        (of("a1", TABLET, 7), of("a2", TABLET, 7), 8, []),
        (of("a1", TABLET, 7), of("a2", TABLET, 28), 28, DUPLICATE),
        (of("a1", TABLET, 90), of("a2", TABLET, 28), 29, []),
        # Another ingredient, another route, or none in the price list.
        (of("a1"), of("c1"), 1, []),
        (of("none"), of("none"), 1, []),
        (of("a1"), of("none"), 1, []),
        (of("unknown"), of("unknown"), 1, []),
        # Combinations that a package insert forbids, in both directions.
        (of("a1"), of("b1"), 1, FORBIDDEN),
        (of("b1"), of("a2"), 14, FORBIDDEN),
        (of("b1"), of("a2"), 15, []),
        (of("b1"), of("c1"), 1, []),
    ],
)
@pytest.mark.parametrize("entry", [prescribed, dispensed, given_on_site], ids=lambda entry: entry.__name__)
def test_the_same_ingredient_or_a_forbidden_one_on_a_common_day_is_found(
    asked: Drug, other: Drug, day: int, expected: list[DuplicateKind], entry: object
) -> None:
    """Rules M2, M3, M4, M6: the other medicine is of day 1, the one asked about of `day`."""
    assert callable(entry)
    assert kinds([asked], entry(other), day=day) == expected


def test_a_medicine_asked_about_for_earlier_days_is_found_too() -> None:
    """Rule M4."""
    assert kinds([of("a1", times=3)], prescribed(of("a1"), day=3)) == DUPLICATE
    assert kinds([of("a1", times=2)], prescribed(of("a1"), day=3)) == []


def test_a_dispensing_counts_from_its_own_day() -> None:
    """Rule M4: not from the day of prescribing."""
    late = dispensed(of("a1", times=7), day=5, prescribed_on=1)
    assert kinds([of("a1", times=7)], late, day=8) == DUPLICATE
    assert kinds([of("a1", times=7)], late, day=12) == []


def test_claims_are_never_compared() -> None:
    """Rule M1: a claim alone is no duplicate."""
    claim = known(content(drug(code="a1", days=((1, 1),))))
    assert claim.origin is Origin.CLAIM
    assert list(medicines_of([claim], INGREDIENTS.get)) == []


def test_medicines_of_one_prescription_are_not_compared_with_each_other() -> None:
    """Rule M1."""
    assert kinds([of("a1"), of("a2"), of("b1")]) == []


def test_a_dispensed_prescription_counts_as_its_dispensing_only() -> None:
    """Rule M1."""
    entries = [prescribed(of("a1"), of("c1")), dispensed(of("a1"), day=2, prescribed_on=1)]
    assert [one.other.known for one in found([of("a1")], *entries)] == [entries[1]]
    assert kinds([of("c1")], *entries) == []


@pytest.mark.parametrize(
    "other",
    [
        dispensed(of("a1"), prescriber=CLINIC),
        dispensed(of("a1"), day=2, prescribed_on=2),
        given_on_site(of("a1")),
    ],
    ids=["another-prescriber", "another-day", "on-site"],
)
def test_another_dispensing_leaves_a_prescription_undispensed(other: HistoryRecord) -> None:
    """Rule M1."""
    waiting = prescribed(of("a1"))
    assert waiting in [one.other.known for one in found([of("a1")], waiting, other)]


@pytest.mark.parametrize("entry", [prescribed, given_on_site], ids=lambda entry: entry.__name__)
@pytest.mark.parametrize(
    ("at", "same_institution", "expected"),
    [(CLINIC, True, DUPLICATE), (CLINIC, False, []), (OTHER_CLINIC, False, DUPLICATE)],
)
def test_the_same_institution_is_compared_if_the_asker_wants_it(
    entry: object, at: str, same_institution: bool, expected: list[DuplicateKind]
) -> None:
    """Rule M5."""
    assert callable(entry)
    assert kinds([of("a1")], entry(of("a1"), at=at), same_institution=same_institution) == expected


def test_of_a_dispensing_the_prescriber_is_the_institution() -> None:
    """Rule M5."""
    assert kinds([of("a1")], dispensed(of("a1"), prescriber=CLINIC), same_institution=False) == []
    assert kinds([of("a1")], dispensed(of("a1")), same_institution=False) == DUPLICATE


def test_the_prescription_that_is_dispensed_is_not_compared_with_itself() -> None:
    """Rule M1: neither the prescription nor an earlier dispensing of it."""
    named = (OTHER_CLINIC, after(1))
    waiting, another = prescribed(of("a1")), prescribed(of("a1"), day=2)
    assert found([of("a1")], waiting, own=OTHER_CLINIC, prescription_=named) == []
    assert found([of("a1")], dispensed(of("a1"), day=3), own=OTHER_CLINIC, prescription_=named) == []
    assert kinds([of("a1")], waiting, another, own=OTHER_CLINIC, prescription_=named) == DUPLICATE


def test_each_finding_names_its_place_in_the_request_and_the_other_medicine() -> None:
    entry = prescribed(of("b1"), of("a2", times=3))
    [forbidden, duplicate] = sorted(found([of("c1"), of("a1")], entry))
    assert (forbidden.kind, forbidden.asked, forbidden.other.drug.code) == (
        DuplicateKind.CONTRAINDICATED,
        2,
        "b1",
    )
    assert (duplicate.asked, duplicate.other.drug.code) == (2, "a2")
    assert (duplicate.other.first, duplicate.other.last) == (after(1), after(3))


places = st.sampled_from([CLINIC, OTHER_CLINIC, "1311111122"])
near = st.integers(1, 20)
drugs = st.builds(
    of,
    st.sampled_from(["a1", "a2", "b1", "c1", "none"]),
    st.sampled_from([TABLET, TABLET, OINTMENT, AS_NEEDED]),
    st.sampled_from([1, 3, 7, 14, 28]),
)
some = st.lists(drugs, min_size=1, max_size=3)
entries_of = st.lists(
    st.one_of(
        st.builds(lambda of, day, at: prescribed(*of, day=day, at=at), some, near, places),
        st.builds(lambda of, day, at: given_on_site(*of, day=day, at=at), some, near, places),
        st.builds(
            lambda of, day, before, who: dispensed(*of, day=day, prescribed_on=before, prescriber=who),
            some,
            near,
            near,
            places,
        ),
    ),
    max_size=5,
)


def modelled(one: Drug) -> ModelMedicine:
    assert one.act is not None
    assert one.times is not None
    return ModelMedicine(INGREDIENTS[one.code], one.act, one.times)


def modelled_entry(entry: HistoryRecord) -> ModelEntry:
    assert entry.prescribed_on is not None
    return ModelEntry(
        entry.content.prescriber_code or entry.institution_code,
        entry.prescribed_on,
        entry.dispensed_on,
        entry.origin is Origin.ON_SITE,
        tuple(map(modelled, entry.content.drugs)),
    )


@given(
    asked=some,
    day=near,
    entries=entries_of,
    institution=st.tuples(places, st.booleans()),
    dispensed_now=st.none() | st.tuples(places, near),
)
def test_the_rule_finds_what_the_reference_model_finds(
    asked: list[Drug],
    day: int,
    entries: list[HistoryRecord],
    institution: tuple[str, bool],
    dispensed_now: tuple[str, int] | None,
) -> None:
    """Rules M1 to M6."""
    own, same = institution
    entries = [entry._replace(number=number) for number, entry in enumerate(entries, 1)]
    named = (dispensed_now[0], after(dispensed_now[1])) if dispensed_now else None
    shown = found(asked, *entries, day=day, own=own, same_institution=same, prescription_=named)
    expected = check(
        list(map(modelled, asked)),
        after(day),
        list(map(modelled_entry, entries)),
        own=own,
        same_institution=same,
        dispensed_now=named,
        forbidden=[frozenset({"A", "B"})],
    )
    numbered = set()
    for one in shown:
        assert one.other.known is not None
        numbered.add((one.kind.value, one.asked, one.other.known.number, _place(one)))
    assert {place[:3] for place in numbered} == {place[:3] for place in expected}
    assert len(shown) == len(expected)


def _place(one: Found) -> int:
    assert one.other.known is not None
    return one.other.known.content.drugs.index(one.other.drug) + 1


@pytest.mark.parametrize(("times", "days"), [(None, 14), (0, 14), (1, 1), (30, 30)])
def test_an_oral_medicine_without_days_counts_as_one_that_cannot_be_counted(
    times: int | None, days: int
) -> None:
    """Rule M4."""
    one = medicine(None, drug(code="a1", act=TABLET, times=times), DAY, INGREDIENTS.get)
    assert one is not None
    assert (one.first, one.end) == (DAY, DAY + timedelta(days=days))


@pytest.mark.parametrize(
    ("medicines_of_each", "entries", "compared"),
    [
        (1, 0, 0),
        (1, 1, 1),
        (1, 500, 500),
        (1, 501, 500),
        (100, 50, 50),
        (100, 51, 50),
        (99, 50, 50),
        (99, 51, 50),
        (0, 501, 500),
        (5_000, 1, 1),
        (5_001, 1, 0),
    ],
)
def test_the_newest_entries_are_compared_up_to_the_limits(
    medicines_of_each: int, entries: int, compared: int
) -> None:
    """Rule M9: an entry is compared whole or not at all, and no more is read than one beyond."""
    one = prescribed(*[of("a1")] * medicines_of_each)
    unread = iter([one] * entries)
    result = within_limits(unread)
    assert (len(result.entries), result.complete) == (compared, compared == entries)
    assert len(list(unread)) == max(entries - compared - 1, 0)


few_or_many = st.lists(st.sampled_from([0, 1, 2, 100, 2499, 2500, 5000, 5001]), max_size=6)
close_to_the_limit = st.builds(
    lambda times, size, more: [size] * times + more,
    st.integers(496, 502),
    st.sampled_from([0, 1, 10]),
    few_or_many,
)


@cache
def of_size(size: int) -> HistoryRecord:
    """An entry of so many medicines; made once, since 500 of them are compared."""
    return prescribed(*[of("a1")] * size)


@cache
def modelled_entry_of_size(size: int) -> ModelEntry:
    return modelled_entry(of_size(size))


def modelled_entry_of(entry: HistoryRecord) -> ModelEntry:
    """As `modelled_entry`, of an entry of `of_size`."""
    size = len(entry.content.drugs)
    assert entry is of_size(size)
    return modelled_entry_of_size(size)


@given(sizes=few_or_many | close_to_the_limit)
def test_the_limits_are_those_of_the_reference_model(sizes: list[int]) -> None:
    """Rule M9."""
    entries = list(map(of_size, sizes))
    expected, complete = bounded([modelled_entry_of(entry) for entry in entries])
    result = within_limits(entries)
    assert ([modelled_entry_of(entry) for entry in result.entries], result.complete) == (expected, complete)
