"""The fund's client of J-LIS: revocation lists, certificate status, and the holders of certificates.

Calls about persons are authenticated by a short-lived JWT under the fund's own key. Any failure raises
`register-unavailable` for these, and RevocationDataRejected for the revocation sources. Neither ever means
"not insured".
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, NamedTuple, NotRequired, TypeVar

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from eligibility_api.contract.enrolment import FoldingKind, SpelledItem
from eligibility_api.contract.errors import PROBLEM_MEDIA_TYPE, ShikakuError
from eligibility_api.contract.wire import Bytes
from eligibility_api.domain.certificate import CertificateId, key_sha256
from eligibility_api.domain.expiry import Carrier
from eligibility_api.domain.revocation import CertificateStatus, RevocationDataRejected, validate_ocsp
from eligibility_api.platform.client_presence import elsewhere
from eligibility_api.platform.clock import Clock

_CALL_SECONDS = 30
_TIMEOUT_SECONDS = 3.0
_BATCH_TIMEOUT_SECONDS = 60.0
_RETRY_AFTER_SECONDS = 10
_NONCE_BYTES = 16

MAX_PENDING_OCSP = 64
"""Maximum number of OCSP requests in flight per process.

When the responder hangs, further requests fail at once instead of filling the process with waiting requests.
"""

MAX_PERSONS_PER_CALL = 5_000
"""Maximum number of persons that J-LIS matches in one call."""

MAX_DIFFERENCES = len(SpelledItem) * len(FoldingKind)
"""Maximum number of differences of one person: each kind in each item."""

Model = TypeVar("Model")


_PersonKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class _CertificateName(BaseModel):
    model_config = ConfigDict(extra="ignore")
    ca_key_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    serial: str = Field(pattern=r"^[1-9][0-9]{0,48}$")


class _Holder(BaseModel):
    model_config = ConfigDict(extra="ignore")
    person_key: _PersonKey
    carrier: Literal["card", "android"] | None = None
    predecessors: list[_CertificateName] = []


class _Difference(TypedDict):
    item: SpelledItem
    kind: FoldingKind


class _Match(TypedDict):
    match: Literal["one", "variant", "none", "ambiguous"]
    person_key: _PersonKey | None
    differences: NotRequired[Annotated[list[_Difference], Field(max_length=MAX_DIFFERENCES)]]


class _Matches(BaseModel):
    model_config = ConfigDict(extra="ignore")
    matches: list[_Match]


class _TerminalCertificate(BaseModel):
    model_config = ConfigDict(extra="ignore")
    certificate: Bytes


_CARRIERS = {"card": Carrier.CARD, "android": Carrier.PHONE}

_HOLDER = TypeAdapter(_Holder)
_MATCH = TypeAdapter(_Match)
_MATCHES = TypeAdapter(_Matches)
_TERMINAL_CERTIFICATE = TypeAdapter(_TerminalCertificate)


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a certificate, the certificates that it renewed, latest first, and what carries it."""

    person_key: bytes
    predecessors: Sequence[CertificateId]
    carrier: Carrier | None = None


class Matched(NamedTuple):
    """The register's match of a member, and the person key if it is `one` or `variant`.

    `differences`: of a `variant`, each as JSON with `item` and `kind`.
    """

    match: str
    person_key: bytes | None
    differences: Sequence[Mapping[str, str]] = ()


