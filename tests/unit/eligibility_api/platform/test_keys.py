"""The fund's keys are created once, readable only by their owner, and only on request."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from eligibility_api.platform import keys
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.key_ring import LEAD, OVERLAP
from eligibility_api.platform.keys import load_keys, rotate_challenge_key, rotate_token_key
from eligibility_api.platform.private_files import write_private


@pytest.fixture
def own(tmp_path: Path) -> KeyFiles:
    """The files of a fund whose home is `tmp_path`."""
    return KeyFiles.below(tmp_path)


def test_keys_are_created_once(own: KeyFiles) -> None:
    first, second = load_keys(own), load_keys(own, create=False)
    assert (first.challenge, first.version) == (second.challenge, second.version)
    assert first.second_factor == second.second_factor
    assert first.second_factor != first.version
    assert first.token.thumbprint() == second.token.thumbprint()
    assert first.jlis_client.thumbprint() == second.jlis_client.thumbprint()


def test_processes_that_start_together_get_the_same_keys(
    own: KeyFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_inside = Barrier(2)

    def write(path: Path, data: bytes) -> None:
        if path.name == "version.key":
            with suppress(BrokenBarrierError):  # broken, since the other one waits for the folder
                both_inside.wait(timeout=0.2)
        write_private(path, data)

    monkeypatch.setattr(keys, "write_private", write)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: load_keys(own), range(2))
    assert first.version == second.version


def test_keys_that_exist_are_read_from_a_folder_that_cannot_be_written(own: KeyFiles, tmp_path: Path) -> None:
    load_keys(own)
    (tmp_path / "keys").chmod(0o500)
    assert load_keys(own).version == load_keys(own, create=False).version


def test_only_the_owner_can_read_keys(own: KeyFiles, tmp_path: Path) -> None:
    load_keys(own)
    files = list((tmp_path / "keys").iterdir())
    assert {file.name for file in files} == {
        "challenge.json", "jlis-client.jwk", "jlis-client.pub.pem", "second-factor.key", "token.jwk", "version.key", "webhook.key",
    }  # fmt: skip
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_reading_creates_no_keys(own: KeyFiles, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="keys init"):
        load_keys(own, create=False)
    assert list(tmp_path.iterdir()) == []


def test_the_public_key_is_written_only_if_missing_or_different(own: KeyFiles, tmp_path: Path) -> None:
    load_keys(own)
    public = tmp_path / "keys" / "jlis-client.pub.pem"
    pem, written = public.read_bytes(), public.stat()
    load_keys(own)
    assert public.stat().st_ino == written.st_ino
    public.write_bytes(b"another")
    load_keys(own)
    assert public.read_bytes() == pem


NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)


def test_a_rotated_challenge_key_begins_after_its_lead_and_the_former_one_ends_after_it(
    own: KeyFiles,
) -> None:
    first = load_keys(own, now=NOW).challenge.current
    rotate_challenge_key(own, NOW)
    assert load_keys(own, now=NOW).challenge.current == first
    began = load_keys(own, now=NOW + LEAD).challenge
    assert began.current != first
    assert set(began.keys) == {first, began.current}
    assert set(load_keys(own, now=NOW + LEAD + OVERLAP).challenge.keys) == {began.current}


def test_a_rotated_token_key_takes_the_place_of_the_single_one(own: KeyFiles, tmp_path: Path) -> None:
    first = load_keys(own).token.thumbprint()
    rotate_token_key(own, NOW)
    folder = tmp_path / "keys"
    assert not (folder / "token.jwk").exists()
    assert stat.S_IMODE((folder / "token.jwks").stat().st_mode) == 0o600
    assert load_keys(own, now=NOW).token.thumbprint() == first
    second = load_keys(own, now=NOW + LEAD).token
    assert second.thumbprint() != first
    assert second.is_private
    assert not (folder / "token.jwk").exists(), "no start makes another one"
    rotate_token_key(own, NOW + LEAD, at_once=True)
    assert load_keys(own, now=NOW + LEAD).token.thumbprint() not in {first, second.thumbprint()}


def test_challenge_keys_of_an_earlier_release_are_all_accepted(own: KeyFiles, tmp_path: Path) -> None:
    load_keys(own)
    rows = [{"id": f"0000000{number}", "key": f"{number}" * 64} for number in (1, 2)]
    (tmp_path / "keys" / "challenge.json").write_text(json.dumps(rows))
    loaded = load_keys(own).challenge
    assert loaded.current == bytes([0, 0, 0, 1])
    assert set(loaded.keys) == {bytes([0, 0, 0, 1]), bytes([0, 0, 0, 2])}


def test_a_beginning_that_is_no_instant_is_refused(own: KeyFiles, tmp_path: Path) -> None:
    """A running process that compared it with its clock would stop looking at its files."""
    load_keys(own)
    row = {"id": "00000001", "key": "1" * 64, "from": "2026-12-01T00:00:00"}
    (tmp_path / "keys" / "challenge.json").write_text(json.dumps([row]))
    with pytest.raises(OperatorError, match="was altered"):
        load_keys(own)


@pytest.mark.parametrize("content", ["[]", "{}", "[{}]", "nothing"])
@pytest.mark.parametrize("name", ["challenge.json", "token.jwks"])
def test_an_altered_file_is_refused_in_one_sentence(
    own: KeyFiles, tmp_path: Path, name: str, content: str
) -> None:
    load_keys(own)
    (tmp_path / "keys" / name).write_text(content)
    with pytest.raises(OperatorError, match="was altered"):
        load_keys(own)
    with pytest.raises(OperatorError, match="was altered"):
        rotate_token_key(own, NOW)


@pytest.mark.parametrize("content", [b"", b"1" * 31, b"1" * 33])
@pytest.mark.parametrize("name", ["version.key", "second-factor.key", "webhook.key"])
def test_a_secret_of_another_length_is_refused(own: KeyFiles, name: str, content: bytes) -> None:
    load_keys(own)
    (own.folder / name).write_bytes(content)
    with pytest.raises(OperatorError, match=f"{name} has another length than 32 bytes"):
        load_keys(own)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"kty": "EC", "crv": "P-256"}'])
def test_an_altered_key_for_j_lis_is_refused(own: KeyFiles, content: bytes) -> None:
    load_keys(own)
    (own.folder / "jlis-client.jwk").write_bytes(content)
    with pytest.raises(OperatorError, match=r"jlis-client\.jwk was altered"):
        load_keys(own, create=False)
