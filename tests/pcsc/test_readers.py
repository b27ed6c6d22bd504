"""Cards in virtual readers for PC/SC clients: insertion, removal, exclusive access, several at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from jpki_mock.card import profile
from jpki_mock.card.image import Faults, load_image
from tests.builders.cards import AUTHENTICATION_PIN, card_file, key_slot, rsa_key, select, verify
from tests.pcsc.remote_scard import RemoteScard, Service
from tests.pcsc.sandbox import PcscSandbox

OK = 0
SHARING_VIOLATION = 0x8010000B
NO_CARD = 0x8010000C
REMOVED_CARD = 0x80100069
NOT_TRANSACTED = 0x80100016

RIGHT_PIN = verify(profile.AUTHENTICATION_PIN, AUTHENTICATION_PIN)
SIGN_MESSAGE = "802A0397076D65737361676500"
MESSAGE = b"message"


@pytest.fixture(autouse=True)
def empty_readers(sandbox: PcscSandbox) -> Iterator[None]:
    """Empties the readers after every test."""
    yield
    for reader in range(len(sandbox.reader_names)):
        sandbox.remove(reader)


@pytest.fixture
def service(sandbox: PcscSandbox) -> Iterator[Service]:
    """One client process."""
    with RemoteScard(sandbox.environment) as remote:
        yield Service(remote)


def code(result: int) -> int:
    """A result code as an unsigned number."""
    return result & 0xFFFFFFFF


def sign_once(sandbox: PcscSandbox, reader: int) -> bytes:
    """A whole tap from a separate client process."""
    with RemoteScard(sandbox.environment) as remote:
        service = Service(remote)
        result, card = service.connect(sandbox.reader_names[reader])
        assert result == OK
        answers = [service.transmit(card, command) for command in (select(), RIGHT_PIN, SIGN_MESSAGE)]
        service.disconnect(card)
    assert [answer[-4:] for _, answer in answers] == ["9000"] * 3
    return bytes.fromhex(answers[-1][1])[:-2]


def test_two_cards_sign_at_the_same_time(sandbox: PcscSandbox, tmp_path: Path) -> None:
    for reader in range(2):
        slot = key_slot(rsa_key(reader + 1))
        sandbox.insert(reader, card_file(tmp_path, f"card-{reader}.json", authentication=slot))
    with ThreadPoolExecutor(2) as threads:
        signatures = list(threads.map(sign_once, [sandbox, sandbox], range(2)))
    for reader, signature in enumerate(signatures):
        rsa_key(reader + 1).public_key().verify(signature, MESSAGE, PKCS1v15(), SHA256())


def test_insertion_and_removal_are_detected(sandbox: PcscSandbox, service: Service, tmp_path: Path) -> None:
    card = card_file(tmp_path)
    reader, other = sandbox.reader_names
    for _ in range(2):
        sandbox.insert(0, card)
        assert (service.has_card(reader), service.has_card(other)) == (True, False)
        sandbox.remove(0)
        assert not service.has_card(reader)
    assert code(service.connect(reader)[0]) == NO_CARD


def test_a_card_cannot_be_in_two_readers(sandbox: PcscSandbox, tmp_path: Path) -> None:
    card = card_file(tmp_path)
    sandbox.insert(0, card)
    with pytest.raises(RuntimeError, match="BlockingIOError"):
        sandbox.insert(1, card)


def test_a_card_pulled_during_a_session_is_lost_at_once_and_works_after_reinsertion(
    sandbox: PcscSandbox, service: Service, tmp_path: Path
) -> None:
    path = card_file(tmp_path, faults=Faults(pull_at_apdu=2))
    reader = sandbox.reader_names[0]
    sandbox.insert(0, path)
    _, card = service.connect(reader)
    assert service.transmit(card, select()) == (OK, "9000")
    assert code(service.transmit(card, RIGHT_PIN)[0]) in (NOT_TRANSACTED, REMOVED_CARD)
    service.disconnect(card)
    service.wait_until_empty(reader)
    assert load_image(path).pins.authentication.tries_left == 3
    sandbox.insert(0, card_file(tmp_path))
    _, card = service.connect(reader)
    assert service.transmit(card, select()) == (OK, "9000")
    service.disconnect(card)


def test_an_exclusive_card_is_refused_to_others(
    sandbox: PcscSandbox, service: Service, tmp_path: Path
) -> None:
    sandbox.insert(0, card_file(tmp_path))
    _, card = service.connect(sandbox.reader_names[0])
    with RemoteScard(sandbox.environment) as remote:
        assert code(Service(remote).connect(sandbox.reader_names[0])[0]) == SHARING_VIOLATION
    service.disconnect(card)


@pytest.mark.parametrize(
    ("disposition", "answer"),
    [("SCARD_LEAVE_CARD", "9000"), ("SCARD_RESET_CARD", "9000"), ("SCARD_UNPOWER_CARD", "6A82")],
)
def test_only_powering_down_clears_the_pin(
    sandbox: PcscSandbox, service: Service, tmp_path: Path, disposition: str, answer: str
) -> None:
    sandbox.insert(0, card_file(tmp_path))
    _, card = service.connect(sandbox.reader_names[0])
    service.transmit(card, select())
    service.transmit(card, RIGHT_PIN)
    service.disconnect(card, getattr(service.scard, disposition))
    _, card = service.connect(sandbox.reader_names[0])
    assert service.transmit(card, SIGN_MESSAGE)[1][-4:] == answer
    service.disconnect(card)


def test_a_slow_card_only_takes_longer(sandbox: PcscSandbox, service: Service, tmp_path: Path) -> None:
    sandbox.insert(0, card_file(tmp_path, faults=Faults(delay_ms=200)))
    _, card = service.connect(sandbox.reader_names[0])
    assert service.transmit(card, select()) == (OK, "9000")
    service.disconnect(card)


def test_counters_persist_after_removal(sandbox: PcscSandbox, service: Service, tmp_path: Path) -> None:
    path = card_file(tmp_path)
    for expected in ("63C2", "63C1"):
        sandbox.insert(0, path)
        _, card = service.connect(sandbox.reader_names[0])
        service.transmit(card, select())
        assert service.transmit(card, verify(profile.AUTHENTICATION_PIN, "0000"))[1] == expected
        service.disconnect(card)
        sandbox.remove(0)


def test_four_readers_have_four_slots(tmp_path: Path) -> None:
    with PcscSandbox(readers=4) as sandbox:
        assert len(set(sandbox.reader_names)) == 4
        sandbox.insert(3, card_file(tmp_path))
        assert len(sign_once(sandbox, 3)) == 256
