"""Own access: a code for a proof, a session for a code, and what the session's person may read.

Reading is by the rules of every other answer (`domain.eligibility`), for a facility that treats her and to which
she consented to everything; addresses are not shown on the page (`pages/`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from eligibility_api.audit_log.accesses import LATEST, Access
from eligibility_api.audit_log.kinds import KINDS
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Category, FacilityKind, Purpose
from eligibility_api.contract.eligibility import CertificateRenewal, EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.own_access import (
    PORTAL_PATH,
    AccessAtReader,
    OwnAccessAnswer,
    OwnAccessRequest,
)
from eligibility_api.domain import eligibility as rules
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.enrolment_version import Channel
from eligibility_api.domain.expiry import Carrier, CertificateEnd, alerted_end, renewal
from eligibility_api.domain.own_access import MistypedCode, digest_of, new_code, read_code
from eligibility_api.eligibility.misses import seconds_to_next_hour
from eligibility_api.eligibility.renewal import follow_link
from eligibility_api.platform.settings import Settings
from eligibility_api.portal import store
from eligibility_api.portal.store import MadeCode, OwnSession, Registration
from eligibility_api.presence.query import Evidence, HolderAnswer
from eligibility_api.presence.service import check_spent, decide, verify_proof
from eligibility_api.state import State

log = structlog.get_logger()

AT_READER = 10
"""Accesses that a reader shows at most, if the fund is set to let it."""

PAGE_ROWS = 50
"""Accesses of one page of the list."""

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class InsurancePage:
    """Her insurance as it is known, and the registration of the card that signed."""

    session: OwnSession
    answer: EligibilityAnswer
    registration: Registration
    renewal: CertificateRenewal | None


@dataclass(frozen=True, slots=True)
class AccessPage:
    """A page of the list of accesses; `older`: the position of the next one, if there is one."""

    session: OwnSession
    accesses: list[Access]
    older: tuple[datetime, UUID] | None


def page_origin(settings: Settings) -> str | None:
    """Scheme and host of the page, if there may be one: over HTTPS, or on this machine alone (rule O3)."""
    if settings.public_url is None:
        return None
    parts = urlsplit(settings.public_url)
    if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
        return None
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def make_code(state: State, caller: Caller, request: OwnAccessRequest) -> OwnAccessAnswer:
    """A one-time code for the card's holder, and the address of the page on which she enters it (rules O1, O3).

    Raises the refusals of a proof, `own-access-unavailable` before anything is spent, and (recorded)
    `first-registration-needed`, `registration-conflict` and `card-not-usable`.
    """
    proof = verify_proof(state, caller, Purpose.OWN_ACCESS, request)
    if page_origin(state.settings) is None:
        raise ShikakuError("own-access-unavailable")
    code = new_code(secrets.randbelow)
    digest = digest_of(read_code(code))

    async def attempt(evidence: Evidence) -> MadeCode:
        max_age = state.settings.revocation_max_age
        return await store.make_code(state.database, proof, digest, evidence, max_age=max_age)

    async def ask_jlis() -> HolderAnswer:
        return await follow_link(state.database, state.jlis, proof)

    made = await decide(state, proof, attempt, ask_jlis)
    check_spent(state, proof, made.proof_check)
    if made.outcome != "answered":
        raise ShikakuError(made.outcome or "internal")
    assert made.made_at is not None and made.expires_at is not None  # noqa: PT018 - answered
    accesses = None
    if state.settings.own_accesses_at_reader:
        listed = await store.accesses_at_reader(state.database, digest, AT_READER)
        accesses = [_at_reader(access) for access in listed]
    return OwnAccessAnswer(
        code=code,
        address=f"{state.settings.public_url}{PORTAL_PATH}",
        made_at=made.made_at,
        expires_at=made.expires_at,
        record_id=str(made.proof_check.record_id),
        accesses=accesses,
    )


def _at_reader(access: Access) -> AccessAtReader:
    entry = KINDS[access.kind]
    return AccessAtReader(
        accessed_at=access.at,
        kind=access.kind,
        title_ja=entry.ja,
        title_en=entry.en,
        by=access.facility or access.insurer,
        operator=access.operator,
        emergency=access.is_emergency,
        refused=access.is_refused,
    )


async def open_page(state: State, typed: str, address: str | None, *, former: str = "") -> str:
    """Open a code: the token of its session, which only this browser gets (rules O1, O2).

    `former`: the token that the browser had; its session ends, since nobody could close it any more.
    Raises `own-access-code-mistyped`, `own-access-code-refused` (for every reason the same, so that nobody learns
    which codes exist) and `own-access-limit`.
    """
    try:
        code = read_code(typed)
    except MistypedCode:
        raise ShikakuError("own-access-code-mistyped") from None
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    opening = await store.open_code(
        state.database,
        digest_of(code),
        digest_of(token),
        source=_source(state, address),
        limit=state.settings.own_access_guesses_per_hour,
    )
    if not opening.within_limit:
        raise ShikakuError("own-access-limit", retry_after=seconds_to_next_hour(state.clock()))
    if not opening.opened:
        log.warning("own_access_refused", guesses=opening.guesses)
        raise ShikakuError("own-access-code-refused")
    if former:
        await end(state, former)
    return token


def _source(state: State, address: str | None) -> bytes:
    """A client's address as the count keeps it: nobody reads it out of the table."""
    return hmac.digest(state.keys.version, b"own-access source\0" + (address or "").encode(), hashlib.sha256)


