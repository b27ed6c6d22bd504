"""Admitting the fund."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki_mock.authority.keys import KeyProfile, PublicKey
from jpki_mock.errors import InvalidInput, Unauthorized
from jpki_mock.jlis import Jlis
from jpki_mock.service.callers import Callers
from tests.unit.jpki_mock.builders import NOW, key_maker
from tests.unit.jpki_mock.service.conftest import MakeToken


def pem(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("profile", [KeyProfile.RSA, KeyProfile.P384])
def test_only_a_p256_key_is_admitted(jlis: Jlis, profile: KeyProfile) -> None:
    with pytest.raises(InvalidInput):
        Callers(jlis.store).admit(pem(key_maker()(profile).public_key()))


def test_an_unreadable_key_is_not_admitted(jlis: Jlis) -> None:
    with pytest.raises(InvalidInput):
        Callers(jlis.store).admit(b"rubbish")


def test_a_new_key_replaces_the_former(jlis: Jlis, make_token: MakeToken) -> None:
    callers = Callers(jlis.store)
    callers.check(make_token(), NOW)
    make_key = key_maker()
    make_key(KeyProfile.P256)
    callers.admit(pem(make_key(KeyProfile.P256).public_key()))
    with pytest.raises(Unauthorized):
        callers.check(make_token(), NOW)
