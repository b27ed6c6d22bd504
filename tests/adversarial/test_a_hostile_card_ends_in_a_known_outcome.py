"""Whatever a card sends, the terminal ends with an outcome of its catalogue, the card powered off, in bounded time."""

from __future__ import annotations

import json
from collections import Counter
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

from clinic_terminal.card import profile
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.jpki import JpkiApplication
from clinic_terminal.card.signature_input import signature_input
from clinic_terminal.console import outcomes, report, screen
from clinic_terminal.errors import SHOWN_CATALOGUE
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.consent import ConsentProposal
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.codes import Care, Category
from tests.builders.clinic.fake_card import GET_CHALLENGE, READ, SELECT, SIGN, SIGN_MESSAGE, FakeCard
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.hostile_card import hostile_card, mutated_certificate
from tests.builders.clinic.samples import Key, certificate_of, credential, p256_key, p384_key, rsa_key
from tests.builders.clinic.scripted_prompts import ScriptedPrompts
from tests.builders.clinic.terminal import TerminalRunner
from tests.depth import DEEP

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")

CARDS = 20_000 if DEEP else 600
COMMAND_CARDS = 400 if DEEP else 10
CERTIFICATES = 200_000 if DEEP else 5_000

EXIT_CODES = {
    outcomes.GIVEN_UP.exit_code,
    *(outcomes.of_problem(CardError(code)).exit_code for code in SHOWN_CATALOGUE),
    *(headline.exit_code for headline in outcomes.VALIDITY.values()),
}
PIN_PROBLEM = outcomes.PIN_PROBLEM.exit_code
CARD_PROBLEM = outcomes.of_problem(CardError("card-unexpected")).exit_code
CONSENT = ConsentProposal(tuple(Category), Care.OUTPATIENT)
REQUESTS = (
    TapRequest(),
    TapRequest(operator="受付 見本"),
    TapRequest(consent=CONSENT),
    TapRequest(operator="受付 見本", consent=CONSENT),
)
"""Every way of tapping a card: by PIN, by visual check, each without and with consents."""

COMMANDS = (
    ("tap", "--pin-stdin", "--json"),
    ("tap", "--pin-stdin", "--last-try", "--json", "--register"),
    ("tap", "--visual-check", "--operator", "受付 見本", "--json"),
    ("tap", "--pin-stdin"),
    ("tap", "--pin-stdin", "--json", "--consent", "all", "--agree"),
)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TerminalRunner:
    """A terminal that is admitted for everything."""
    credential().save(tmp_path / "terminal.json")
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(tmp_path / "terminal.json"))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8000")
    return TerminalRunner()


def rendered(outcome: TapOutcome) -> str:
    """What the reception and its software are shown."""
    console = Console(file=StringIO(), width=100)
    screen.show(console, outcome, with_timings=True)
    return json.dumps(report.as_json(outcome, with_timings=True)) + str(console.file)


def test_every_tap_of_a_hostile_card_ends_with_a_known_outcome_and_the_card_powered_off() -> None:
    endings: Counter[int] = Counter()
    for seed in range(CARDS):
        card, prompts = hostile_card(seed), ScriptedPrompts(["1234", "0000"], agrees=True)
        with FakeFund(unregistered=seed % 3 == 0).client() as fund:
            outcome = tap(card, fund, prompts, REQUESTS[seed % len(REQUESTS)], Stopwatch())
        assert rendered(outcome), seed
        assert report.exit_code(outcome) in EXIT_CODES, seed
        assert card.closed == 1, seed
        assert len(card.commands) <= profile.MAX_EXCHANGES, seed
        endings[report.exit_code(outcome)] += 1
    assert min(endings[code] for code in (0, PIN_PROBLEM, CARD_PROBLEM)) > CARDS / 50, endings


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_with_a_hostile_card_ends_without_a_traceback(
    runner: TerminalRunner, command: tuple[str, ...]
) -> None:
    for seed in range(COMMAND_CARDS):
        card = runner.card = hostile_card(seed)
        result = runner.run(*command)
        assert result.exception is None or isinstance(result.exception, SystemExit), seed
        assert "Traceback" not in result.output, seed
        assert result.exit_code in EXIT_CODES, seed
        assert card.closed == 1, seed


