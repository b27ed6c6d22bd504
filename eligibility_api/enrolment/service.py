"""One member at a time: acquire, lose, correct, move, new branch, withdraw.

Here is what each of them decides over what stands; `single.py` is the frame that carries it out. Every change is a
revision that shows at once; nothing is overwritten, so that what the fund knew before stays answerable. An insurer
changes its own members only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.codes import Right
from eligibility_api.contract.enrolment import (
    BranchRequest,
    CorrectionRequest,
    EndRequest,
    EnrolmentAnswer,
    EnrolmentRequest,
    MemberItems,
    MoveRequest,
    WithdrawRequest,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipKey, PeriodKey
from eligibility_api.domain.membership import comparable, digest
from eligibility_api.domain.timeline import Period, plan_end, plan_enrol
from eligibility_api.enrolment import store
from eligibility_api.enrolment.linking import NOBODYS, Link, identity_of, linked
from eligibility_api.enrolment.single import (
    Content,
    Decision,
    Member,
    Opening,
    Operation,
    Register,
    Standing,
    once,
)
from eligibility_api.facilities.caller import Caller
from eligibility_api.state import State

_GROUPS = {"elderly_certificate", "limit_certificate", "specific_diseases"}
"""Items that are kept as JSON."""

Members = Sequence[Member | None]


async def enrol(state: State, caller: Caller, key: str, request: EnrolmentRequest) -> EnrolmentAnswer:
    """Add one member. The person is looked for in the resident register through the fund; never a guess.

    Raises `enrolment-other-insurer`, `enrolment-overlap`, and what `single.once` raises.
    """
    content = content_of(request)

    def decide(members: Members, register: Register) -> Decision:
        link = linked(NOBODYS, register.found(content))
        return _opened(_there(members[0]), content, link)

    return await _once(state, caller, key, decide, kind="enrolment.add", request=request, new=request)


async def end(state: State, caller: Caller, key: str, request: EndRequest) -> EnrolmentAnswer:
    """End a member's enrolment: the version that runs beyond `lost_on` is closed, a shortened one is opened.

    Raises `enrolment-other-insurer`, `enrolment-unknown`, and what `single.once` raises.
    """

    def decide(members: Members, _: Register) -> Decision:
        member = _known(members[0])
        version = plan_end(member.periods, request.lost_on)
        former = next(standing for standing in member.standing if standing.version == version)
        items = {"lost_on": request.lost_on, "reason_of_loss": request.reason_of_loss}
        return _opened(member, _with(former.content, items), former.link, former)

    return await _once(state, caller, key, decide, kind="enrolment.end", request=request, former=request)


async def correct(state: State, caller: Caller, key: str, request: CorrectionRequest) -> EnrolmentAnswer:
    """Put a period right, as a whole; it may belong to another membership.

    Raises `enrolment-other-insurer`, `enrolment-unknown`, `enrolment-overlap`, and what `single.once` raises.
    """
    content = content_of(request.member)

    def decide(members: Members, register: Register) -> Decision:
        former, into = _period(members[0], request.former), _there(members[1])
        return _opened(into, content, _relinked(former, content, register), former)

    return await _once(
        state,
        caller,
        key,
        decide,
        kind="enrolment.correct",
        request=request,
        former=request.former,
        new=request.member,
    )


async def move(state: State, caller: Caller, key: str, request: MoveRequest) -> EnrolmentAnswer:
    """Give a member another address. Raises as `correct` does."""
    items = request.model_dump(include={"address", "postal_code"})

    def decide(members: Members, register: Register) -> Decision:
        former = _period(members[0], request)
        content = _with(former.content, items)
        return _opened(_there(members[0]), content, _relinked(former, content, register), former)

    return await _once(state, caller, key, decide, kind="enrolment.move", request=request, former=request)


async def branch(state: State, caller: Caller, key: str, request: BranchRequest) -> EnrolmentAnswer:
    """Let a period go on under another branch number. Raises as `correct` does."""
    under = request.model_copy(update={"branch": request.new_branch})

    def decide(members: Members, _: Register) -> Decision:
        former = _period(members[0], request)
        content = _with(former.content, {"branch": request.new_branch})
        return _opened(_there(members[1]), content, former.link, former)

    return await _once(
        state, caller, key, decide, kind="enrolment.branch", request=request, former=request, new=under
    )


async def withdraw(state: State, caller: Caller, key: str, request: WithdrawRequest) -> EnrolmentAnswer:
    """Take a period out: it never was. Raises `enrolment-other-insurer`, `enrolment-unknown`, as `single.once` does."""

    def decide(members: Members, _: Register) -> Decision:
        former = _period(members[0], request)
        told = Opening(former.entitlement, former.content, former.link)
        return Decision(enrolment_id=_there(members[0]).enrolment_id, told=told, close=[former])

    return await _once(state, caller, key, decide, kind="enrolment.withdraw", request=request, former=request)


async def _once(
    state: State,
    caller: Caller,
    key: str,
    decide: Callable[[Members, Register], Decision],
    *,
    kind: str,
    request: EnrolmentRequest | CorrectionRequest | MembershipKey,
    former: MembershipKey | None = None,
    new: EnrolmentRequest | MembershipKey | None = None,
) -> EnrolmentAnswer:
    """`decide` over the memberships `former`, then `new`, as far as they are named; `new` is made where it is not there."""
    named = [membership for membership in (former, new) if membership is not None]
    _check_own(caller, *named)
    memberships = [_membership(each) for each in named]
    look = partial(look_up, memberships, make=new is not None)
    operation = Operation(kind=kind, request=request, look=look, decide=decide)
    return await once(state, caller, key, operation)


def _check_own(caller: Caller, *named: EnrolmentRequest | MembershipKey) -> None:
    caller.need(Right.ENROLMENT)
    if any(each.insurer_number != caller.insurer() for each in named):
        raise ShikakuError("enrolment-other-insurer")


def content_of(request: MemberItems) -> dict[str, Any]:
    """The columns of a version that say what the insurer says, with their digest."""
    content = request.model_dump(exclude={"insurer_number"})
    groups = request.model_dump(mode="json", include=_GROUPS, exclude_none=True)
    content |= {name: groups.get(name) or None for name in _GROUPS}
    return content | {"digest": digest(content)}


def _with(content: Content, items: Content) -> Content:
    """The content with other items, and its digest."""
    changed = {**content, **items}
    return changed | {"digest": digest(changed)}


def _membership(request: EnrolmentRequest | MembershipKey) -> store.Membership:
    symbol, number, branch_key = comparable(request.symbol, request.number, request.branch)
    return {
        "insurer_number": request.insurer_number,
        "symbol_key": symbol,
        "number_key": number,
        "branch_key": branch_key,
        "birth_date": request.birth_date,
    }


async def look_up(
    memberships: Sequence[store.Membership], connection: AsyncConnection, *, make: bool
) -> list[Member | None]:
    """The members of these memberships, locked; the last one is made if it is new and `make`."""
    if make:
        await store.add_entitlement(connection, memberships[-1])
    rows = [await store.find_entitlement(connection, membership) for membership in memberships]
    await store.lock_entitlements(connection, {row.entitlement for row in rows if row is not None})
    return [await member_of(connection, row) if row is not None else None for row in rows]


async def member_of(connection: AsyncConnection, row: Any) -> Member:
    """The member of an entitlement's row, with what stands."""
    versions = await store.standing_versions(connection, row.entitlement)
    return Member(row.entitlement, row.enrolment_id, [Standing.of(version) for version in versions])


