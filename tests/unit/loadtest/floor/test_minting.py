"""Proofs made beforehand are such as the fund accepts."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from eligibility_api.contract.codes import Purpose
from eligibility_api.domain import challenge as challenges
from jpki_mock.jlis import Jlis
from jpki_mock.register.residents import first_residents
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.floor import minting
from loadtest.floor.ground import Ground
from loadtest.floor.minting import LIFE, Mint
from loadtest.floor.subjects import OutOfProofsError, Proofs
from loadtest.nation.cards import Card, issue
from tests.builders.cards import rsa_key
from tests.unit.loadtest.builders import credential

KEYS = [rsa_key(1), rsa_key(2)]
TERMINALS = [credential().model_copy(update={"client_id": str(uuid4())}) for _ in range(2)]


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(
        dsn="postgresql://", audience="urn:shikaku:test", mac_key_id=b"key1", mac_key=bytes(32),
        trust_store=tmp_path / "trust.pem", revocation_max_age_seconds=5,
    )  # fmt: skip


@pytest.fixture
def cards(tmp_path: Path) -> list[Card]:
    residents = list(first_residents(3, seed=1))
    with Jlis(Settings(home=tmp_path / "jpki"), now()) as jlis:
        jlis.register.add(residents)
    return issue(tmp_path / "jpki", residents, KEYS, now())


def test_a_ground_is_what_it_was_once_it_is_read_again(ground: Ground, tmp_path: Path) -> None:
    ground.save(tmp_path / "ground.json")
    assert Ground.load(tmp_path / "ground.json") == ground
    assert (tmp_path / "ground.json").stat().st_mode & 0o077 == 0


def test_each_proof_has_a_challenge_of_its_own_that_its_card_signed_for_its_terminal(
    ground: Ground, cards: list[Card], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minting, "_keys", lambda count: KEYS[:count])
    mint = Mint.of(ground, TERMINALS, cards)
    minted = minting._portion((mint, range(6), challenges.expiry(now(), LIFE)))
    assert [(m.card, m.terminal) for m in minted] == [(0, 0), (1, 1), (2, 0)] * 2
    assert len({m.challenge for m in minted}) == 6
    for one in minted:
        text, terminal = one.challenge.decode(), TERMINALS[one.terminal]
        said = challenges.verify(text, audience=ground.audience, keys=ground.keys)
        assert (said.terminal, said.institution_code) == (UUID(terminal.client_id), terminal.institution_code)
        assert said.expires_at > datetime.now(UTC)
        key = x509.load_der_x509_certificate(cards[one.card].certificate).public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        message = terminal.to_be_signed(Purpose.ELIGIBILITY, text)
        key.verify(base64.b64decode(one.signature), message, padding.PKCS1v15(), hashes.SHA256())


def test_a_proof_is_used_once(ground: Ground, cards: list[Card], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minting, "_keys", lambda count: KEYS[:count])
    proofs = Proofs(cards)
    proofs.add(
        minting._portion((Mint.of(ground, TERMINALS, cards), range(1), challenges.expiry(now(), LIFE)))
    )
    terminal, body = proofs.take()
    assert terminal == 0
    assert b"".join(body).startswith(b'{"certificate":"')
    with pytest.raises(OutOfProofsError):
        proofs.take()
