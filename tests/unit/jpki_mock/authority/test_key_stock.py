"""Keys that are kept for the next register: the same again, and never another's or one that others may read."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from jpki_mock.authority.key_stock import KeyStock
from jpki_mock.authority.keys import KeyProfile, PrivateKey, key_sha256, make_key, private_key_pem
from jpki_mock.errors import InvalidInput
from tests.unit.jpki_mock.builders import key_maker

P384, RSA = KeyProfile.P384, KeyProfile.RSA


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "keys.json"


def made(file: Path, name: str, *profiles: KeyProfile) -> list[str]:
    """The fingerprints of the keys of one card."""
    with KeyStock(file) as stock:
        maker = stock.maker(name)
        return [key_sha256(maker(profile).public_key()) for profile in profiles]


def test_a_card_of_the_same_name_gets_the_same_keys(file: Path) -> None:
    first = made(file, "P01", P384, P384)
    assert made(file, "P01", P384, P384) == first
    assert len(set(first)) == 2
    assert made(file, "P01", P384, P384, P384)[:2] == first
    assert made(file, "P01", P384, P384, P384)[2] not in first


def test_another_card_gets_other_keys(file: Path) -> None:
    assert not {*made(file, "P01", P384)} & {*made(file, "P02", P384), *made(file, "P01-card", P384)}
    assert len(json.loads(file.read_text())) == 3


def test_rsa_keys_are_kept_too(file: Path) -> None:
    maker = key_maker()
    with KeyStock(file, maker) as stock:
        before = stock.maker("P01")(RSA)
    with KeyStock(file, lambda profile: pytest.fail(f"{profile} made again")) as stock:
        after = stock.maker("P01")(RSA)
    assert isinstance(after, rsa.RSAPrivateKey)
    assert private_key_pem(after) == private_key_pem(before)


def test_the_owner_alone_reads_the_file(file: Path) -> None:
    made(file, "P01", P384)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o602, 0o644])
def test_a_file_that_others_may_read_or_write_is_refused(file: Path, mode: int) -> None:
    made(file, "P01", P384)
    file.chmod(mode)
    with pytest.raises(InvalidInput, match="not private"):
        KeyStock(file)


def test_what_is_made_before_an_error_is_kept(file: Path) -> None:
    made_before: list[PrivateKey] = []

    def fail() -> None:
        with KeyStock(file) as stock:
            made_before.append(stock.maker("P01")(P384))
            raise InvalidInput("A line is wrong.")

    with pytest.raises(InvalidInput, match="line"):
        fail()
    assert made(file, "P01", P384) == [key_sha256(made_before[0].public_key())]


def pem(key: PrivateKey) -> str:
    return private_key_pem(key).decode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[1]",
        b'{"P01 p384 1": 5}',
        b'{"P01 p384 1": "-----BEGIN PRIVATE KEY-----"}',
        json.dumps({"P01 p384 1": pem(ec.generate_private_key(ec.SECP256R1()))}).encode(),
        json.dumps({"P01 p384 1": pem(rsa.generate_private_key(65537, 1024))}).encode(),
    ],
    ids=["empty", "no text", "no object", "a number", "a part", "another curve", "another algorithm"],
)
def test_what_is_no_such_key_is_made_anew(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.touch(0o600)
    file.write_bytes(content)
    with KeyStock(file) as stock:
        key = stock.maker("P01")(P384)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp384r1"
    assert made(file, "P01", P384) == [key_sha256(key.public_key())]


def test_a_key_of_another_size_is_made_anew(file: Path) -> None:
    file.parent.mkdir()
    file.touch(0o600)
    file.write_text(json.dumps({"P01 rsa 1": pem(rsa.generate_private_key(65537, 1024))}))
    with KeyStock(file, key_maker()) as stock:
        assert stock.maker("P01")(RSA).key_size == 2048


def test_without_a_file_nothing_is_read_and_nothing_new_is_written_twice(file: Path) -> None:
    with KeyStock(file):
        pass
    assert not file.exists()
    made(file, "P01", P384)
    before = file.stat().st_mtime_ns
    made(file, "P01", P384)
    assert file.stat().st_mtime_ns == before
    assert make_key(P384).key_size == 384


def test_where_nothing_can_be_kept_keys_are_made_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert made(tmp_path / "file" / "keys.json", "P01", P384) != made(
        tmp_path / "file" / "keys.json", "P01", P384
    )
