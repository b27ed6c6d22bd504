"""Looking without consent: in an emergency (救急時医療情報閲覧), and while disaster mode is on.

The reason comes first, then who it is, then the second factor of who looks; only then is anything shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from clinic_terminal.desk.history import History, categories_for, look
from clinic_terminal.outcome import GivenUpError, Outcome
from clinic_terminal.timings import Stopwatch
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Role
from eligibility_api.contract.emergency import (
    DISASTER_PATH,
    EMERGENCIES_PATH,
    DisasterSearch,
    EmergencyReason,
    EmergencyRequest,
    PermitAnswer,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import HistoryResource
from eligibility_api.contract.history_query import Accessor, HistoryQuery


class EmergencyPrompts(Protocol):
    """What an emergency asks of who looks. Each may raise GivenUpError, or ShikakuError where a program left it out."""

    def reason(self) -> EmergencyReason:
        """Why the patient cannot be asked."""
        ...

    def note(self) -> str:
        """The reason in words, for the record."""
        ...

    def one_time_password(self) -> str:
        """Of the second factor of who looks, as late as possible: it lives for half a minute."""
        ...


@dataclass(frozen=True, slots=True)
class WithoutConsent:
    """Who looks without consent, and at what; the name and the role go on record."""

    operator: str
    role: Role
    what: Sequence[HistoryResource]
    wanted: HistoryQuery

    def look(
        self, fund: FundClient, permit: PermitAnswer, path: str, identified: Outcome | None, watch: Stopwatch
    ) -> History:
        """By a permit that the fund gave."""
        accessor = Accessor(permit.permit_id, self.role, self.operator, path)
        history = look(fund, accessor, self.what, self.wanted, watch)
        return replace(history, identified=identified, permit=permit)


def look_in_emergency(
    fund: FundClient,
    ask: EmergencyPrompts,
    identify: Callable[[], Outcome],
    by: WithoutConsent,
    watch: Stopwatch,
) -> History:
    """Ask for the reason, identify the patient by `identify`, ask for the one-time password, look.

    Expected errors come back as the problem; giving up at a question is an outcome too.
    """
    identified = None
    try:
        _sign_in(fund, watch)
        with watch.step("reason", waiting=True):
            reason, note = ask.reason(), ask.note()
        identified = identify()
        if identified.answer is None:
            return History(watch.timings(), identified=identified)
        with watch.step("second-factor", waiting=True):
            password = ask.one_time_password()
        request = _request(identified.answer.record_id, reason, note, password, by)
        with watch.step("permit"):
            permit = fund.emergency(request)
    except ShikakuError as problem:
        return History(watch.timings(), identified=identified, problem=problem)
    except (GivenUpError, KeyboardInterrupt):
        return History(watch.timings(), identified=identified)
    return by.look(fund, permit, EMERGENCIES_PATH, identified, watch)


def look_in_disaster(
    fund: FundClient, search: Callable[[], DisasterSearch], by: WithoutConsent, watch: Stopwatch
) -> History:
    """Ask whom to search for, search, look. Ends as `look_in_emergency` does."""
    try:
        _sign_in(fund, watch)
        with watch.step("search-items", waiting=True):
            wanted = search()
        with watch.step("permit"):
            permit = fund.disaster_search(wanted)
    except ShikakuError as problem:
        return History(watch.timings(), problem=problem)
    except (GivenUpError, KeyboardInterrupt):
        return History(watch.timings())
    return by.look(fund, permit, DISASTER_PATH, None, watch)


def _sign_in(fund: FundClient, watch: Stopwatch) -> None:
    """A dead line is told before anybody types."""
    with watch.step("sign-in"):
        fund.sign_in()


def _request(
    record_id: str, reason: EmergencyReason, note: str, password: str, by: WithoutConsent
) -> EmergencyRequest:
    """Raises ShikakuError `request-invalid` where a part is not of its form."""
    try:
        return EmergencyRequest(
            identified_by=UUID(record_id),
            reason=reason,
            note=note,
            categories=categories_for(by.what),
            operator=by.operator,
            role=by.role,
            one_time_password=password,
        )
    except ValueError as error:
        raise ShikakuError("request-invalid") from error
