"""Properties of the card for arbitrary commands."""

from hypothesis import given
from hypothesis import strategies as st

from jpki_mock.card import profile
from tests.builders.cards import (
    AUTHENTICATION_PIN,
    REFERENCE_A,
    SIGNATURE_PIN,
    TestCard,
    select,
    verify,
)

SIGN = bytes.fromhex("802A0097010000")
KNOWN_INSTRUCTIONS = [0x20, 0x2A, 0x84, 0x88, 0xA2, 0xA4, 0xB0, 0xB2, 0xCA]

headers = st.tuples(
    st.sampled_from([0x00, 0x80, 0x90, 0x10, 0x01, 0xFF]),
    st.one_of(st.sampled_from(KNOWN_INSTRUCTIONS), st.integers(0, 255)),
    st.one_of(st.sampled_from([0, 2, 3, 4, 6]), st.integers(0, 255)),
    st.one_of(st.sampled_from([0x00, 0x0C, 0x80, 0x97, 0x98, 0xC1]), st.integers(0, 255)),
).map(bytes)
plausible = st.builds(
    lambda header, data, tail: header + (bytes([len(data)]) + data if data else b"") + tail,
    headers,
    st.binary(max_size=64),
    st.sampled_from([b"", b"\x00", b"\x20"]),
)
sensible = st.sampled_from(
    [
        select(),
        select(profile.TEXT_ATTRIBUTES),
        "00A4020C020017",
        "00A4020C020018",
        "00200098",
        verify(profile.AUTHENTICATION_PIN, "0000"),
        verify(profile.AUTHENTICATION_PIN, AUTHENTICATION_PIN),
        verify(profile.SIGNATURE_PIN, SIGNATURE_PIN),
        verify(profile.ATTRIBUTES_REFERENCE_A, REFERENCE_A),
    ]
).map(bytes.fromhex)
commands = st.lists(st.one_of(st.binary(max_size=300), plausible, sensible), max_size=30)


def jpki() -> TestCard:
    card = TestCard()
    card.send(select())
    return card


@given(commands)
def test_every_command_returns_a_status_word(sent: list[bytes]) -> None:
    card = jpki()
    for command in sent:
        response = card.transmit(command)
        assert len(response) >= 2
        assert response[-2] in range(0x62, 0x70) or response[-2:] == b"\x90\x00"


@given(commands)
def test_a_retry_counter_rises_only_after_success(sent: list[bytes]) -> None:
    card = jpki()
    for command in sent:
        before = card.image
        response = card.transmit(command)
        risen = any(
            card.image.secret(name).tries_left > before.secret(name).tries_left
            for name in ("authentication", "signature", "attributes", "reference_a", "reference_b")
        )
        assert not risen or (command[1] == 0x20 and response == b"\x90\x00")


@given(commands, st.sampled_from(["select", "other application", "power"]))
def test_pin_status_is_lost_after_select_or_power_off(sent: list[bytes], event: str) -> None:
    card = jpki()
    for command in sent:
        card.transmit(command)
    if event == "power":
        card.power_off()
        card.power_on()
    if event == "other application":
        card.send(select(profile.COMMON_CARD))
    card.send(select())
    assert card.transmit(SIGN) == b"\x69\x82"


@given(commands)
def test_nothing_is_signed_before_the_pin(sent: list[bytes]) -> None:
    card = jpki()
    right = (
        verify(profile.AUTHENTICATION_PIN, AUTHENTICATION_PIN),
        verify(profile.SIGNATURE_PIN, SIGNATURE_PIN),
    )
    for command in sent:
        if command not in map(bytes.fromhex, right):
            response = card.transmit(command)
            assert command[1:2] != b"\x2a" or response[-2:] != b"\x90\x00"
