"""Proofs made in advance are valid at the fund; the configuration file."""

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
from loadtest.baseline import proofs as proofs_module
from loadtest.baseline.cases import ProofQueue, ProofsExhausted
from loadtest.baseline.config import BaselineConfig
from loadtest.baseline.proofs import LIFETIME, ProofFactory
from loadtest.clock import now
from loadtest.dataset.cards import Card, issue_cards
from tests.builders.cards import rsa_key
from tests.unit.loadtest.builders import credential

KEYS = [rsa_key(1), rsa_key(2)]
TERMINALS = [credential().model_copy(update={"client_id": str(uuid4())}) for _ in range(2)]


@pytest.fixture
def config(tmp_path: Path) -> BaselineConfig:
    return BaselineConfig(
        dsn="postgresql://", audience="urn:shikaku:test", mac_key_id=b"key1", mac_key=bytes(32),
        trust_store=tmp_path / "trust.pem", revocation_max_age_seconds=5,
    )  # fmt: skip


@pytest.fixture
def cards(tmp_path: Path) -> list[Card]:
    residents = list(first_residents(3, seed=1))
    with Jlis(Settings(home=tmp_path / "jpki"), now()) as jlis:
        jlis.register.add(residents)
    return issue_cards(tmp_path / "jpki", residents, KEYS, now())


def test_the_configuration_file_round_trips_and_is_private(config: BaselineConfig, tmp_path: Path) -> None:
    config.save(tmp_path / "baseline.json")
    assert BaselineConfig.load(tmp_path / "baseline.json") == config
    assert (tmp_path / "baseline.json").stat().st_mode & 0o077 == 0


def test_each_proof_has_its_own_challenge_signed_by_its_card_for_its_terminal(
    config: BaselineConfig, cards: list[Card], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs_module, "_keys", lambda count: KEYS[:count])
    factory = ProofFactory.of(config, TERMINALS, cards)
    made = proofs_module._make_chunk((factory, range(6), challenges.expiry(now(), LIFETIME)))
    assert [(m.card, m.terminal) for m in made] == [(0, 0), (1, 1), (2, 0)] * 2
    assert len({m.challenge for m in made}) == 6
    for proof in made:
        text, terminal = proof.challenge.decode(), TERMINALS[proof.terminal]
        challenge = challenges.verify(text, audience=config.audience, keys=config.keys)
        assert (challenge.terminal, challenge.institution_code) == (
            UUID(terminal.client_id),
            terminal.institution_code,
        )
        assert challenge.expires_at > datetime.now(UTC)
        key = x509.load_der_x509_certificate(cards[proof.card].certificate).public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        message = terminal.to_be_signed(Purpose.ELIGIBILITY, text)
        key.verify(base64.b64decode(proof.signature), message, padding.PKCS1v15(), hashes.SHA256())


def test_a_proof_is_used_once(
    config: BaselineConfig, cards: list[Card], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs_module, "_keys", lambda count: KEYS[:count])
    queue = ProofQueue(cards)
    queue.add(
        proofs_module._make_chunk(
            (ProofFactory.of(config, TERMINALS, cards), range(1), challenges.expiry(now(), LIFETIME))
        )
    )
    terminal, body = queue.take()
    assert terminal == 0
    assert b"".join(body).startswith(b'{"certificate":"')
    with pytest.raises(ProofsExhausted):
        queue.take()
