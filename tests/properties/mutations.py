"""Mutations of the source of `eligibility_api.domain`, each of which the comparison with the reference model must detect."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from eligibility_api.domain import ages, burden, cover, eligibility, presenter, timeline


@dataclass(frozen=True)
class Mutation:
    """One function of the rules with a part of its source replaced."""

    name: str
    function: Callable[..., Any]
    right: str
    wrong: str


SEEDED = [
    Mutation("the lost day is still insured", cover.covers, "day < end", "day <= end"),
    Mutation("the 75th birthday comes a day late", ages.late_elderly_from, "birth_date,", "birth_date + _DAY,"),
    Mutation("a dependant keeps the cover", cover._birthdays, "if dependant and", "if not dependant and"),
    Mutation("born on 1 April stays pre-school a year longer", ages.preschool_until, " - _DAY", ""),
    Mutation("the older one first", eligibility._result_order, "-enrolment.acquired_on", "enrolment.acquired_on"),
    Mutation("a newer one is not signalled", eligibility._ended, "INVALID_NEWER_EXISTS if newer", "INVALID if newer"),
    Mutation("a blocked person's card is answered", eligibility._by_card, "e.self_disclosure_blocked", "False"),
    Mutation("an open mismatch is ignored", eligibility._unconfirmed, "Mismatch.OPEN and", "Mismatch.CONFIRMED and"),
    Mutation("another institution's ticket is shown", presenter._lets_treat, "return own and", "return"),
    Mutation("the limit certificate needs no flag by number", presenter.present, "if limit:", "if True:"),
]  # fmt: skip
"""Ten mutations, each detected within seconds."""

MORE = [
    Mutation(
        "29 February becomes 28 February",
        ages.anniversary,
        "date(year, 3, 1)",
        "date(year, 2, 28)",
    ),
    Mutation("the 70–74 class begins with the birthday's month", ages.seventies_from, " + 4 * _DAY", ""),
    Mutation("national insurance has dependants", cover._birthdays, " and law_of(enrolment.insurer_number) is not None", ""),
    Mutation("medical aid before insurance", eligibility._result_order, "_is_medical_aid(enrolment)", "not _is_medical_aid(enrolment)"),
    Mutation("one of the same day is newer", eligibility._ended, "e.acquired_on > asked", "e.acquired_on >= asked"),
    Mutation("twins count as one person", eligibility._several_persons, "> 1 and", "> 2 and"),
    Mutation("the address of a blocked person is shown", eligibility._view, " or e.self_disclosure_blocked", ""),
    Mutation("an open mismatch of the past causes a refusal", eligibility._unconfirmed, " and covers(e, day)", ""),
    Mutation("another enrolment's open mismatch is shown", eligibility._valid_of, " and e.mismatch is not Mismatch.OPEN", ""),
    Mutation("a ticket holds a day longer", presenter._lets_treat, " <= ticket.valid_to", ""),
    Mutation("a certificate's last day is excluded", presenter._holds, "or day <= certificate", "or day < certificate"),
    Mutation("diseases are shown to every facility", presenter._specific_diseases, "not view.specific_diseases", "False"),
    Mutation("the legal end is not shown", presenter._lost_on, "ended(enrolment, as_of)", "False"),
    Mutation("medical aid expects a ratio", burden.burden_expected, "return False", "pass"),
    Mutation("a municipality's member leaves on the birthday", cover._is_municipal, "return law_of", "return False and law_of"),
    Mutation("an association's member stays a day longer", cover._is_municipal, ' and insurer_number[2] != "3"', ""),
    Mutation("a lost day after the birthday is shortened", cover.ends_on, "lost_on <= birthday + _DAY", "lost_on <= birthday"),
    Mutation("a later lost day stays", cover.ends_on, "lost_on <= birthday + _DAY", "True"),
    Mutation("the ratio of an expired certificate is shown", presenter._elderly_certificate, "_holds(certificate, day)", "True"),
    Mutation("the birthday itself has no ratio", burden.burden_expected, "day == late_elderly_from", "False and day == late_elderly_from"),
    Mutation("a ratio is shown at every age", presenter.present, "if expected:", "if True:"),
    Mutation("a certificate without a last day holds never", presenter._holds, "certificate.valid_to is None or", "certificate.valid_to is not None and"),
    Mutation("a period may follow a day before the end", timeline.Period.overlaps, "other.acquired_on <", "other.acquired_on <="),
    Mutation("an end may lie after the end", timeline.plan_end, "lost_on < period.lost_on", "lost_on <= period.lost_on"),
    Mutation("an unchanged row is a change", timeline.plan_replace, "& {period.digest for period in current}", "& set()"),
    Mutation("a correction is known before it was made", timeline.known_at, "instant < known.closed_at", "False"),
]  # fmt: skip
"""Further mutations for the deep run; some need a rare combination of events."""


@contextmanager
def mutated(mutation: Mutation) -> Iterator[None]:
    """Apply one mutation to the function, for all its importers."""
    function = mutation.function
    assert isinstance(function, FunctionType)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(mutation.right) == 1, mutation.name
    former = function.__code__
    function.__code__ = _code_of(source.replace(mutation.right, mutation.wrong), function)
    try:
        yield
    finally:
        function.__code__ = former


def _code_of(source: str, function: FunctionType) -> CodeType:
    """The code of the function that `source` defines, in the module of `function`."""
    globals_of_module = dict(vars(sys.modules[function.__module__]))
    exec(f"from __future__ import annotations\n{source}", globals_of_module)
    made = globals_of_module[function.__name__]
    assert isinstance(made, FunctionType)
    return made.__code__
