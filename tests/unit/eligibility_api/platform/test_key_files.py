"""Keys that the fund is given, as a folder or as text: all of them or none, and nothing is written there."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from eligibility_api.audit_log import checkpoint_keys
from eligibility_api.platform.described_settings import HIDDEN, describe
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.key_files import KEY_FILES, KeyFiles
from eligibility_api.platform.keys import fingerprints, load_keys, rotate_challenge_key, rotate_token_key
from eligibility_api.platform.settings import Settings

NOW = datetime(2026, 12, 1, tzinfo=UTC)

Given = Callable[[KeyFiles], Settings]


@pytest.fixture
def own(tmp_path: Path) -> KeyFiles:
    """The keys of a fund that has made its own."""
    settings = Settings(home=tmp_path / "own")
    load_keys(KeyFiles.of(settings))
    checkpoint_keys.create_missing(settings)
    return KeyFiles.of(settings)


def as_text(own: KeyFiles) -> Settings:
    return Settings(home=own.folder.parent.parent / "other", keys=SecretStr(own.as_text()))


def as_folder(own: KeyFiles) -> Settings:
    return Settings(home=own.folder.parent.parent / "other", keys_dir=own.folder)


given = pytest.mark.parametrize("given", [as_text, as_folder])


def contents(files: KeyFiles) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files.folder.iterdir()}


@given
def test_the_same_keys_are_read_and_nothing_is_written(own: KeyFiles, given: Given) -> None:
    before, settings = contents(own), given(own)
    assert fingerprints(load_keys(KeyFiles.of(settings))) == fingerprints(load_keys(own))
    checkpoint_keys.create_missing(settings)
    first = checkpoint_keys.verification_keys(Settings(home=own.folder.parent))
    assert checkpoint_keys.verification_keys(settings) == first
    assert checkpoint_keys.CheckpointKey(settings).read().verification_key == first[0]
    assert not settings.home.exists()
    assert contents(own) == before


@given
@pytest.mark.parametrize(
    "missing",
    ["challenge.json", "jlis-client.jwk", "second-factor.key", "token.jwk", "version.key", "webhook.key"],
)
def test_a_missing_key_is_named_and_not_made_up(own: KeyFiles, given: Given, missing: str) -> None:
    (own.folder / missing).unlink()
    settings = given(own)
    with pytest.raises(OperatorError, match=f"{missing}; all keys must be given"):
        load_keys(KeyFiles.of(settings))
    assert not (own.folder / missing).exists()


@given
def test_a_missing_key_of_checkpoints_is_named_and_not_made_up(own: KeyFiles, given: Given) -> None:
    (own.folder / "checkpoint.pem").unlink()
    settings = given(own)
    with pytest.raises(OperatorError, match=r"checkpoint\.pem cannot be read"):
        checkpoint_keys.create_missing(settings)
    assert not (own.folder / "checkpoint.pem").exists()


@given
def test_the_present_key_verifies_though_the_list_does_not_name_it(own: KeyFiles, given: Given) -> None:
    """As a secret whose `checkpoint.pem` was replaced by hand."""
    listed = (own.folder / "checkpoint.keys").read_text().splitlines()
    settings = Settings(home=own.folder.parent)
    new = checkpoint_keys.rotate(settings)
    (own.folder / "checkpoint.keys").write_text("\n".join(listed))
    assert [str(key) for key in checkpoint_keys.verification_keys(given(own))] == [str(new), *listed]


@given
def test_given_keys_are_not_rotated_in_their_place(own: KeyFiles, given: Given) -> None:
    before, settings = contents(own), given(own)
    files = KeyFiles.of(settings)
    for rotate in (rotate_token_key, rotate_challenge_key):
        with pytest.raises(OperatorError, match="this command writes none"):
            rotate(files, NOW)
    with pytest.raises(OperatorError, match="this command writes none"):
        checkpoint_keys.rotate(settings)
    assert contents(own) == before


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="nowhere"):
        load_keys(KeyFiles.of(Settings(home=tmp_path, keys_dir=tmp_path / "nowhere")))
    assert list(tmp_path.iterdir()) == []


def test_two_places_are_refused(own: KeyFiles) -> None:
    settings = as_text(own).model_copy(update={"keys_dir": own.folder})
    with pytest.raises(OperatorError, match="set one of them"):
        KeyFiles.of(settings)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "{}",
        "[]",
        "1",
        "[" * 20_000,
        '{"version.key": 1}',
        '{"version.key": "secret!"}',
        '{"secret": ""}',
        '{"version.key": "c2VjcmV0", "../secret": "c2VjcmV0"}',
    ],
)
def test_another_text_is_refused_without_being_repeated(tmp_path: Path, text: str) -> None:
    with pytest.raises(OperatorError, match="no text of `eligibility-api keys export`") as refused:
        KeyFiles.of(Settings(home=tmp_path, keys=SecretStr(text)))
    assert "secret" not in str(refused.value)


def test_a_text_beyond_its_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at most 65536 items"):
        Settings(home=tmp_path, keys=SecretStr("1" * 65_537))


def test_the_text_has_every_file_and_is_not_shown(own: KeyFiles) -> None:
    text = own.as_text()
    assert {name: base64.b64decode(content) for name, content in json.loads(text).items()} == contents(own)
    assert contents(own).keys() == set(KEY_FILES) - {"token.jwks"}
    assert len(text) < 8192
    shown = {one.name: one for one in describe(as_text(own), {"FUND_KEYS": text})}
    assert (shown["FUND_KEYS"].value, shown["FUND_KEYS"].origin) == (HIDDEN, "FUND_KEYS")
