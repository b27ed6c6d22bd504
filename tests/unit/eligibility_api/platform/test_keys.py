"""The fund's keys are created once, readable only by their owner, and only on request."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.keys import load_keys, rotate_challenge_key


def test_keys_are_created_once(tmp_path: Path) -> None:
    first, second = load_keys(tmp_path), load_keys(tmp_path, create=False)
    assert (first.challenge, first.version) == (second.challenge, second.version)
    assert first.second_factor == second.second_factor
    assert first.second_factor != first.version
    assert first.token.thumbprint() == second.token.thumbprint()
    assert first.jlis_client.thumbprint() == second.jlis_client.thumbprint()


def test_only_the_owner_can_read_keys(tmp_path: Path) -> None:
    load_keys(tmp_path)
    files = list((tmp_path / "keys").iterdir())
    assert {file.name for file in files} == {
        "challenge.json", "jlis-client.jwk", "jlis-client.pub.pem", "second-factor.key", "token.jwk", "version.key",
    }  # fmt: skip
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_reading_creates_no_keys(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="keys init"):
        load_keys(tmp_path, create=False)
    assert list(tmp_path.iterdir()) == []


def test_the_public_key_is_written_only_if_missing_or_different(tmp_path: Path) -> None:
    load_keys(tmp_path)
    public = tmp_path / "keys" / "jlis-client.pub.pem"
    pem, written = public.read_bytes(), public.stat()
    load_keys(tmp_path)
    assert public.stat().st_ino == written.st_ino
    public.write_bytes(b"another")
    load_keys(tmp_path)
    assert public.read_bytes() == pem


def test_the_previous_challenge_key_stays_accepted_and_older_ones_are_removed(tmp_path: Path) -> None:
    made = [load_keys(tmp_path).challenge.current]
    for _ in range(2):
        rotate_challenge_key(tmp_path)
        made.append(load_keys(tmp_path).challenge.current)
    assert set(load_keys(tmp_path).challenge.keys) == set(made[1:])
