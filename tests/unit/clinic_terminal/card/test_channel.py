"""Commands over a connection with procedure bytes, failures or malformed responses."""

import pytest

from clinic_terminal.card import apdu
from clinic_terminal.card.channel import CardChannel
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.profile import MAX_CERTIFICATE_BYTES
from tests.builders.clinic.fake_card import READ, SELECT, VERIFY, FakeCard


@pytest.mark.parametrize(
    "fault", [ConnectionError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError]
)
def test_a_lost_connection_is_card_removed(fault: type[ConnectionError]) -> None:
    class Gone(FakeCard):
        def transmit(self, apdu: bytes, /) -> bytes:
            raise fault

    with pytest.raises(CardError) as caught:
        CardChannel(Gone()).send(apdu.select_application(b"\x01"))
    assert caught.value.code == "card-removed"


def test_a_response_without_a_status_word_is_unexpected() -> None:
    with pytest.raises(CardError) as caught:
        CardChannel(FakeCard(scripted={SELECT: ["90"]})).send(apdu.select_application(b"\x01"))
    assert caught.value.code == "card-unexpected"


def test_a_wrong_expected_length_is_corrected_once() -> None:
    card = FakeCard(scripted={READ: ["6c03", "0102039000"]})
    assert CardChannel(card).send(apdu.read_binary(0, 256)).data == b"\x01\x02\x03"
    assert card.commands == ["00b0000000", "00b0000003"]


def test_a_second_correction_is_the_response() -> None:
    card = FakeCard(scripted={READ: ["6c03", "6c02"]})
    assert CardChannel(card).send(apdu.read_binary(0, 256)).status_word == 0x6C02
    assert len(card.commands) == 2


def test_announced_data_are_fetched() -> None:
    card = FakeCard(scripted={READ: ["01026102"], "00c0": ["036101", "049000"]})
    response = CardChannel(card).send(apdu.read_binary(0, 256))
    assert (response.data, response.status_word) == (b"\x01\x02\x03\x04", 0x9000)
    assert card.commands == ["00b0000000", "00c0000002", "00c0000001"]


@pytest.mark.parametrize("status_word", ["6100", "61ff", "6101"])
@pytest.mark.parametrize("data", ["", "00"])
def test_data_that_never_end_are_unexpected(status_word: str, data: str) -> None:
    card = FakeCard(scripted={READ: [status_word], "00c0": [data + status_word] * 10_000})
    with pytest.raises(CardError) as caught:
        CardChannel(card).send(apdu.read_binary(0, 256))
    assert caught.value.code == "card-unexpected"
    assert len(card.commands) <= 1 + MAX_CERTIFICATE_BYTES


def test_data_of_the_maximum_length_are_fetched() -> None:
    chunks = MAX_CERTIFICATE_BYTES // 256
    answers = ["ab" * 256 + status_word for status_word in ["6100"] * (chunks - 1) + ["9000"]]
    response = CardChannel(FakeCard(scripted={READ: ["6100"], "00c0": answers})).send(
        apdu.read_binary(0, 256)
    )
    assert (len(response.data), response.status_word) == (MAX_CERTIFICATE_BYTES, 0x9000)


def test_an_error_of_the_connection_is_kept() -> None:
    class Unplugged(FakeCard):
        def transmit(self, apdu: bytes, /) -> bytes:
            raise CardError("reader-missing")

    with pytest.raises(CardError) as caught:
        CardChannel(Unplugged()).send(apdu.select_application(b"\x01"))
    assert caught.value.code == "reader-missing"


def test_verify_is_never_sent_twice() -> None:
    card = FakeCard(scripted={VERIFY: ["6c04"]})
    assert CardChannel(card).send(apdu.verify(0x18, b"1234")).status_word == 0x6C04
    assert len(card.commands) == 1
