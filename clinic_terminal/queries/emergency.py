"""Access to a history without consent: in an emergency (救急時医療情報閲覧), and while disaster mode is on.

First the reason, then the patient's identity, then the operator's second factor; nothing is shown before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from clinic_terminal.outcome import GivenUpError, Outcome
from clinic_terminal.queries.history import History, categories_for, fetch_history
from clinic_terminal.timings import Stopwatch
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Role
from eligibility_api.contract.emergency import (
    DISASTER_PATH,
    EMERGENCIES_PATH,
    DisasterConsent,
    DisasterPermitRequest,
    DisasterSearch,
    EmergencyReason,
    EmergencyRequest,
    FoundPerson,
    PermitAnswer,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import HistoryResource
from eligibility_api.contract.history_query import Accessor, HistoryQuery


class EmergencyPrompts(Protocol):
    """Questions of an emergency.

    Each may raise GivenUpError, or ShikakuError where a program gave no answer.
    """

    def reason(self) -> EmergencyReason:
        """Why the patient cannot be asked."""
        ...

    def note(self) -> str:
        """An explanation, which is recorded."""
        ...

    def one_time_password(self) -> str:
        """The operator's second factor, asked for as late as possible: it is valid for half a minute."""
        ...


class DisasterPrompts(Protocol):
    """Questions of a search in disaster mode, and of the access after it.

    Each may raise GivenUpError, or ShikakuError where a program gave no answer.
    """

    def search(self) -> DisasterSearch:
        """The person's items, or a membership."""
        ...

    def consent(self, found: FoundPerson) -> DisasterConsent | None:
        """The person's consent, or why there is none; None if no history is to be read."""
        ...


@dataclass(frozen=True, slots=True)
class AccessWithoutConsent:
    """Operator, role and resources of an access without consent; operator and role are recorded."""

    operator: str
    role: Role
    resources: Sequence[HistoryResource]
    query: HistoryQuery

    def fetch(
        self, fund: FundClient, permit: PermitAnswer, path: str, identified: Outcome | None, watch: Stopwatch
    ) -> History:
        """The history under a permit of the fund."""
        accessor = Accessor(permit.permit_id, self.role, self.operator, path)
        history = fetch_history(fund, accessor, self.resources, self.query, watch)
        return replace(history, identified=identified, permit=permit)


def read_in_emergency(
    fund: FundClient,
    prompts: EmergencyPrompts,
    identify: Callable[[], Outcome],
    access: AccessWithoutConsent,
    watch: Stopwatch,
) -> History:
    """Fetch the history of a patient in an emergency.

    Ask for the reason, identify the patient with `identify`, ask for the one-time password, fetch the
    history. Expected errors are returned as the problem; giving up at a question is an outcome too.
    """
    identified = None
    try:
        _sign_in(fund, watch)
        with watch.step("reason", waiting=True):
            reason, note = prompts.reason(), prompts.note()
        identified = identify()
        if identified.answer is None:
            return History(watch.timings(), identified=identified)
        with watch.step("second-factor", waiting=True):
            password = prompts.one_time_password()
        request = emergency_request(identified.answer.record_id, reason, note, password, access)
        with watch.step("permit"):
            permit = fund.emergency(request)
    except ShikakuError as problem:
        return History(watch.timings(), identified=identified, problem=problem)
    except (GivenUpError, KeyboardInterrupt):
        return History(watch.timings(), identified=identified)
    return access.fetch(fund, permit, EMERGENCIES_PATH, identified, watch)


def read_in_disaster(
    fund: FundClient, prompts: DisasterPrompts, access: AccessWithoutConsent, watch: Stopwatch
) -> History:
    """Ask for the search fields, search, ask for the consent, fetch the history.

    Ends as `read_in_emergency` does; without a consent, or a reason why there is none, with the insurance found.
    """
    found = None
    try:
        _sign_in(fund, watch)
        with watch.step("search-items", waiting=True):
            criteria = prompts.search()
        with watch.step("search"):
            found = fund.disaster_search(criteria)
        with watch.step("consent", waiting=True):
            consent = prompts.consent(found)
        if consent is None:
            return History(watch.timings(), found=found)
        request = _disaster_request(found, consent, access)
        with watch.step("permit"):
            permit = fund.disaster_permit(request)
    except ShikakuError as problem:
        return History(watch.timings(), found=found, problem=problem)
    except (GivenUpError, KeyboardInterrupt):
        return History(watch.timings(), found=found)
    return replace(access.fetch(fund, permit, DISASTER_PATH, None, watch), found=found)


def _disaster_request(
    found: FoundPerson, consent: DisasterConsent, access: AccessWithoutConsent
) -> DisasterPermitRequest:
    return DisasterPermitRequest(
        identified_by=UUID(found.record_id),
        consent=consent,
        categories=categories_for(access.resources),
        operator=access.operator,
        role=access.role,
    )


def _sign_in(fund: FundClient, watch: Stopwatch) -> None:
    """A connection problem is reported before anybody types."""
    with watch.step("sign-in"):
        fund.sign_in()


def emergency_request(
    record_id: str, reason: EmergencyReason, note: str, password: str, access: AccessWithoutConsent
) -> EmergencyRequest:
    """The request of a permit, about the patient of an eligibility answer.

    Raises ShikakuError `request-invalid` where a part is malformed.
    """
    try:
        return EmergencyRequest(
            identified_by=UUID(record_id),
            reason=reason,
            note=note,
            categories=categories_for(access.resources),
            operator=access.operator,
            role=access.role,
            one_time_password=password,
        )
    except ValueError as error:
        raise ShikakuError("request-invalid") from error
