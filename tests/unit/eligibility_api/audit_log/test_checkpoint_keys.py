"""The keys of checkpoints: made once, rotated without a restart, listed for verifiers."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from eligibility_api.audit_log.checkpoint_keys import (
    CheckpointKey,
    create_missing,
    key_path,
    rotate,
    verification_keys,
)
from eligibility_api.merkle_log.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from eligibility_api.merkle_log.hashing import EMPTY_ROOT
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

ORIGIN = "shikaku.example/audit-log"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "fund")


def test_a_key_is_made_once_and_only_its_owner_can_read_it(settings: Settings) -> None:
    assert verification_keys(settings) == []
    create_missing(settings)
    content = key_path(settings).read_bytes()
    create_missing(settings)
    assert key_path(settings) == settings.home / "keys" / "checkpoint.pem"
    assert key_path(settings).read_bytes() == content
    assert stat.S_IMODE(key_path(settings).stat().st_mode) == 0o600
    assert [key.name for key in verification_keys(settings)] == [ORIGIN]


def test_a_running_process_signs_with_the_rotated_key(settings: Settings) -> None:
    create_missing(settings)
    used = CheckpointKey(settings)
    first = used.read()
    assert used.read() is first
    checkpoint = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    before = sign_checkpoint(checkpoint, first)
    new = rotate(settings)
    assert used.read().verification_key == new != first.verification_key
    after = sign_checkpoint(checkpoint, used.read())
    assert verification_keys(settings) == [new, first.verification_key]
    for note in (before, after):
        assert open_checkpoint(note, ORIGIN, verification_keys(settings))[0] == checkpoint


def test_a_key_that_an_operator_replaced_by_hand_is_listed_too(settings: Settings, tmp_path: Path) -> None:
    create_missing(settings)
    other = Settings(home=tmp_path / "other")
    create_missing(other)
    used = CheckpointKey(settings)
    former = used.read().verification_key
    key_path(settings).unlink()
    key_path(settings).write_bytes(key_path(other).read_bytes())
    assert used.read().verification_key == verification_keys(other)[0]
    assert verification_keys(settings) == [verification_keys(other)[0], former]


def test_a_key_of_another_place_and_name(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "log.pem"
    settings = Settings(home=tmp_path, checkpoint_key=path, log_origin="log.example/x")
    create_missing(settings)
    assert path.exists()
    assert [key.name for key in verification_keys(settings)] == ["log.example/x"]


@pytest.mark.parametrize(
    "content", [b"", b"x", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_that_is_no_key_is_named(settings: Settings, content: bytes) -> None:
    create_missing(settings)
    key_path(settings).write_bytes(content)
    with pytest.raises(OperatorError, match=r"checkpoint\.pem"):
        CheckpointKey(settings).read()


def test_a_key_of_another_algorithm_is_refused(settings: Settings) -> None:
    create_missing(settings)
    key = generate_private_key(SECP256R1())
    key_path(settings).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(OperatorError):
        CheckpointKey(settings).read()


def test_without_a_file_the_error_names_it(settings: Settings) -> None:
    with pytest.raises(OperatorError, match=r"checkpoint\.pem"):
        CheckpointKey(settings).read()


@pytest.mark.parametrize("origin", ["", "with space", "with+plus", "x" * 201])
def test_a_name_that_no_note_can_have_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="log_origin"):
        Settings(log_origin=origin)
