"""The trust stores: every certificate of each file; an unreadable file is an error, never an empty store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from eligibility_api.domain.certificate import key_sha256
from eligibility_api.platform.keys import load_trust
from eligibility_api.platform.settings import Settings
from tests.unit.eligibility_api.domain.revocations import authority

FIRST, SECOND = authority(), authority("other authority")


def stored(path: Path, *certificates: object) -> Path:
    path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))  # type: ignore[attr-defined]
    return path


def test_every_authority_of_a_file_is_trusted(tmp_path: Path) -> None:
    both = stored(tmp_path / "authentication.pem", FIRST, SECOND)
    trust = load_trust(Settings(trust_store=both, signature_trust_store=None))
    assert trust.authentication.keys() == {key_sha256(one.public_key()) for one in (FIRST, SECOND)}
    assert trust.signature == {}


def test_the_authorities_of_signatures_are_kept_apart(tmp_path: Path) -> None:
    trust = load_trust(
        Settings(
            trust_store=stored(tmp_path / "authentication.pem", FIRST),
            signature_trust_store=stored(tmp_path / "signature.pem", SECOND),
        )
    )
    assert list(trust.authentication.values()) == [FIRST]
    assert list(trust.signature.values()) == [SECOND]


@pytest.mark.parametrize("content", [b"", b"not a certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_without_a_certificate_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "authentication.pem").write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        load_trust(Settings(trust_store=tmp_path / "authentication.pem", signature_trust_store=None))


@pytest.mark.parametrize("missing", ["trust_store", "signature_trust_store"])
def test_a_missing_file_is_an_error_for_either_store(tmp_path: Path, missing: str) -> None:
    there = stored(tmp_path / "there.pem", FIRST)
    stores: dict[str, Any] = {"trust_store": there, "signature_trust_store": there} | {
        missing: tmp_path / "missing.pem"
    }
    with pytest.raises(FileNotFoundError):
        load_trust(Settings(**stores))