class Jlis:
    """A client of J-LIS. One per process."""

    def __init__(self, http: httpx2.AsyncClient, key: ECKey, clock: Clock) -> None:
        self._http = http
        self._key = key
        self._clock = clock
        self._pending_ocsp = 0

    async def crl(self, authority: bytes) -> bytes:
        """Fetch the current CRL (DER) of the authority with this key.

        Raises RevocationDataRejected when that fails.
        """
        try:
            response = await self._http.get(f"/crl/{authority.hex()}.crl", timeout=_TIMEOUT_SECONDS)
            response.raise_for_status()
        except httpx2.HTTPError as error:
            raise RevocationDataRejected(f"no list: {type(error).__name__}") from error
        return response.content

    async def status(
        self, ca: x509.Certificate, serial: int, max_age: timedelta, ended_at: datetime | None = None
    ) -> CertificateStatus:
        """Request a certificate's status by OCSP (RFC 6960), with a nonce, not older than `max_age`.

        `ended_at` is the end of a certificate that has expired. Raises RevocationDataRejected, also when `MAX_PENDING_OCSP` requests are in flight already.
        """
        if self._pending_ocsp >= MAX_PENDING_OCSP:
            raise RevocationDataRejected("not requested: too many OCSP requests are pending")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        self._pending_ocsp += 1
        try:
            answer = await self._ocsp(ca, serial, nonce)
        finally:
            self._pending_ocsp -= 1
        return validate_ocsp(
            answer,
            ca=ca,
            serial=serial,
            nonce=nonce,
            now=self._clock(),
            max_age=max_age,
            ended_at=ended_at,
        )

    async def _ocsp(self, ca: x509.Certificate, serial: int, nonce: bytes) -> bytes:
        request = (
            ocsp.OCSPRequestBuilder()
            .add_certificate_by_hash(*_hashes_of(ca), serial, hashes.SHA1())  # noqa: S303 - RFC 5019's identifier
            .add_extension(x509.OCSPNonce(nonce), critical=False)
            .build()
        )
        try:
            with elsewhere():
                response = await self._http.post(
                    f"/ocsp/{key_sha256(ca.public_key()).hex()}",
                    content=request.public_bytes(Encoding.DER),
                    headers={"Content-Type": "application/ocsp-request"},
                    timeout=_TIMEOUT_SECONDS,
                )
            response.raise_for_status()
        except httpx2.HTTPError as error:
            raise RevocationDataRejected(f"no answer: {type(error).__name__}") from error
        return response.content

    async def holder(self, certificate: CertificateId) -> Holder | None:
        """Return the holder of a certificate, or None when J-LIS does not know it.

        Raises `register-unavailable`.
        """
        name = {"ca_key_sha256": certificate.authority.hex(), "serial": str(certificate.serial)}
        response = await self._call("/register/certificate", json.dumps(name))
        if response.status_code == httpx2.codes.NOT_FOUND:
            return None
        answer = _read(_HOLDER, response)
        links = [CertificateId(bytes.fromhex(n.ca_key_sha256), int(n.serial)) for n in answer.predecessors]
        carrier = _CARRIERS[answer.carrier] if answer.carrier is not None else None
        return Holder(bytes.fromhex(answer.person_key), links, carrier)

    async def match(
        self, *, name: str, name_kana: str | None, birth_date: date, sex: str, address: str | None
    ) -> Matched:
        """Match a member with the resident register; an absent reading or address is sent as null."""
        attributes = {
            "name": name,
            "name_kana": name_kana,
            "birth_date": birth_date.isoformat(),
            "sex": sex,
            "address": address,
        }
        answer = await self._call("/register/attributes", json.dumps(attributes))
        return _match_result(_read(_MATCH, answer))

    async def match_many(self, people: str, number: int) -> list[Matched]:
        """Match `number` persons (a JSON array, at most `MAX_PERSONS_PER_CALL`); results in their order."""
        response = await self._call(
            "/register/attributes/batch", f'{{"people":{people}}}', timeout_seconds=_BATCH_TIMEOUT_SECONDS
        )
        matches = _read(_MATCHES, response).matches
        if len(matches) != number:
            raise ShikakuError("register-unavailable", retry_after=_RETRY_AFTER_SECONDS)
        return [_match_result(match) for match in matches]

    async def terminal_certificate(self, terminal_id: str, public_key: bytes) -> bytes:
        """Request the certificate (DER) by which cards accept a terminal for the visual check."""
        body = {"terminal_id": terminal_id, "public_key": base64.b64encode(public_key).decode()}
        answer = await self._call("/terminal-certificates", json.dumps(body))
        return _read(_TERMINAL_CERTIFICATE, answer).certificate

    async def _call(
        self, path: str, body: str, *, timeout_seconds: float = _TIMEOUT_SECONDS
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._assertion()}", "Content-Type": "application/json"}
        try:
            with elsewhere():
                response = await self._http.post(path, content=body, headers=headers, timeout=timeout_seconds)
        except httpx2.HTTPError as error:
            raise ShikakuError("register-unavailable", retry_after=_RETRY_AFTER_SECONDS) from error
        # A 404 counts only as a problem document of J-LIS: a proxy's 404 page says nothing about a
        # certificate.
        unknown = response.status_code == httpx2.codes.NOT_FOUND and _is_problem(response)
        if not response.is_success and not unknown:
            raise ShikakuError("register-unavailable", retry_after=_RETRY_AFTER_SECONDS)
        return response

    def _assertion(self) -> str:
        now = int(self._clock().timestamp())
        claims = {"iss": "fund", "sub": "fund", "aud": "jlis", "iat": now, "exp": now + _CALL_SECONDS}
        return jwt.encode({"alg": "ES256"}, claims | {"jti": secrets.token_urlsafe(16)}, self._key)


def _is_problem(response: httpx2.Response) -> bool:
    return response.headers.get("content-type", "").startswith(PROBLEM_MEDIA_TYPE)


def _hashes_of(ca: x509.Certificate) -> tuple[bytes, bytes]:
    """`issuerNameHash` and `issuerKeyHash` (SHA-1) of an authority, RFC 6960 section 4.1.1."""
    digest = hashes.Hash(hashes.SHA1())  # noqa: S303 - an identifier, not a signature
    digest.update(ca.subject.public_bytes())
    return digest.finalize(), x509.SubjectKeyIdentifier.from_public_key(ca.public_key()).digest


def _match_result(match: _Match) -> Matched:
    """Return what J-LIS answered.

    Exactly the matches `one` and `variant` have a key, and exactly `variant` has differences; otherwise raises
    `register-unavailable`.
    """
    key, differences = match.get("person_key"), match.get("differences", [])
    is_variant = match["match"] == "variant"
    if (is_variant or match["match"] == "one") != (key is not None) or is_variant != bool(differences):
        raise ShikakuError("register-unavailable", retry_after=_RETRY_AFTER_SECONDS)
    found = tuple({"item": each["item"].value, "kind": each["kind"].value} for each in differences)
    return Matched(match["match"], bytes.fromhex(key) if key is not None else None, found)


def _read(form: TypeAdapter[Model], response: httpx2.Response) -> Model:
    try:
        return form.validate_json(response.content)
    except ValidationError as error:
        raise ShikakuError("register-unavailable", retry_after=_RETRY_AFTER_SECONDS) from error
