"""Changes of single members: enrol, end, correct, move, change branch, withdraw.

Each function decides over the current versions; `single.py` executes the decision. Every change is a revision
of its own; nothing is overwritten, so what the fund knew before stays answerable. An insurer changes its own
members only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.enrolment import (
    BranchRequest,
    CorrectionRequest,
    EndRequest,
    EnrolmentAnswer,
    EnrolmentRequest,
    MoveRequest,
    RegisterMatch,
    WithdrawRequest,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_items import MEMBER_ITEMS, MemberItems
from eligibility_api.contract.membership import MembershipKey, PeriodKey
from eligibility_api.domain.membership import comparable, digest
from eligibility_api.domain.timeline import Period, plan_end, plan_enrol
from eligibility_api.enrolment import store
from eligibility_api.enrolment.decision import (
    Content,
    CurrentVersion,
    Decision,
    Member,
    NewVersion,
    RegisterAnswers,
)
from eligibility_api.enrolment.linking import UNLINKED, Link, identity_of, link_after_match
from eligibility_api.enrolment.single import Operation, apply
from eligibility_api.state import State

_GROUPS = {item.name for item in MEMBER_ITEMS if item.certificate is not None}
"""Items that are stored as JSON."""

Members = Sequence[Member | None]


async def enrol(state: State, caller: Caller, key: str, request: EnrolmentRequest) -> EnrolmentAnswer:
    """Add one member. The fund matches the person with the resident register.

    Raises `enrolment-other-insurer`, `enrolment-overlap`, and what `single.apply` raises.
    """
    content = content_of(request)

    def decide(members: Members, register: RegisterAnswers) -> Decision:
        link = link_after_match(UNLINKED, register.found(content))
        return _open_version(_existing(members[0]), content, link)

    return await _apply(state, caller, key, decide, kind="enrolment.add", request=request, new=request)


async def end(state: State, caller: Caller, key: str, request: EndRequest) -> EnrolmentAnswer:
    """End a member's enrolment: the version that runs beyond `lost_on` is closed, a shortened one is opened.

    Raises `enrolment-other-insurer`, `enrolment-unknown`, and what `single.apply` raises.
    """

    def decide(members: Members, _: RegisterAnswers) -> Decision:
        member = _known(members[0])
        version = plan_end(member.periods, request.lost_on)
        former = next(current for current in member.current if current.version == version)
        items = {"lost_on": request.lost_on, "reason_of_loss": request.reason_of_loss}
        return _open_version(member, _replace_items(former.content, items), former.link, former)

    return await _apply(state, caller, key, decide, kind="enrolment.end", request=request, former=request)


async def correct(state: State, caller: Caller, key: str, request: CorrectionRequest) -> EnrolmentAnswer:
    """Correct a whole period; the correction may move it to another membership.

    Raises `enrolment-other-insurer`, `enrolment-unknown`, `enrolment-overlap`, and what `single.apply`
    raises.
    """
    content = content_of(request.member)

    def decide(members: Members, register: RegisterAnswers) -> Decision:
        former, into = _period(members[0], request.former), _existing(members[1])
        return _open_version(into, content, _link_after_change(former, content, register), former)

    return await _apply(
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
    """Change a member's address. Raises as `correct` does."""
    items = request.model_dump(include={"address", "postal_code"})

    def decide(members: Members, register: RegisterAnswers) -> Decision:
        former = _period(members[0], request)
        content = _replace_items(former.content, items)
        return _open_version(
            _existing(members[0]), content, _link_after_change(former, content, register), former
        )

    return await _apply(state, caller, key, decide, kind="enrolment.move", request=request, former=request)


async def branch(state: State, caller: Caller, key: str, request: BranchRequest) -> EnrolmentAnswer:
    """Continue a period under another branch number. Raises as `correct` does."""
    under = request.model_copy(update={"branch": request.new_branch})

    def decide(members: Members, _: RegisterAnswers) -> Decision:
        former = _period(members[0], request)
        content = _replace_items(former.content, {"branch": request.new_branch})
        return _open_version(_existing(members[1]), content, former.link, former)

    return await _apply(
        state, caller, key, decide, kind="enrolment.branch", request=request, former=request, new=under
    )


