"""Changed key files and trust stores are used by a running process; broken ones change nothing."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from structlog.testing import capture_logs

from eligibility_api import key_watch
from eligibility_api.clients.caller import Caller
from eligibility_api.clients.tokens import Tokens
from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.certificate import key_sha256
from eligibility_api.domain.challenge import Challenge
from eligibility_api.key_watch import KeyWatch, WatchedFiles
from eligibility_api.platform.key_files import KEY_FILES, KeyFiles
from eligibility_api.platform.key_ring import LEAD, OVERLAP
from eligibility_api.platform.keys import load_keys, load_trust, rotate_challenge_key, rotate_token_key
from eligibility_api.platform.settings import Settings
from eligibility_api.proofs.verifier import Verifier
from tests.unit.eligibility_api.domain.revocations import authority

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
CALLER = Caller(UUID(int=1), "1311111114", None, frozenset({Right.ELIGIBILITY}))
AUDIENCE = "urn:shikaku:test"


class Process:
    """What a worker has of keys and trust, at an instant that the test sets."""

    def __init__(self, home: Path, **given: Any) -> None:
        """`given`: the settings by which it is given its keys."""
        self.now = NOW
        self.settings = Settings(
            home=home, audience=AUDIENCE, trust_store=home / "trust.pem", signature_trust_store=None, **given
        )
        keys = load_keys(KeyFiles.of(self.settings))
        self.tokens = Tokens(keys.token, AUDIENCE, 300)
        self.verifier = Verifier(AUDIENCE, keys.challenge, load_trust(self.settings))
        self.watch = KeyWatch(self.settings, lambda: self.now, self.tokens, self.verifier)

    def at(self, now: datetime) -> Process:
        """The process once it has looked at that instant."""
        self.now = now
        self.watch.refresh()
        return self

    def token(self) -> str:
        return self.tokens.issue(CALLER, self.now)

    def accepts_token(self, token: str) -> bool:
        try:
            return self.tokens.read(token, self.now) == CALLER
        except ShikakuError:
            return False

    def challenge(self) -> str:
        made = Challenge(Purpose.ELIGIBILITY, self.now, CALLER.institution(), CALLER.client_id, bytes(16))
        return challenges.issue(made, audience=AUDIENCE, keys=self.verifier.keys)

    def accepts_challenge(self, text: str) -> bool:
        try:
            challenges.verify(text, audience=AUDIENCE, keys=self.verifier.keys)
        except ShikakuError:
            return False
        return True

    @property
    def trusted(self) -> set[bytes]:
        return set(self.verifier.trust.authentication)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "trust.pem").write_bytes(pem(authority("first")))
    load_keys(KeyFiles.below(tmp_path))
    return tmp_path


def test_tokens_of_the_former_key_are_accepted_until_their_end_by_every_process(home: Path) -> None:
    one, other = Process(home), Process(home)
    former = one.at(NOW).token()
    rotate_token_key(KeyFiles.below(home), NOW)
    began = NOW + LEAD
    for process in (one, other):
        process.at(began - timedelta(seconds=1))
    assert one.tokens.issue(CALLER, NOW).split(".")[0] == former.split(".")[0]  # the header names the key
    present = one.at(began).token()
    assert present.split(".")[0] != former.split(".")[0]
    # The other process has not looked since: it knows the key already.
    assert other.accepts_token(present)
    other.now = NOW
    assert other.accepts_token(former)
    late = other.at(began + OVERLAP)
    assert late.tokens.read(late.token(), late.now) == CALLER
    assert not late.accepts_token(former)


def test_challenges_of_the_former_key_are_accepted_until_their_end(home: Path) -> None:
    one, other = Process(home), Process(home)
    former = one.challenge()
    rotate_challenge_key(KeyFiles.below(home), NOW)
    present = one.at(NOW + LEAD).challenge()
    assert other.at(NOW + LEAD).accepts_challenge(present)
    assert other.accepts_challenge(former)
    assert not other.at(NOW + LEAD + OVERLAP).accepts_challenge(former)
    assert other.accepts_challenge(present)


def test_a_lost_key_ends_at_once_though_its_tokens_were_read_before(home: Path) -> None:
    process = Process(home).at(NOW)
    token, challenge = process.token(), process.challenge()
    assert process.accepts_token(token)
    rotate_token_key(KeyFiles.below(home), NOW, at_once=True)
    rotate_challenge_key(KeyFiles.below(home), NOW, at_once=True)
    process.at(NOW)
    assert not process.accepts_token(token)
    assert not process.accepts_challenge(challenge)
    assert process.accepts_token(process.token())


def test_a_token_that_names_no_key_is_of_the_oldest(home: Path) -> None:
    """As an earlier release signed it."""
    process = Process(home).at(NOW)
    keys = load_keys(KeyFiles.below(home))
    unnamed = Tokens(keys.token, AUDIENCE, 300).issue(CALLER, NOW)
    rotate_token_key(KeyFiles.below(home), NOW)
    assert process.at(NOW + LEAD).accepts_token(unnamed)


def test_a_process_that_starts_after_a_rotation_has_both_keys(home: Path) -> None:
    former = Process(home).at(NOW).token()
    rotate_token_key(KeyFiles.below(home), NOW)
    assert not (home / "keys" / "token.jwk").exists()
    started = Process(home).at(NOW + LEAD)
    assert started.accepts_token(former)
    assert started.accepts_token(started.token())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"keys": []}',
        b'{"keys": [{"kty": "EC"}]}',
        b'{"keys": [1]}',
        b'[{"id": 1, "key": ""}]',
    ],
)
@pytest.mark.parametrize("name", ["challenge.json", "token.jwks"])
def test_a_broken_key_file_changes_nothing_and_is_logged_once(home: Path, name: str, content: bytes) -> None:
    process = Process(home).at(NOW)
    token, challenge = process.token(), process.challenge()
    (home / "keys" / name).write_bytes(content)
    with capture_logs() as log:
        process.at(NOW).at(NOW)
    assert [entry["event"] for entry in log] == ["keys_not_read"]
    assert process.accepts_token(token)
    assert process.accepts_challenge(challenge)


def test_another_authority_is_trusted_with_the_former_one_until_that_is_removed(home: Path) -> None:
    process = Process(home).at(NOW)
    first, second = (key_sha256(authority(name).public_key()) for name in ("first", "second"))
    trust = home / "trust.pem"
    assert process.trusted == {first}
    trust.write_bytes(pem(authority("first"), authority("second")))
    assert process.at(NOW).trusted == {first, second}
    with capture_logs() as log:
        trust.write_bytes(b"nothing of use")
        assert process.at(NOW).trusted == {first, second}
        trust.unlink()
        assert process.at(NOW).trusted == {first, second}
    assert [entry["event"] for entry in log] == ["trust_store_not_read"]
    trust.write_bytes(pem(authority("second")))
    assert process.at(NOW).trusted == {second}


def test_a_certificate_of_a_removed_authority_is_judged_anew(home: Path) -> None:
    process = Process(home).at(NOW)
    process.verifier._accepted[b"digest"] = None  # type: ignore[assignment]
    process.at(NOW)
    assert process.verifier._accepted
    (home / "trust.pem").write_bytes(pem(authority("second")))
    process.at(NOW)
    assert not process.verifier._accepted


def test_files_that_stay_are_read_once(tmp_path: Path) -> None:
    file, read = tmp_path / "file", []

    def content() -> int:
        read.append(json.loads(file.read_bytes()))
        return int(read[-1])

    watched = WatchedFiles("numbers", [file], content)
    assert not watched.refresh()
    assert not watched.content
    file.write_text("1")
    assert [watched.refresh() for _ in range(3)] == [True, False, False]
    file.with_name("new").write_text("2")
    file.with_name("new").replace(file)  # as a rotation writes it: within the same instant, but another file
    assert watched.refresh()
    assert (watched.content, read) == (2, [1, 2])


def test_a_process_reads_its_files_before_it_serves_and_again_and_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_watch, "WATCH_SECONDS", 0.001)
    process = Process(home)
    rotate_token_key(KeyFiles.below(home), NOW, at_once=True)

    async def watch() -> tuple[str, str]:
        async with process.watch.watching():
            first = process.token()
            rotate_token_key(KeyFiles.below(home), NOW, at_once=True)
            async with asyncio.timeout(10):
                while process.accepts_token(first):
                    await asyncio.sleep(0.001)
            return first, process.token()

    first, second = asyncio.run(watch())
    assert process.accepts_token(second)
    assert not process.accepts_token(first)


def as_text(home: Path) -> dict[str, Any]:
    return {"keys": KeyFiles.below(home).as_text()}


def as_folder(home: Path) -> dict[str, Any]:
    return {"keys_dir": home / "keys"}


@pytest.mark.parametrize("given", [as_text, as_folder])
def test_hosts_that_are_given_the_same_keys_accept_each_others_tokens_and_challenges(
    home: Path, given: Callable[[Path], dict[str, Any]]
) -> None:
    one = Process(home).at(NOW)
    rotate_token_key(KeyFiles.below(home), NOW)
    rotate_challenge_key(KeyFiles.below(home), NOW)
    other = Process(home, **given(home)).at(NOW)
    assert other.accepts_token(one.token())
    assert other.accepts_challenge(one.challenge())
    one, later = one.at(NOW + LEAD), other.at(NOW + LEAD)
    assert one.accepts_token(later.token())
    assert one.accepts_challenge(later.challenge())


def test_a_mounted_secret_that_is_exchanged_is_used_without_a_restart(home: Path, tmp_path: Path) -> None:
    """As Kubernetes does it: the files are links into a folder, whose link is replaced at once."""
    mount, names = tmp_path / "mount", ("first", "second")
    mount.mkdir()
    load_keys(KeyFiles.below(home))
    shutil.copytree(home / "keys", mount / names[0])
    rotate_token_key(KeyFiles.below(home), NOW)
    shutil.copytree(home / "keys", mount / names[1])
    (mount / "..data").symlink_to(names[0])
    for name in KEY_FILES:
        (mount / name).symlink_to(f"..data/{name}")
    process = Process(home, keys_dir=mount).at(NOW)
    former = process.token()
    (mount / "..next").symlink_to(names[1])
    (mount / "..next").replace(mount / "..data")
    process.at(NOW + LEAD)
    assert process.token().split(".")[0] != former.split(".")[0]
    assert process.accepts_token(former)