def test_every_certificate_of_a_hostile_card_is_signed_for_or_unexpected() -> None:
    endings: Counter[str] = Counter()
    for seed in range(CERTIFICATES):
        try:
            signature_input(mutated_certificate(Random(seed)), b"message")
        except CardError as error:
            endings[error.code] += 1
        else:
            endings["signed"] += 1
    assert set(endings) == {"signed", "card-unexpected", "certificate-key-type"}


def version_of(certificate: bytes, version: int) -> bytes:
    """The certificate with another version: [0] { INTEGER } is the first element of what is signed."""
    at = certificate.index(bytes.fromhex("a003020102"))
    return certificate[: at + 4] + bytes([version]) + certificate[at + 5 :]


@pytest.mark.parametrize("version", [3, 4, 127, 255])
@pytest.mark.parametrize("key", [rsa_key(), p384_key()], ids=["rsa", "p-384"])
def test_a_certificate_of_an_unknown_version_is_unexpected(version: int, key: Key) -> None:
    certificate = version_of(certificate_of(key), version)
    with pytest.raises(CardError) as caught:
        signature_input(certificate, b"message")
    assert caught.value.code == "card-unexpected"


def test_a_certificate_of_an_unknown_version_ends_the_tap_as_unexpected(runner: TerminalRunner) -> None:
    card = runner.card = FakeCard(certificate=version_of(certificate_of(rsa_key()), 3))
    shown = runner.tap()
    assert (shown["problem"]["code"], card.closed) == ("card-unexpected", 1)


def test_a_card_that_returns_its_certificate_byte_by_byte_is_unexpected_in_bounded_time(
    runner: TerminalRunner,
) -> None:
    class Slow(FakeCard):
        def _read(self, offset: int, length: int) -> bytes:
            return super()._read(offset, 4 if offset == 0 else 1)

    card = runner.card = Slow(certificate=b"\x30\x82\x1f\xfc" + bytes(8188))
    shown = runner.tap()
    assert (shown["problem"]["code"], card.closed) == ("card-unexpected", 1)
    assert len(card.commands) == profile.MAX_EXCHANGES


@pytest.mark.parametrize("command", [SELECT, READ, SIGN])
def test_a_card_that_always_announces_one_more_byte_is_unexpected_in_bounded_time(
    runner: TerminalRunner, command: str
) -> None:
    card = runner.card = FakeCard(scripted={command: ["6101"], "00c0": ["006101"] * 10_000})
    shown = runner.tap()
    assert (shown["problem"]["code"], card.closed) == ("card-unexpected", 1)
    assert len(card.commands) <= profile.MAX_EXCHANGES


@pytest.mark.parametrize("length", [0, 513, 8192])
def test_a_signature_of_no_possible_length_is_unexpected(length: int) -> None:
    card = FakeCard(scripted={SIGN: ["00" * length + "9000"], SIGN_MESSAGE: ["00" * length + "9000"]})
    jpki = JpkiApplication(card)
    jpki.verify_pin("1234")
    for sign in (jpki.sign_for_authentication, jpki.sign_without_pin):
        with pytest.raises(CardError) as caught:
            sign(b"message")
        assert caught.value.code == "card-unexpected"


@pytest.mark.parametrize("length", [0, 31, 33, 4096])
def test_a_terminal_signs_no_challenge_of_another_length(length: int) -> None:
    card = FakeCard(scripted={GET_CHALLENGE: ["00" * length + "9000"]})
    with pytest.raises(CardError) as caught:
        JpkiApplication(card).authenticate_terminal(
            certificate_of(p256_key()), lambda _: pytest.fail("signed")
        )
    assert caught.value.code == "card-unexpected"
