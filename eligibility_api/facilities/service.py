"""Admitting facilities, terminals and insurers, and giving them tokens."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping

from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import Credential, TokenAnswer
from eligibility_api.domain.admission import APPROVER_RIGHTS, INSURER_RIGHTS, surplus
from eligibility_api.facilities import store
from eligibility_api.facilities.caller import Caller
from eligibility_api.facilities.tokens import check_assertion, claimed_client
from eligibility_api.presence.jlis import Jlis
from eligibility_api.state import State


async def issue_token(state: State, assertion_text: str) -> TokenAnswer:
    """Exchange a client's assertion for a token. Raises `assertion-invalid` or `assertion-used`.

    An unknown client, a closed one and a wrong signature are one and the same refusal.
    """
    client_id = claimed_client(assertion_text)
    async with state.database.transaction() as connection:
        client = await store.find_client(connection, client_id)
        if client is None:
            raise ShikakuError("assertion-invalid")
        assertion = check_assertion(
            assertion_text, client.public_key, audience=state.settings.audience, now=state.clock()
        )
        digest = hashlib.sha256(f"assertion\0{client_id}\0{assertion.jti}".encode()).digest()
        if not await store.spend_assertion(connection, assertion, digest):
            raise ShikakuError("assertion-used")
    return TokenAnswer(
        access_token=state.tokens.issue(client.caller, state.clock()),
        expires_in=state.tokens.life_seconds,
        scope=" ".join(sorted(client.caller.rights)),
    )


async def admit_terminal(
    connection: AsyncConnection,
    jlis: Jlis,
    *,
    audience: str,
    institution_code: str,
    name: str,
    kind: FacilityKind,
    rights: Iterable[Right],
) -> Credential:
    """Add a facility if it is new, and one terminal with a fresh key. The private key is returned, never kept.

    Raises `right-missing` for a right that this kind of facility cannot have, `facility-closed`,
    `facility-other-kind`, and `register-unavailable` where J-LIS cannot certify a terminal for the visual check.
    """
    granted = frozenset(rights)
    if surplus(kind, granted):
        raise ShikakuError("right-missing", rights=sorted(surplus(kind, granted)))
    key = ECKey.generate_key("P-256")
    caller = Caller(uuid.uuid4(), institution_code, None, granted)
    facility = await store.find_facility(connection, institution_code)
    if facility is None:
        await store.add_facility(connection, institution_code, name, kind)
    elif facility.closed:
        raise ShikakuError("facility-closed")
    elif facility.kind is not kind:
        raise ShikakuError("facility-other-kind")
    await store.add_clients(connection, [_client(caller, key)])
    await store.record(connection, "admission.terminal", caller)
    certificate = None
    if Right.VISUAL_CHECK in granted:
        public = key.as_der(private=False)
        certificate = await jlis.terminal_certificate(str(caller.client_id), public)
    return _credential(caller, key, audience, certificate)


async def admit_insurer(
    connection: AsyncConnection, *, audience: str, insurer_number: str, name: str, approver: bool = False
) -> Credential:
    """Admit one insurer as `admit_insurers` does many."""
    names = {insurer_number: name}
    [credential] = await admit_insurers(connection, audience=audience, names=names, approvers=approver)
    return credential


async def admit_insurers(
    connection: AsyncConnection, *, audience: str, names: Mapping[str, str], approvers: bool = False
) -> list[Credential]:
    """Add the insurers (names by their numbers) that are new, and to each one client with a fresh key: its program, or
    its approver. The credentials come in the order of `names`.
    """
    rights = APPROVER_RIGHTS if approvers else INSURER_RIGHTS
    admitted = [(Caller(uuid.uuid4(), None, number, rights), ECKey.generate_key("P-256")) for number in names]
    await store.add_insurers(connection, names)
    await store.add_clients(connection, [_client(caller, key) for caller, key in admitted])
    await store.record(connection, "admission.insurer", *(caller for caller, _ in admitted))
    return [_credential(caller, key, audience, None) for caller, key in admitted]


def _client(caller: Caller, key: ECKey) -> store.AdmittedClient:
    return store.AdmittedClient(caller, dict(key.as_dict(private=False)))


def _credential(caller: Caller, key: ECKey, audience: str, certificate: bytes | None) -> Credential:
    return Credential(
        client_id=str(caller.client_id),
        audience=audience,
        private_key=dict(key.as_dict(private=True)),
        institution_code=caller.institution_code,
        insurer_number=caller.insurer_number,
        visual_check_certificate=certificate,
    )
