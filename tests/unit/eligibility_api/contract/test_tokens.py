"""A client's credential file, and the bytes that a card signs at its terminal."""

from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from eligibility_api.contract import presence
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.tokens import Credential, CredentialError


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