def _there(member: Member | None) -> Member:
    assert member is not None  # found, or made just now
    return member


def _known(member: Member | None) -> Member:
    if member is None:
        raise ShikakuError("enrolment-unknown")
    return member


def _period(member: Member | None, named: PeriodKey) -> Standing:
    """The period that is named, the latest where no day is given. Raises `enrolment-unknown`."""
    fitting = [
        standing
        for standing in _known(member).standing
        if named.acquired_on in {None, standing.content["acquired_on"]}
    ]
    if not fitting:
        raise ShikakuError("enrolment-unknown")
    return fitting[-1]


def _relinked(former: Standing, content: Content, register: Register) -> Link:
    """The link of the corrected version: the register is asked where an identity item has changed."""
    if identity_of(content) == identity_of(former.content):
        return former.link
    return linked(former.link, register.found(content))


def _opened(member: Member, content: Content, link: Link, former: Standing | None = None) -> Decision:
    """`content` as a version of `member`, in place of `former`. Raises `enrolment-overlap`."""
    beside = [period for period in member.periods if former is None or period.version != former.version]
    plan_enrol(beside, Period(0, content["acquired_on"], content["lost_on"], content["digest"]))
    opening = Opening(member.entitlement, content, link)
    closing = [former] if former is not None else []
    return Decision(enrolment_id=member.enrolment_id, told=opening, close=closing, open=[opening])
