"""Card sessions with the emulator."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import CardCheckRequest
from jpki_mock.card.in_process import open_card
from loadtest.smoke.card_sessions import CardSessionError, open_card_sessions
from tests.builders.cards import AUTHENTICATION_PIN, Key, card_file, key_slot, p384_key, pin, pins, rsa_key
from tests.unit.loadtest.builders import credential


def verify(request: CardCheckRequest) -> None:
    """Raise InvalidSignature unless the proof is the card's, for this terminal and this challenge."""
    message = credential().to_be_signed(Purpose.ELIGIBILITY, request.challenge)
    key = x509.load_der_x509_certificate(request.certificate).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(request.signature, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(request.signature, message, ec.ECDSA(hashes.SHA384()))


@pytest.mark.parametrize("carrier", ["card", "android"])
@pytest.mark.parametrize("make_key", [lambda: rsa_key(1), p384_key], ids=["rsa", "p-384"])
def test_a_card_signs_proofs_repeatedly(tmp_path: Path, carrier: str, make_key: Callable[[], Key]) -> None:
    file = card_file(tmp_path, carrier=carrier, authentication=key_slot(make_key()))
    with open_card_sessions([file], AUTHENTICATION_PIN, open_card) as (card,):
        for challenge in ("challenge-1", "challenge-2"):
            request = card.prove(credential(), challenge)
            assert request.challenge == challenge
            verify(request)


def test_sessions_are_named_by_their_files_and_closed_at_the_end(tmp_path: Path) -> None:
    files = [card_file(tmp_path, name) for name in ("a.json", "b.json")]
    with open_card_sessions(files, AUTHENTICATION_PIN, open_card) as cards:
        assert [card.name for card in cards] == ["a", "b"]
        with pytest.raises(BlockingIOError):
            open_card(files[0])
    open_card(files[0]).close()


@pytest.mark.parametrize(
    ("tries_left", "pin_entered", "code"), [(3, "9999", "pin-wrong"), (0, AUTHENTICATION_PIN, "pin-locked")]
)
def test_a_card_that_cannot_be_used_is_named_and_all_are_closed(
    tmp_path: Path, tries_left: int, pin_entered: str, code: str
) -> None:
    file = card_file(tmp_path, "bad.json", pins=pins(authentication=pin(AUTHENTICATION_PIN, 3, tries_left)))
    with (
        pytest.raises(CardSessionError, match=f"bad.json: {code}"),
        open_card_sessions([file], pin_entered, open_card),
    ):
        pass
    open_card(file).close()


def test_a_card_signs_as_often_as_a_load_asks_it_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtest.smoke.card_sessions.SIGNATURES", 20)
    monkeypatch.setattr("clinic_terminal.card.profile.MAX_EXCHANGES", 40)
    file = card_file(tmp_path / "card.json")
    with open_card_sessions([file], AUTHENTICATION_PIN, open_card) as [session]:
        for number in range(45):
            verify(session.prove(credential(), f"challenge {number}"))
