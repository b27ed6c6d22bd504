"""The fund's keys are created once, readable only by their owner, and only on request."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from eligibility_api.platform import keys
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.keys import load_keys, rotate_challenge_key
from eligibility_api.platform.private_files import write_private


def test_keys_are_created_once(tmp_path: Path) -> None:
    first, second = load_keys(tmp_path), load_keys(tmp_path, create=False)
    assert (first.challenge, first.version) == (second.challenge, second.version)
    assert first.second_factor == second.second_factor
    assert first.second_factor != first.version
    assert first.token.thumbprint() == second.token.thumbprint()
    assert first.jlis_client.thumbprint() == second.jlis_client.thumbprint()


def test_processes_that_start_together_get_the_same_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_inside = Barrier(2)

    def write(path: Path, data: bytes) -> None:
        if path.name == "version.key":
            with suppress(BrokenBarrierError):  # broken, since the other one waits for the folder
                both_inside.wait(timeout=0.2)
        write_private(path, data)

    monkeypatch.setattr(keys, "write_private", write)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: load_keys(tmp_path), range(2))
    assert first.version == second.version


def test_keys_that_exist_are_read_from_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    load_keys(tmp_path)
    (tmp_path / "keys").chmod(0o500)
    assert load_keys(tmp_path).version == load_keys(tmp_path, create=False).version


def test_only_the_owner_can_read_keys(tmp_path: Path) -> None:
    load_keys(tmp_path)
    files = list((tmp_path / "keys").iterdir())
    assert {file.name for file in files} == {
        "challenge.json", "jlis-client.jwk", "jlis-client.pub.pem", "second-factor.key", "token.jwk", "version.key", "webhook.key",
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
