"""The baseline application verifies what it claims to, and runs the fund's statement."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.certificate import TrustStore, accept
from jpki_mock.jlis import Jlis
from jpki_mock.register.residents import first_residents
from jpki_mock.settings import Settings
from loadtest.baseline.app import CARD_PATH, CHALLENGE_PATH, BaselineApp
from loadtest.baseline.config import BaselineConfig
from loadtest.baseline.proofs import LIFETIME, ProofFactory
from loadtest.clock import now
from loadtest.dataset.cards import Card, issue_cards
from tests.builders.cards import rsa_key
from tests.unit.loadtest.builders import credential

TERMINAL = credential().model_copy(update={"client_id": str(uuid4())})


class FakeStatement:
    """A prepared statement that returns one row."""

    def __init__(self, **row: Any) -> None:
        self.parameters: tuple[Any, ...] = ()
        self._row = {"spent": True, "version": 1, "name": "試験　見本"} | row

    async def fetch(self, *parameters: Any) -> list[dict[str, Any]]:
        self.parameters = parameters
        return [self._row]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jpki")


@pytest.fixture(scope="module")
def card(home: Path) -> Card:
    people = list(first_residents(1, seed=1))
    with Jlis(Settings(home=home), now()) as jlis:
        jlis.register.add(people)
    [issued] = issue_cards(home, people, [rsa_key(1)], now())
    return issued


@pytest.fixture
def config(home: Path, card: Card) -> BaselineConfig:
    return BaselineConfig(
        dsn="postgresql://", audience="urn:shikaku:test", mac_key_id=b"key1", mac_key=bytes(32),
        trust_store=home / "trust" / "authentication.pem", revocation_max_age_seconds=5,
    )  # fmt: skip


def post(application: BaselineApp, path: str, body: bytes = b"{}") -> bytes:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(application({"type": "http", "path": path}, receive, send))
    assert sent[0]["status"] == 200
    answer: bytes = sent[1]["body"]
    return answer


def proof(config: BaselineConfig, card: Card, **changes: str) -> bytes:
    factory = ProofFactory(config, [TERMINAL], [0])
    _, _, text, message = factory.prepare(0, challenges.expiry(now(), LIFETIME))
    members = {
        "challenge": text,
        "certificate": base64.b64encode(card.certificate).decode(),
        "signature": base64.b64encode(card.sign(message)).decode(),
    }
    return json.dumps(members | changes).encode()


def with_statement(config: BaselineConfig, statement: FakeStatement) -> BaselineApp:
    application = BaselineApp(config)
    application._statements.append(statement)
    return application


def test_a_challenge_is_valid_at_the_fund(config: BaselineConfig) -> None:
    answer = json.loads(post(BaselineApp(config), CHALLENGE_PATH))
    challenges.verify(answer["challenge"], audience=config.audience, keys=config.keys)


def test_a_proof_passes_the_certificate_to_the_statement_and_answers_its_rows(
    config: BaselineConfig, card: Card
) -> None:
    statement = FakeStatement()
    answer = json.loads(post(with_statement(config, statement), CARD_PATH, proof(config, card)))
    assert answer[0]["name"] == "試験　見本"
    trusted = x509.load_pem_x509_certificates(config.trust_store.read_bytes())
    known = accept(card.certificate, TrustStore(trusted))
    assert statement.parameters[4:6] == (known.id.authority, known.id.serial_bytes)
    assert statement.parameters[3] == UUID(TERMINAL.client_id)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"challenge": "altered"}, ShikakuError),
        ({"signature": base64.b64encode(bytes(256)).decode()}, InvalidSignature),
    ],
)
def test_mac_and_signature_are_verified(
    config: BaselineConfig, card: Card, changes: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        post(with_statement(config, FakeStatement()), CARD_PATH, proof(config, card, **changes))


def test_a_certificate_of_another_authority_is_rejected(config: BaselineConfig, card: Card) -> None:
    forged = bytearray(card.certificate)
    forged[-1] ^= 1
    changed = {"certificate": base64.b64encode(bytes(forged)).decode()}
    with pytest.raises(InvalidSignature):
        post(with_statement(config, FakeStatement()), CARD_PATH, proof(config, card, **changed))


def test_a_used_challenge_is_rejected(config: BaselineConfig, card: Card) -> None:
    with pytest.raises(ValueError, match="nonce already used"):
        post(with_statement(config, FakeStatement(spent=False)), CARD_PATH, proof(config, card))
