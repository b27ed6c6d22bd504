"""The baseline application verifies what it claims to, and runs the fund's statement."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import MutableMapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.certificate import TrustStore, accept
from eligibility_api.eligibility.store import CARD_STATEMENT
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from jpki_mock.jlis import Jlis
from jpki_mock.register.residents import first_residents
from jpki_mock.settings import Settings
from loadtest.baseline import app as app_module
from loadtest.baseline.app import CARD_PATH, CHALLENGE_PATH, BaselineApp
from loadtest.baseline.config import VARIABLE, BaselineConfig
from loadtest.baseline.proofs import LIFETIME, ProofFactory
from loadtest.baseline.server import APPLICATIONS
from loadtest.clock import now
from loadtest.dataset.cards import Card, issue_cards
from loadtest.target import TargetEnvironment
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
    values = dict(zip(CARD_STATEMENT.names, statement.parameters, strict=True))
    assert (values["authority"], values["serial"]) == (known.id.authority, known.id.serial_bytes)
    assert values["client_id"] == UUID(TERMINAL.client_id)


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


class Connections:
    """A database that prepares statements."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.settings: list[dict[str, str]] = []

    async def connect(self, dsn: str, *, server_settings: dict[str, str]) -> Connections:
        assert dsn == "postgresql://"
        self.settings.append(server_settings)
        return self

    async def prepare(self, statement: str) -> FakeStatement:
        self.statements.append(statement)
        return FakeStatement()


def test_as_many_connections_as_the_fund_s_are_opened_at_the_start(
    config: BaselineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Connections()
    monkeypatch.setattr(asyncpg, "connect", database.connect)
    application = BaselineApp(config)
    received = iter(["lifespan.startup", "lifespan.shutdown"])
    sent: list[str] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": next(received)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])

    asyncio.run(application({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert database.statements == [CARD_STATEMENT.text] * 8
    assert {one["plan_cache_mode"] for one in database.settings} == {"force_generic_plan"}


class SlowStatement(FakeStatement):
    """Answers when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = 0
        self.most = 0

    async def fetch(self, *parameters: Any) -> list[dict[str, Any]]:
        self.busy += 1
        self.most = max(self.most, self.busy)
        await asyncio.sleep(0)
        self.busy -= 1
        return await super().fetch(*parameters)


def test_requests_wait_for_a_free_connection_and_all_are_answered(config: BaselineConfig) -> None:
    application, statement = BaselineApp(config), SlowStatement()
    application._statements.append(statement)

    async def run() -> list[list[asyncpg.Record]]:
        return list(await asyncio.gather(*(application._fetch([number]) for number in range(20))))

    rows = asyncio.run(run())
    assert len(rows) == 20
    assert statement.most == 1
    assert application._statements == [statement]


def test_a_statement_that_failed_is_free_again(config: BaselineConfig) -> None:
    application = BaselineApp(config)

    class Failing(FakeStatement):
        async def fetch(self, *parameters: Any) -> list[dict[str, Any]]:
            raise ConnectionError("lost")

    failing = Failing()
    application._statements.append(failing)
    with pytest.raises(ConnectionError, match="lost"):
        asyncio.run(application._fetch([]))
    assert application._statements == [failing]


@pytest.mark.parametrize("sizes", [(1, 1, 1), (0, 3), (3,)])
def test_a_body_is_read_in_any_number_of_parts(config: BaselineConfig, sizes: tuple[int, ...]) -> None:
    parts = [{"type": "http.request", "body": b"x" * size, "more_body": place < len(sizes) - 1} for place, size in enumerate(sizes)]  # fmt: skip

    async def receive() -> MutableMapping[str, Any]:
        return parts.pop(0)

    assert asyncio.run(app_module._read_body(receive)) == b"xxx"


def test_the_stack_s_own_configuration_is_used(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "challenge.json").write_text(
        json.dumps([{"id": "6e657731", "key": "01" * 32}, {"id": "6f6c6431", "key": "02" * 32}])
    )
    attached = SimpleNamespace(dsn=lambda role: f"postgresql://{role}@here")
    monkeypatch.setattr(EmbeddedPostgres, "attach", lambda folder: attached)
    trust = str(home / "trust" / "authentication.pem")
    environment = {
        "FUND_HOME": str(tmp_path), "FUND_AUDIENCE": "urn:fund", "FUND_TRUST_STORE": trust,
        "FUND_REVOCATION_MAX_AGE_SECONDS": "7200",
    }  # fmt: skip
    config = BaselineConfig.of(TargetEnvironment(environment, 7))
    assert (config.dsn, config.audience, config.revocation_max_age_seconds) == (
        "postgresql://api@here",
        "urn:fund",
        7200,
    )
    assert config.mac_key_id == b"new1"
    assert config.mac_key == b"\x01" * 32
    assert "postgresql://api@here" not in repr(config)
    assert str(config.mac_key) not in repr(config)
    config.save(tmp_path / "baseline.json")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "baseline.json"))
    challenge = json.loads(post(app_module.build(), CHALLENGE_PATH))["challenge"]
    challenges.verify(challenge, audience="urn:fund", keys=config.keys)


def test_the_compared_minimal_route_answers_a_constant() -> None:
    application = APPLICATIONS["fastapi"]()
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": "/", "headers": [],
        "query_string": b"", "root_path": "", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    asyncio.run(application(scope, receive, send))
    assert sent[0]["status"] == 200
    assert json.loads(sent[1]["body"]) == {"message": "hello"}
    assert APPLICATIONS.keys() == {"baseline", "fastapi"}
