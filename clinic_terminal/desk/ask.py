"""One look-up by number (資格確認, OQS 4.1): from a typed membership to the fund's answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from clinic_terminal.desk.membership import MembershipPrompts
from clinic_terminal.outcome import GivenUpError, Outcome
from clinic_terminal.timings import Stopwatch
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, NumberCheckRequest, UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history_query import Accessor
from eligibility_api.contract.membership import MembershipQuery


@dataclass(frozen=True, slots=True)
class AskRequest:
    """What the desk wants: the day (today when None), whether the patient agrees that the limit certificate is
    shown, and the instant as of which it was known (now when None).
    """

    as_of: date | None = None
    limit_certificate: bool = False
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AskOutcome(Outcome):
    """How a look-up ended. `known_at` is there where the answer is that of an earlier instant."""

    known_at: datetime | None = None


def ask(fund: FundClient, prompts: MembershipPrompts, request: AskRequest, watch: Stopwatch) -> AskOutcome:
    """Ask for a membership, then the fund. Expected errors come back as the outcome's problem.

    Where several persons fit (複数該当) the branch is asked for, once, and the fund again; nobody is shown before.
    """
    answer, problem = None, None
    try:
        with watch.step("sign-in"):
            fund.sign_in()  # a dead line is told before anybody types
        with watch.step("membership", waiting=True):
            membership = prompts.membership()
        answer = _check(fund, membership, request, watch)
        if answer.validity is Validity.AMBIGUOUS and membership.branch is None:
            with watch.step("branch", waiting=True):
                narrower = prompts.with_branch(membership)
            answer = answer if narrower is None else _check(fund, narrower, request, watch)
    except ShikakuError as error:
        answer, problem = None, error
    except (GivenUpError, KeyboardInterrupt):
        pass  # what was answered before stays answered
    return AskOutcome(watch.timings(), answer, problem, request.known_at)


def renew(fund: FundClient, accessor: Accessor, watch: Stopwatch) -> AskOutcome:
    """Today's eligibility by a consent for care at home that still holds (再照会), without card or numbers."""
    answer, problem = None, None
    try:
        with watch.step("answer"):
            answer = fund.consent_eligibility(accessor)
    except ShikakuError as error:
        problem = error
    return AskOutcome(watch.timings(), answer, problem)


def _check(
    fund: FundClient, membership: MembershipQuery, request: AskRequest, watch: Stopwatch
) -> EligibilityAnswer:
    wanted = NumberCheckRequest(
        **dict(membership),
        as_of=request.as_of,
        limit_certificate_consent=request.limit_certificate,
        known_at=request.known_at,
    )
    with watch.step("answer"):
        answer = fund.check_number(wanted)
    if isinstance(answer, UnchangedAnswer):  # only a request that names a known version may get it
        raise ShikakuError("fund-unreadable")
    return answer
