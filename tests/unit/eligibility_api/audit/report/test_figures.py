"""The figures of a report: each record counts where it belongs, and lists do not grow without limit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.audit.report import reasons
from eligibility_api.audit.report.figures import MAX_LISTED, Activity, Figures, Operation, Wrong
from eligibility_api.audit.report.misses import Run
from eligibility_api.audit.report.period import Period
from eligibility_api.audit.report.reasons import Reason, is_refused_proof, reason_of
from eligibility_api.audit_log.kinds import KINDS, PRIVILEGED_KINDS

NOW = datetime(2026, 6, 3, tzinfo=UTC)
DAY = date(2026, 5, 4)


def figures() -> Figures:
    return Figures(Period.parse("2026-05"), NOW)


def counted(kind: str, outcome: str, *, item: str | None = None, code: str | None = "1311111114") -> Figures:
    one = figures()
    one.add(Activity(DAY, code, None, kind, outcome, item, 3))
    return one


@pytest.mark.parametrize(
    ("kind", "basis", "reason"),
    [
        ("eligibility.card", None, Reason.CARD),
        ("eligibility.consent-pin", None, Reason.CARD),
        ("eligibility.visual-check", None, Reason.VISUAL_CHECK),
        ("eligibility.consent-visual-check", None, Reason.VISUAL_CHECK),
        ("eligibility.consent", None, Reason.CONSENT),
        ("eligibility.number", None, Reason.NUMBER),
        ("eligibility.batch", None, Reason.BATCH),
        ("answer.read", None, Reason.AGAIN),
        ("duplicates.checked", None, Reason.DUPLICATES),
        ("history.medications", "pin", Reason.CONSENT),
        ("history.medications", "visual-check", Reason.CONSENT),
        ("history.diagnoses", "emergency", Reason.EMERGENCY),
        ("history.surgeries", "disaster", Reason.DISASTER),
        ("disaster.search", None, Reason.DISASTER),
        ("consent.end", None, None),
        ("admission.terminal", None, None),
        ("prescription.recorded", None, None),
    ],
)
def test_an_access_has_the_reason_of_its_proof_or_permit(
    kind: str, basis: str | None, reason: Reason | None
) -> None:
    assert reason_of(kind, basis) is reason
    given = counted(kind, "answered", item=basis)
    assert given.by_reason == {one: 3 if one is reason else 0 for one in Reason}
    assert given.accesses_by_day == ({DAY: 3} if reason else {})


def test_every_kind_of_a_check_and_history_is_an_access() -> None:
    kinds = [kind for kind in KINDS if kind.startswith(("eligibility.", "history."))]
    assert kinds
    assert not {kind for kind in kinds if reason_of(kind, None) is None}


def test_the_report_names_only_kinds_that_exist() -> None:
    named = {kind for name, kinds in vars(reasons).items() if name.endswith("_KINDS") for kind in kinds} | (
        reasons._BY_KIND.keys()
    )
    assert named <= KINDS.keys()
    assert PRIVILEGED_KINDS


@pytest.mark.parametrize("outcome", ["certificate-revoked", "consent-category", "role-not-permitted"])
def test_a_refused_access_is_none(outcome: str) -> None:
    refused = counted("history.medications", outcome, item="pin")
    assert (sum(refused.by_reason.values()), refused.refused_accesses) == (0, {"1311111114": 3})


@pytest.mark.parametrize(
    ("kind", "outcome", "item", "expected"),
    [
        ("eligibility.visual-check", "answered", None, "visual-check"),
        ("eligibility.visual-check", "certificate-expired", None, "refused"),
        ("eligibility.consent-visual-check", "answered", None, "visual-check"),
        ("binding.first-registration", "bound", "visual", "visual-check"),
        ("binding.first-registration", "registration-conflict", "visual", "refused"),
        ("binding.first-registration", "bound", None, None),
        ("emergency.permit", "permitted", "unconscious", "emergency.permit"),
        ("emergency.permit", "second-factor-refused", "unconscious", "refused"),
        ("disaster.permit", "permitted", None, "disaster.permit"),
        ("disaster.search", "answered", None, "disaster.search"),
        ("disaster.search", "disaster-several-found", None, "refused"),
        ("eligibility.card", "answered", None, None),
    ],
)
def test_what_no_pin_stands_behind_is_counted_by_facility(
    kind: str, outcome: str, item: str | None, expected: str | None
) -> None:
    found = counted(kind, outcome, item=item).exceptional
    assert found == ({"1311111114": {expected: 3}} if expected else {})


@pytest.mark.parametrize(
    ("kind", "outcome", "expected"),
    [
        ("eligibility.card", "certificate-revoked", ("used", "certificate-revoked")),
        ("eligibility.card", "registration-conflict", ("used", "registration-conflict")),
        ("binding.renewal", "registration-conflict", ("used", "registration-conflict")),
        ("binding.first-registration", "registration-other-member", ("used", "registration-other-member")),
        ("eligibility.consent-pin", "consent-words-differ", ("used", "consent-words-differ")),
        ("proof.refused", "signature-invalid", ("before", "signature-invalid")),
        ("sign-in.refused", "assertion-used", ("sign-in", "assertion-used")),
        ("proof.refused", "counted", None),
        ("eligibility.card", "answered", None),
        ("eligibility.card", "first-registration-needed", None),
        ("binding.first-registration", "already", None),
        ("history.medications", "consent-withdrawn", None),
    ],
)
def test_a_refused_proof_is_counted_with_its_cause(
    kind: str, outcome: str, expected: tuple[str, str] | None
) -> None:
    assert counted(kind, outcome).refusals == ({expected: 3} if expected else {})
    assert is_refused_proof(kind, outcome) == (expected is not None and expected[0] == "used")


def test_an_insurers_reads_are_counted_by_insurer() -> None:
    one = figures()
    one.add(Activity(DAY, None, "01130012", "member.read", "done", None, 2))
    one.add(Activity(DAY, None, "138057", "member.read", "done", None, 1))
    assert one.insurers == {("01130012", "member.read"): 2, ("138057", "member.read"): 1}


def test_lists_keep_a_thousand_entries_and_count_all() -> None:
    one = figures()
    for n in range(3 * MAX_LISTED):
        one.add_run(Run(UUID(int=n), None, "eligibility.number", NOW, NOW, misses=10 + n))
        one.add_wrong(Wrong(UUID(int=n), NOW, "enrolment.correct", None, "1311111114", "見本", 1, NOW))
        one.add_operation(Operation(UUID(int=n), NOW, "admission.terminal", None, None, None, None, {}))
    one.add_operation(Operation(UUID(int=n), NOW, "keys.rotated", None, None, None, None, {}))
    assert len(one.runs) <= 2 * MAX_LISTED
    assert (len(one.wrong), len(one.operations)) == (MAX_LISTED, MAX_LISTED + 1)
    # Many of one kind do not hide the only one of another.
    assert one.operations[-1].kind == "keys.rotated"
    assert max(run.misses for run in one.runs) == 10 + 3 * MAX_LISTED - 1
    totals: list[Any] = [one.runs_found, one.wrong_found, one.operations_by_kind["admission.terminal"]]
    assert totals == [3 * MAX_LISTED] * 3


def test_accesses_of_a_country_need_little_memory() -> None:
    one = figures()
    for n in range(2_000):
        one.add(
            Activity(
                DAY + timedelta(days=n % 20), f"{n:010}", None, "eligibility.card", "answered", None, 10**12
            )
        )
    assert one.busiest(2) == ["0000000000", "0000000001"]
    assert all(counts.itemsize == 8 and len(counts) == len(Reason) for counts in one.accesses.values())