async def withdraw(state: State, caller: Caller, key: str, request: WithdrawRequest) -> EnrolmentAnswer:
    """Withdraw a period that never existed.

    Raises `enrolment-other-insurer`, `enrolment-unknown`, and what `single.apply` raises.
    """

    def decide(members: Members, _: RegisterAnswers) -> Decision:
        former = _period(members[0], request)
        withdrawn = NewVersion(former.entitlement, former.content, former.link)
        return Decision(enrolment_id=_existing(members[0]).enrolment_id, reported=withdrawn, close=[former])

    return await _apply(
        state, caller, key, decide, kind="enrolment.withdraw", request=request, former=request
    )


async def _apply(
    state: State,
    caller: Caller,
    key: str,
    decide: Callable[[Members, RegisterAnswers], Decision],
    *,
    kind: str,
    request: EnrolmentRequest | CorrectionRequest | MembershipKey,
    former: MembershipKey | None = None,
    new: EnrolmentRequest | MembershipKey | None = None,
) -> EnrolmentAnswer:
    """Apply `decide` to the given memberships `former` and `new`; create `new` if it is missing."""
    named = [membership for membership in (former, new) if membership is not None]
    _check_own(caller, *named)
    memberships = [_membership(each) for each in named]
    load = partial(load_members, memberships, create=new is not None)
    operation = Operation(kind=kind, request=request, load=load, decide=decide)
    return await apply(state, caller, key, operation)


def _check_own(caller: Caller, *named: EnrolmentRequest | MembershipKey) -> None:
    caller.require(Right.ENROLMENT)
    if any(each.insurer_number != caller.insurer() for each in named):
        raise ShikakuError("enrolment-other-insurer")


def content_of(request: MemberItems) -> dict[str, Any]:
    """Return the item columns of a version, with their digest."""
    content = request.model_dump(exclude={"insurer_number"})
    groups = request.model_dump(mode="json", include=_GROUPS, exclude_none=True)
    content |= {name: groups.get(name) or None for name in _GROUPS}
    return content | {"digest": digest(content)}


def _replace_items(content: Content, items: Content) -> Content:
    """Return the content with replaced items and a new digest."""
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


async def load_members(
    memberships: Sequence[store.Membership], connection: AsyncConnection, *, create: bool
) -> list[Member | None]:
    """Load and lock the members of these memberships; with `create`, create the last one if it is new."""
    if create:
        await store.add_entitlement(connection, memberships[-1])
    rows = [await store.find_entitlement(connection, membership) for membership in memberships]
    await store.lock_entitlements(connection, {row.entitlement for row in rows if row is not None})
    return [await member_of(connection, row) if row is not None else None for row in rows]


async def member_of(connection: AsyncConnection, row: Any) -> Member:
    """Return the member of an entitlement's row, with its current versions."""
    versions = await store.current_versions(connection, row.entitlement)
    return Member(row.entitlement, row.enrolment_id, [CurrentVersion.of(version) for version in versions])


def _existing(member: Member | None) -> Member:
    assert member is not None  # found or created just now
    return member


def _known(member: Member | None) -> Member:
    if member is None:
        raise ShikakuError("enrolment-unknown")
    return member


def _period(member: Member | None, named: PeriodKey) -> CurrentVersion:
    """Return the named period, or the latest when no day is given. Raises `enrolment-unknown`."""
    periods = [
        current
        for current in _known(member).current
        if named.acquired_on in {None, current.content["acquired_on"]}
    ]
    if not periods:
        raise ShikakuError("enrolment-unknown")
    return periods[-1]


def _link_after_change(former: CurrentVersion, content: Content, register: RegisterAnswers) -> Link:
    """Return the link of a changed version; the register is asked again if an identity item changed (R6).

    It is also asked again about a contested version, which may be no longer contested (R7).
    """
    is_contested = former.link.register_match is RegisterMatch.CONTESTED
    if not is_contested and identity_of(content) == identity_of(former.content):
        return former.link
    return link_after_match(former.link, register.found(content))


def _open_version(
    member: Member, content: Content, link: Link, former: CurrentVersion | None = None
) -> Decision:
    """Decide to open `content` as a version of `member`, in place of `former`. Raises `enrolment-overlap`."""
    others = [period for period in member.periods if former is None or period.version != former.version]
    plan_enrol(others, Period(0, content["acquired_on"], content["lost_on"], content["digest"]))
    opening = NewVersion(member.entitlement, content, link)
    closing = [former] if former is not None else []
    return Decision(enrolment_id=member.enrolment_id, reported=opening, close=closing, open=[opening])
