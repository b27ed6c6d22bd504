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
from eligibility_api.platform.key_ring import LEAD, OVERLAP
from eligibility_api.platform.keys import load_keys, rotate_challenge_key, rotate_token_key
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


NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)


def test_a_rotated_challenge_key_begins_after_its_lead_and_the_former_one_ends_after_it(
    tmp_path: Path,
) -> None:
    first = load_keys(tmp_path, now=NOW).challenge.current
    rotate_challenge_key(tmp_path, NOW)
    assert load_keys(tmp_path, now=NOW).challenge.current == first
    began = load_keys(tmp_path, now=NOW + LEAD).challenge
    assert began.current != first
    assert set(began.keys) == {first, began.current}
    assert set(load_keys(tmp_path, now=NOW + LEAD + OVERLAP).challenge.keys) == {began.current}


def test_a_rotated_token_key_takes_the_place_of_the_single_one(tmp_path: Path) -> None:
    first = load_keys(tmp_path).token.thumbprint()
    rotate_token_key(tmp_path, NOW)
    folder = tmp_path / "keys"
    assert not (folder / "token.jwk").exists()
    assert stat.S_IMODE((folder / "token.jwks").stat().st_mode) == 0o600
    assert load_keys(tmp_path, now=NOW).token.thumbprint() == first
    second = load_keys(tmp_path, now=NOW + LEAD).token
    assert second.thumbprint() != first
    assert second.is_private
    assert not (folder / "token.jwk").exists(), "no start makes another one"
    rotate_token_key(tmp_path, NOW + LEAD, at_once=True)
    assert load_keys(tmp_path, now=NOW + LEAD).token.thumbprint() not in {first, second.thumbprint()}


def test_challenge_keys_of_an_earlier_release_are_all_accepted(tmp_path: Path) -> None:
    load_keys(tmp_path)
    rows = [{"id": f"0000000{number}", "key": f"{number}" * 64} for number in (1, 2)]
    (tmp_path / "keys" / "challenge.json").write_text(json.dumps(rows))
    loaded = load_keys(tmp_path).challenge
    assert loaded.current == bytes([0, 0, 0, 1])
    assert set(loaded.keys) == {bytes([0, 0, 0, 1]), bytes([0, 0, 0, 2])}


def test_a_beginning_that_is_no_instant_is_refused(tmp_path: Path) -> None:
    """A running process that compared it with its clock would stop looking at its files."""
    load_keys(tmp_path)
    row = {"id": "00000001", "key": "1" * 64, "from": "2026-12-01T00:00:00"}
    (tmp_path / "keys" / "challenge.json").write_text(json.dumps([row]))
    with pytest.raises(OperatorError, match="was altered"):
        load_keys(tmp_path)


@pytest.mark.parametrize("content", ["[]", "{}", "[{}]", "nothing"])
@pytest.mark.parametrize("name", ["challenge.json", "token.jwks"])
def test_an_altered_file_is_refused_in_one_sentence(tmp_path: Path, name: str, content: str) -> None:
    load_keys(tmp_path)
    (tmp_path / "keys" / name).write_text(content)
    with pytest.raises(OperatorError, match="was altered"):
        load_keys(tmp_path)
    with pytest.raises(OperatorError, match="was altered"):
        rotate_token_key(tmp_path, NOW)
