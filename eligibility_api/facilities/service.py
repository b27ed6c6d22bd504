"""Admits facilities, terminals and insurers, and issues access tokens."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.refusal_minutes import Source
from eligibility_api.audit_log.refusals import SIGN_IN
from eligibility_api.clients.caller import Caller
from eligibility_api.clients.tokens import check_assertion, claimed_client
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.sandbox_keys import is_sandbox_key, sandbox_client_id, sandbox_key
from eligibility_api.contract.tokens import Credential, TokenAnswer, TokenForm, private_key_pem
from eligibility_api.domain.admission import APPROVER_RIGHTS, INSURER_RIGHTS, Admission, excess_rights
from eligibility_api.domain.client_certificates import certificate_to_bind
from eligibility_api.facilities import store
from eligibility_api.jlis.client import Jlis
from eligibility_api.state import State


async def issue_token(
    state: State, form: TokenForm, address: str | None, certificate: str | None = None
) -> TokenAnswer:
    """Exchange a client's assertion for a token, bound to the request's client certificate if there is one.

    `address`: the caller's, which is recorded with a refusal. `certificate`: the thumbprint. Raises
    `assertion-invalid`, `assertion-too-long`, `assertion-used`, `scope-exceeded`, or as `certificate_to_bind`. An unknown client, a
    closed client and a wrong signature get the same refusal.
    """
    # The client that an assertion claims counts only once its signature is right.
    with state.refusals.watching(SIGN_IN, Source(address=address)):
        return await _exchange(state, form, certificate)


async def _exchange(state: State, form: TokenForm, certificate: str | None) -> TokenAnswer:
    client_id = claimed_client(form.client_assertion)
    # RFC 7521 section 4.2: `client_id` is optional, but must name the assertion's client.
    if form.client_id not in {"", str(client_id)}:
        raise ShikakuError("assertion-invalid", errors=[{"place": "body.client_id", "rule": "equals_iss"}])
    client = await store.find_client(state.database, client_id)
    if client is None or (not state.settings.sandbox and _has_sandbox_key(client)):
        raise ShikakuError("assertion-invalid")
    now = state.clock()
    assertion = check_assertion(
        form.client_assertion, client.public_keys, audiences=state.settings.assertion_audiences, now=now
    )
    bound = certificate_to_bind(
        client.certificates, certificate, required=state.settings.require_client_certificates
    )
    caller = client.caller.limited_to(form.scope)
    digest = hashlib.sha256(f"assertion\0{client_id}\0{assertion.jti}".encode()).digest()
    if not await store.use_assertion(state.database, digest):
        raise ShikakuError("assertion-used")
    return TokenAnswer(
        access_token=state.tokens.issue(caller, now, bound),
        expires_in=state.tokens.life_seconds,
        scope=" ".join(sorted(caller.rights)),
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
    """Admit one terminal. See `admit_terminals`."""
    wanted = Admission(institution_code, name, kind, frozenset(rights))
    [credential] = await admit_terminals(connection, jlis, audience=audience, admissions=[wanted])
    return credential


def _has_sandbox_key(client: store.AdmittedClient) -> bool:
    """Whether a client's key is one that everybody can compute."""
    code = client.caller.institution_code
    return code is not None and any(is_sandbox_key(code, key) for key in client.public_keys)


async def admit_terminals(
    connection: AsyncConnection,
    jlis: Jlis,
    *,
    audience: str,
    admissions: Sequence[Admission],
    sandbox_keys: bool = False,
) -> list[Credential]:
    """Add new facilities (each once in `admissions`), and each facility's terminals with a new key each.

    `sandbox_keys`: the facilities' test keys instead, for one terminal each, in a sandbox.

    The private keys are returned and not stored; the credentials have the order of `admissions`. Raises
    `right-missing` for a right that the kind of facility cannot have, `facility-closed`,
    `facility-other-kind`, and `register-unavailable` when J-LIS cannot certify a terminal for the visual
    check.
    """
    known = await store.find_facilities(connection, [admission.institution_code for admission in admissions])
    for admission in admissions:
        _check_admission(admission, known.get(admission.institution_code))
    admitted = [
        (
            Caller(
                sandbox_client_id(admission.institution_code) if sandbox_keys else uuid.uuid4(),
                admission.institution_code,
                None,
                admission.rights,
            ),
            sandbox_key(admission.institution_code) if sandbox_keys else ECKey.generate_key("P-256"),
        )
        for admission in admissions
        for _ in range(admission.terminals)
    ]
    await store.add_facilities(
        connection, [admission for admission in admissions if admission.institution_code not in known]
    )
    await store.add_clients(connection, [_client(caller, key) for caller, key in admitted])
    await store.record(connection, "admission.terminal", *(caller for caller, _ in admitted))
    return [
        _credential(caller, key, audience, await _visual_check_certificate(jlis, caller, key))
        for caller, key in admitted
    ]


def _check_admission(wanted: Admission, known: store.AdmittedFacility | None) -> None:
    code = wanted.institution_code
    if missing := excess_rights(wanted.kind, wanted.rights):
        raise ShikakuError("right-missing", institution_code=code, rights=sorted(missing))
    if known is not None and known.closed:
        raise ShikakuError("facility-closed", institution_code=code)
    if known is not None and known.kind is not wanted.kind:
        raise ShikakuError("facility-other-kind", institution_code=code)


async def _visual_check_certificate(jlis: Jlis, caller: Caller, key: ECKey) -> bytes | None:
    if Right.VISUAL_CHECK not in caller.rights:
        return None
    return await jlis.terminal_certificate(str(caller.client_id), key.as_der(private=False))


async def renew_key(
    connection: AsyncConnection, jlis: Jlis, *, audience: str, client_id: UUID, only: bool
) -> Credential | None:
    """A new key for an admitted client: its credential, which is not stored; None if there is no such client.

    It signs in with this key or the former one, until the next is made; `only`: with this one. Raises `register-unavailable`
    when J-LIS cannot certify a terminal for the visual check.
    """
    client = await store.lock_client(connection, client_id)
    if client is None:
        return None
    key = ECKey.generate_key("P-256")
    await store.admit_key(connection, client, dict(key.as_dict(private=False)), only=only)
    certificate = await _visual_check_certificate(jlis, client.caller, key)
    return _credential(client.caller, key, audience, certificate)


async def admit_insurer(
    connection: AsyncConnection, *, audience: str, insurer_number: str, name: str, approver: bool = False
) -> Credential:
    """Admit one insurer. See `admit_insurers`."""
    names = {insurer_number: name}
    [credential] = await admit_insurers(connection, audience=audience, names=names, approvers=approver)
    return credential


async def admit_insurers(
    connection: AsyncConnection, *, audience: str, names: Mapping[str, str], approvers: bool = False
) -> list[Credential]:
    """Add new insurers (name by number), and one client with a new key for each: its program or its approver.

    The credentials have the order of `names`.
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
        private_key_pem=private_key_pem(key),
        institution_code=caller.institution_code,
        insurer_number=caller.insurer_number,
        visual_check_certificate=certificate,
    )
