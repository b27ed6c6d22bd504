"""The floor cheats nowhere: it verifies what it says, and puts the fund's statement with its parameters."""

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
from loadtest.clock import now
from loadtest.floor.bare import CARD_PATH, CHALLENGE_PATH, Bare
from loadtest.floor.ground import Ground
from loadtest.floor.minting import LIFE, Mint
from loadtest.nation.cards import Card, issue
from tests.builders.cards import rsa_key
from tests.unit.loadtest.builders import credential

TERMINAL = credential().model_copy(update={"client_id": str(uuid4())})


class FakeStatement:
    """A prepared statement that gives one row."""

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
    [made] = issue(home, people, [rsa_key(1)], now())
    return made


@pytest.fixture
def ground(home: Path, card: Card) -> Ground:
    return Ground(
        dsn="postgresql://", audience="urn:shikaku:test", mac_key_id=b"key1", mac_key=bytes(32),
        trust_store=home / "trust" / "authentication.pem", revocation_max_age_seconds=5,
    )  # fmt: skip


def asked(application: Bare, path: str, body: bytes = b"{}") -> bytes:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(application({"type": "http", "path": path}, receive, send))
    assert sent[0]["status"] == 200
    told: bytes = sent[1]["body"]
    return told


def proof(ground: Ground, card: Card, **changes: str) -> bytes:
    mint = Mint(ground, [TERMINAL], [0])
    _, _, text, message = mint.one(0, challenges.expiry(now(), LIFE))
    members = {
        "challenge": text,
        "certificate": base64.b64encode(card.certificate).decode(),
        "signature": base64.b64encode(card.sign(message)).decode(),
    }
    return json.dumps(members | changes).encode()


def with_statement(ground: Ground, statement: FakeStatement) -> Bare:
    bare = Bare(ground)
    bare._statements.append(statement)
    return bare


def test_a_challenge_is_one_of_the_funds_making(ground: Ground) -> None:
    told = json.loads(asked(Bare(ground), CHALLENGE_PATH))
    challenges.verify(told["challenge"], audience=ground.audience, keys=ground.keys)


def test_a_proof_is_put_with_the_certificates_name_and_what_was_read_is_answered(
    ground: Ground, card: Card
) -> None:
    statement = FakeStatement()
    told = json.loads(asked(with_statement(ground, statement), CARD_PATH, proof(ground, card)))
    assert told[0]["name"] == "試験　見本"
    trusted = x509.load_pem_x509_certificates(ground.trust_store.read_bytes())
    known = accept(card.certificate, TrustStore(trusted))
    assert statement.parameters[4:6] == (known.id.authority, known.id.serial_bytes)
    assert statement.parameters[3] == UUID(TERMINAL.client_id)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"challenge": "altered"}, ShikakuError),
        ({"signature": base64.b64encode(bytes(256)).decode()}, InvalidSignature),
    ],
)
def test_neither_mac_nor_signature_is_skipped(
    ground: Ground, card: Card, changes: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        asked(with_statement(ground, FakeStatement()), CARD_PATH, proof(ground, card, **changes))


def test_a_certificate_of_another_authority_is_not_believed(ground: Ground, card: Card) -> None:
    forged = bytearray(card.certificate)
    forged[-1] ^= 1
    changed = {"certificate": base64.b64encode(bytes(forged)).decode()}
    with pytest.raises(InvalidSignature):
        asked(with_statement(ground, FakeStatement()), CARD_PATH, proof(ground, card, **changed))


def test_a_challenge_that_is_not_spent_is_no_answer(ground: Ground, card: Card) -> None:
    with pytest.raises(ValueError, match="not spent"):
        asked(with_statement(ground, FakeStatement(spent=False)), CARD_PATH, proof(ground, card))
