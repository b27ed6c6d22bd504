"""The screen that a tap ends with: by the answer, or by the table of errors in `screens.toml`."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from clinic_terminal.pages.reader.journey import ENDINGS, WAITING_FOR_STAFF, Position, Step
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.errors import CatalogueEntry, ShikakuError

_TABLE = tomllib.loads(files(__package__).joinpath("screens.toml").read_text(encoding="utf-8"))
BY_CODE = {code: Step(step) for code, step in _TABLE["codes"].items()}
_BY_KIND = {kind: Step(step) for kind, step in _TABLE["kinds"].items()}

_CHECKED_IN = frozenset({Validity.VALID, Validity.VALID_UNREGISTERED})
_EXPECTED_IN_GRACE = "consent-certificate-expired"


def screen_of(entry: CatalogueEntry) -> Step:
    """The screen of an error."""
    return BY_CODE.get(entry.code) or _BY_KIND.get(entry.kind, Step.OTHER)


def ending_of(outcome: TapOutcome) -> Position:
    """Where a tap leaves the patient. One who gave up takes the card."""
    if outcome.answer is not None:
        return _answered(outcome)
    return Position(Step.TAKE, left=True) if outcome.problem is None else ending_of_problem(outcome.problem)


def ending_of_problem(problem: ShikakuError) -> Position:
    """Where an error leaves the patient."""
    step = screen_of(problem.entry)
    step = step if step in ENDINGS | WAITING_FOR_STAFF else Step.OTHER
    return Position(step, code=problem.code if step is Step.CARD else "")


def _answered(outcome: TapOutcome) -> Position:
    """Nothing about the insurance is shown: an answer other than "valid" only says that the staff helps."""
    answer = outcome.answer
    assert answer is not None
    end = Step.DONE if answer.validity in _CHECKED_IN else Step.READ
    problem = outcome.consent.problem if outcome.consent is not None else None
    if problem is not None and screen_of(problem.entry) is Step.AGAIN:
        return Position(Step.AGAIN)
    if problem is not None and screen_of(problem.entry) is Step.REMOVED:
        return Position(Step.REMOVED, after=end, consent_lost=True)
    lost = problem is not None and problem.code != _EXPECTED_IN_GRACE
    renewal = answer.certificate_renewal
    if renewal is None:
        return Position(end, consent_lost=lost)
    if renewal.status == "grace":
        return Position(Step.GRACE, day=renewal.renew_by, after=end)
    return Position(Step.EXPIRING, day=renewal.expires_on, after=end, consent_lost=lost)