async def insurance(state: State, token: str) -> InsurancePage:
    """Her insurance as it is known today. Raises `own-session-ended` and `card-not-usable`."""
    now = state.clock()
    today = day_in_japan(now)
    rows = await store.read_insurance(state.database, digest_of(token), today)
    if rows is None:
        raise ShikakuError("own-session-ended")
    _check_shown(rows.outcome)
    inputs = rules.AnswerInputs(
        record_id=str(rows.record_id),
        answered_at=rows.recorded_at,
        as_of=today,
        channel=Channel.CARD,
        facility_kind=FacilityKind.CLINIC,
        institution_code="",
        person_key=None,
        enrolments=rows.enrolments,
        consents=frozenset({Category.LIMIT_CERTIFICATE, Category.SPECIFIC_DISEASES}),
    )
    answer = rules.answer(inputs, version_key=state.keys.version)
    assert isinstance(answer, EligibilityAnswer)  # no known version
    return InsurancePage(rows.session, answer, rows.registration, renewal_of(rows.registration, now))


def renewal_of(registration: Registration, now: datetime) -> CertificateRenewal | None:
    """The reminder to renew the certificate, from three months before its last day (rule A7)."""
    if registration.not_after is None:
        return None
    expires_on = alerted_end(registration.not_after, now)
    if expires_on is None:
        return None
    carrier = Carrier(registration.carrier) if registration.carrier is not None else None
    return renewal(CertificateEnd(expires_on, carrier), day_in_japan(now))


async def accesses(
    state: State, token: str, until: tuple[datetime, UUID] = LATEST, *, own: bool = False
) -> AccessPage:
    """Who looked at what and when, newest first. Raises `own-session-ended` and `card-not-usable`."""
    rows = await store.read_accesses(state.database, digest_of(token), until, PAGE_ROWS + 1, own=own)
    if rows is None:
        raise ShikakuError("own-session-ended")
    _check_shown(rows.outcome)
    shown = list(rows.accesses[:PAGE_ROWS])
    has_older = len(rows.accesses) > PAGE_ROWS
    return AccessPage(rows.session, shown, (shown[-1].at, shown[-1].record_id) if has_older else None)


async def end(state: State, token: str) -> None:
    """End a session at once; nothing happens if it is not open."""
    await store.end(state.database, digest_of(token))


def _check_shown(outcome: str) -> None:
    if outcome != "answered":
        raise ShikakuError(outcome)
