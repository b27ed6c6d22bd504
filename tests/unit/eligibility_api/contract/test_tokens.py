"""A client's credential file, and the bytes that a card signs at its terminal."""

import json
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey

from eligibility_api.contract import presence
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.tokens import Credential, CredentialError, private_key_pem


def credential(institution_code: str | None = "1311111114") -> Credential:
    return Credential(
        client_id="terminal-1",
        audience="urn:shikaku:test",
        private_key=dict(ECKey.generate_key("P-256").as_dict(private=True)),
        institution_code=institution_code,
    )


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_signed_bytes_contain_the_terminals_identity(purpose: Purpose) -> None:
    expected = presence.to_be_signed(
        purpose,
        audience="urn:shikaku:test",
        institution_code="1311111114",
        terminal_id="terminal-1",
        challenge="challenge",
    )
    assert credential().to_be_signed(purpose, "challenge") == expected


def test_a_saved_credential_is_loaded_again_and_private(tmp_path: Path) -> None:
    path, own = tmp_path / "terminal.json", credential()
    own.save(path)
    assert Credential.load_terminal(path) == own
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_credential_has_its_key_as_pem_too_for_programs_without_jwk(tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256")
    own = credential().model_copy(
        update={"private_key": dict(key.as_dict(private=True)), "private_key_pem": private_key_pem(key)}
    )
    own.save(tmp_path / "terminal.json")
    assert Credential.load(tmp_path / "terminal.json") == own
    text = json.loads((tmp_path / "terminal.json").read_text())["private_key_pem"]
    loaded = load_pem_private_key(text.encode(), password=None)
    assert isinstance(loaded, EllipticCurvePrivateKey)
    own_key = key.private_key
    assert own_key is not None
    assert loaded.private_numbers() == own_key.private_numbers()
    assert "PRIVATE" not in repr(own)


def test_a_copy_with_another_key_signs_with_that_one() -> None:
    one, other = credential(), credential()
    assert one.key.as_dict() != other.key.as_dict()
    copied = one.model_copy(update={"private_key": other.private_key})
    assert copied.key.as_dict() == other.key.as_dict()
    assert one.model_copy().key.as_dict() == one.key.as_dict()


def test_a_credential_that_has_signed_can_be_given_to_another_process() -> None:
    own = credential()
    assert own.key.is_private
    given = pickle.loads(pickle.dumps(own))
    assert given == own
    assert given.key.as_dict() == own.key.as_dict()


@pytest.mark.parametrize(
    "pem",
    ["", "secret", private_key_pem(ECKey.generate_key("P-256")), "x" * 1_001],
    ids=["empty", "no PEM", "another key", "too long"],
)
def test_a_pem_of_another_key_is_refused_without_its_content(tmp_path: Path, pem: str) -> None:
    path = tmp_path / "terminal.json"
    credential().model_copy(update={"private_key_pem": pem}).save(path)
    with pytest.raises(CredentialError, match="no readable credential file") as caught:
        Credential.load_terminal(path)
    assert "secret" not in str(caught.value)
    assert "secret" not in str(caught.value.__cause__)


@pytest.mark.parametrize("content", [None, "", "{}", '{"private_key": "secret"}'])
def test_an_unreadable_credential_is_reported_without_its_content(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "terminal.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CredentialError, match="no readable credential file") as caught:
        Credential.load_terminal(path)
    assert "secret" not in str(caught.value)


def test_an_insurers_credential_is_rejected_for_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "insurer.json"
    credential(None).save(path)
    with pytest.raises(CredentialError, match="institution code"):
        Credential.load_terminal(path)
