"""Looks up an insurance by its numbers (資格照会, OQS 4.1), from a typed membership to the fund's answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from clinic_terminal.outcome import GivenUpError, Outcome
from clinic_terminal.queries.membership import MembershipPrompts
from clinic_terminal.timings import Stopwatch
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, NumberCheckRequest, UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history_query import Accessor
from eligibility_api.contract.membership import MembershipQuery


@dataclass(frozen=True, slots=True)
class LookupRequest:
    """Options of a look-up.

    The day (today when None), whether the patient agrees that the limit certificate is shown, and the
    transaction time of the answer (now when None).
    """

    as_of: date | None = None
    limit_certificate: bool = False
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LookupOutcome(Outcome):
    """The outcome of a look-up. `known_at` is set where the answer is that of an earlier instant."""

    known_at: datetime | None = None


def look_up_by_number(
    fund: FundClient, prompts: MembershipPrompts, request: LookupRequest, watch: Stopwatch
) -> LookupOutcome:
    """Ask for a membership and send it to the fund. Expected errors are returned as the outcome's problem.

    Where several persons match (複数該当), the branch is asked for once and the request repeated; nobody is shown
    before.
    """
    answer, problem = None, None
    try:
        with watch.step("sign-in"):
            fund.sign_in()  # a connection problem is reported before anybody types
        with watch.step("membership", waiting=True):
            membership = prompts.membership()
        answer = _check(fund, membership, request, watch)
        if answer.validity is Validity.AMBIGUOUS and membership.branch is None:
            with watch.step("branch", waiting=True):
                complete = prompts.add_branch(membership)
            answer = answer if complete is None else _check(fund, complete, request, watch)
    except ShikakuError as error:
        answer, problem = None, error
    except (GivenUpError, KeyboardInterrupt):
        pass  # an answer before it stays
    return LookupOutcome(watch.timings(), answer, problem, request.known_at)


def look_up_by_consent(fund: FundClient, accessor: Accessor, watch: Stopwatch) -> LookupOutcome:
    """Today's eligibility by a valid consent for home care (再照会), without card or numbers."""
    answer, problem = None, None
    try:
        with watch.step("answer"):
            answer = fund.consent_eligibility(accessor)
    except ShikakuError as error:
        problem = error
    return LookupOutcome(watch.timings(), answer, problem)


def check_membership(
    fund: FundClient, membership: MembershipQuery, request: LookupRequest
) -> EligibilityAnswer:
    """The fund's answer about a membership. Raises ShikakuError."""
    check = NumberCheckRequest(
        **dict(membership),
        as_of=request.as_of,
        limit_certificate_consent=request.limit_certificate,
        known_at=request.known_at,
    )
    answer = fund.check_number(check)
    if isinstance(answer, UnchangedAnswer):  # only a request that names a known version may get it
        raise ShikakuError("fund-unreadable")
    return answer


def _check(
    fund: FundClient, membership: MembershipQuery, request: LookupRequest, watch: Stopwatch
) -> EligibilityAnswer:
    with watch.step("answer"):
        return check_membership(fund, membership, request)
