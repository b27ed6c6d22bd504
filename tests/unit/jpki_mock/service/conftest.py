"""The HTTP service of a J-LIS, called in process, and the fund's key."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from jpki_mock.authority.keys import KeyProfile, PrivateKey, private_key_pem
from jpki_mock.jlis import Jlis
from jpki_mock.service.app import create_app
from jpki_mock.service.callers import Callers
from tests.unit.jpki_mock.builders import NOW, key_maker

MakeToken = Callable[..., str]


class MovableClock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def fund_key(jlis: Jlis) -> PrivateKey:
    """The admitted key of the fund."""
    key = key_maker()(KeyProfile.P256)
    Callers(jlis.store).admit(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return key


@pytest.fixture
def make_token(fund_key: PrivateKey) -> MakeToken:
    """Make a valid token; keyword arguments replace claims, None removes one."""

    def make(key: PrivateKey = fund_key, **changes: Any) -> str:
        issued_at = int(NOW.timestamp())
        usual = {"iss": "fund", "sub": "fund", "aud": "jlis", "iat": issued_at, "exp": issued_at + 60}
        claims = {**usual, "jti": uuid4().hex, **changes}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256"}, kept, ECKey.import_key(private_key_pem(key)))

    return make


@pytest.fixture
async def client(jlis: Jlis, clock: MovableClock) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(jlis, clock))
    async with httpx2.AsyncClient(transport=transport, base_url="http://jlis.test") as opened:
        yield opened
