"""The baseline: an ASGI application that does only the unavoidable work of a tap's two requests.

Challenge: make one. Card: verify its MAC, verify the certificate by its authority's key and the proof by the
certificate's, run the fund's own SQL statement in one round trip (it reads, uses the nonce, records, and
commits durably), send the rows. It has no framework, token, profile, validation, rule, cache or access log:
it must not be used for anything else.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.presence import to_be_signed
from eligibility_api.domain.challenge import NONCE_BYTES, Challenge, issue, verify
from eligibility_api.eligibility.store import CARD_STATEMENT
from loadtest.baseline.config import VARIABLE, BaselineConfig
from loadtest.clock import now, today_in_japan

CHALLENGE_PATH, CARD_PATH = "/challenge", "/card"

_CONNECTIONS = 8
"""The same number as one API worker of the fund has for its fast path."""

_LIFETIME = timedelta(seconds=60)
_PADDING, _HASH = padding.PKCS1v15(), hashes.SHA256()
_HEADERS = [(b"content-type", b"application/json")]
_INSTITUTION_CODE, _TERMINAL = "0000000000", UUID(int=0)
"""Constant values of a challenge: the baseline has no caller."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class BaselineApp:
    """The application. It opens its database connections at startup."""

    def __init__(self, config: BaselineConfig) -> None:
        self._config = config
        self._keys = config.keys
        self._revocation_max_age = timedelta(seconds=config.revocation_max_age_seconds)
        self._authorities = [_Authority(ca) for ca in _certificates(config.trust_store)]
        self._statements: list[Any] = []
        self._waiting: deque[asyncio.Future[Any]] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["path"] == CHALLENGE_PATH:
            await _read_body(receive)
            await _respond(send, self._challenge())
        else:
            await _respond(send, await self._card(await _read_body(receive)))

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        for _ in range(_CONNECTIONS):
            connection = await asyncpg.connect(
                self._config.dsn, server_settings={"plan_cache_mode": "force_generic_plan"}
            )
            self._statements.append(await connection.prepare(CARD_STATEMENT.text))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def _challenge(self) -> bytes:
        expires_at = now() + _LIFETIME
        nonce = secrets.token_bytes(NONCE_BYTES)
        challenge = Challenge(Purpose.ELIGIBILITY, expires_at, _INSTITUTION_CODE, _TERMINAL, nonce)
        text = issue(challenge, audience=self._config.audience, keys=self._keys)
        return json.dumps({"challenge": text, "expires_at": expires_at.isoformat()}).encode()

    async def _card(self, body: bytes) -> bytes:
        proof = json.loads(body)
        challenge = verify(proof["challenge"], audience=self._config.audience, keys=self._keys)
        certificate = x509.load_der_x509_certificate(base64.b64decode(proof["certificate"]))
        authority = self._issuer_of(certificate)
        _verify(certificate, base64.b64decode(proof["signature"]), self._message(proof, challenge))
        rows = await self._fetch(_parameters(challenge, authority, certificate, self._revocation_max_age))
        if not rows[0]["spent"]:
            raise ValueError("nonce already used")
        read_rows = [dict(row) for row in rows if row["version"] is not None]
        return json.dumps(read_rows, default=str, ensure_ascii=False).encode()

    def _message(self, proof: dict[str, str], challenge: Challenge) -> bytes:
        return to_be_signed(
            challenge.purpose,
            audience=self._config.audience,
            institution_code=challenge.institution_code,
            terminal_id=str(challenge.terminal),
            challenge=proof["challenge"],
        )

    def _issuer_of(self, certificate: x509.Certificate) -> bytes:
        """Verify the certificate; returns the digest of its authority's key."""
        [authority] = self._authorities  # a second one would cost another verification
        authority.verify(certificate)
        return authority.digest

    async def _fetch(self, parameters: list[Any]) -> list[asyncpg.Record]:
        statement = self._statements.pop() if self._statements else await self._next_free()
        try:
            rows: list[asyncpg.Record] = await statement.fetch(*parameters)
            return rows
        finally:
            self._release(statement)

    async def _next_free(self) -> Any:
        """Wait for a prepared statement that another request releases."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return await future

    def _release(self, statement: Any) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(statement)
        else:
            self._statements.append(statement)


class _Authority:
    """A trusted authority's key, and the digest that identifies it in the database."""

    def __init__(self, ca: x509.Certificate) -> None:
        key = ca.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        self._key = key
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.digest = hashlib.sha256(spki).digest()

    def verify(self, certificate: x509.Certificate) -> None:
        """Raises InvalidSignature."""
        self._key.verify(certificate.signature, certificate.tbs_certificate_bytes, _PADDING, _HASH)


def _certificates(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


def _verify(certificate: x509.Certificate, signature: bytes, message: bytes) -> None:
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, message, _PADDING, _HASH)


def _parameters(
    challenge: Challenge, authority: bytes, certificate: x509.Certificate, revocation_max_age: timedelta
) -> list[Any]:
    """The parameters of the statement, as the fund passes them."""
    serial = certificate.serial_number
    values = dict.fromkeys(CARD_STATEMENT.names) | {
        "expires_at": challenge.expires_at,
        "nonce": challenge.nonce,
        "rights": [Right.ELIGIBILITY.value],
        "client_id": challenge.terminal,
        "authority": authority,
        "serial": serial.to_bytes((serial.bit_length() + 7) // 8, "big"),
        "max_age": revocation_max_age,
        "as_of": today_in_japan(),
        "kind": "eligibility.card",
    }
    return CARD_STATEMENT.parameters(values)


async def _read_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        part: bytes = message.get("body", b"")
        body += part
        if not message.get("more_body"):
            return body


async def _respond(send: Send, body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, length]})
    await send({"type": "http.response.body", "body": body})


def build() -> BaselineApp:
    """The application, with the configuration file that the environment names."""
    return BaselineApp(BaselineConfig.load(Path(os.environ[VARIABLE])))
