"""The bytes of each command, against ISO 7816-4 and the JPKI application's published use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_terminal.card import apdu, profile
from clinic_terminal.card.apdu import Command, Response


@pytest.mark.parametrize(
    ("command", "encoded"),
    [
        (apdu.select_application(profile.JPKI_AID), "00a4040c0ad392f000260100000001"),
        (apdu.select_file(profile.AUTHENTICATION_CERTIFICATE), "00a4020c02000a"),
        (apdu.read_binary(0, 256), "00b0000000"),
        (apdu.read_binary(0x0400, 0x38), "00b0040038"),
        (apdu.query_tries(profile.AUTHENTICATION_PIN), "00200098"),
        (apdu.verify(profile.AUTHENTICATION_PIN, b"1234"), "002000980431323334"),
        (apdu.compute_signature(profile.AUTHENTICATION_KEY, b"\xaa" * 51), "802a009733" + "aa" * 51 + "00"),
        (apdu.compute_signature_of_message(profile.AUTHENTICATION_KEY, b"\xaa"), "802a039701aa00"),
        (apdu.get_challenge(32), "0084000020"),
        (apdu.prove_terminal(b"\xaa" * 70), "80a200c146" + "aa" * 70),
        (apdu.get_response(256), "00c0000000"),
    ],
)
def test_a_command_is_encoded_as_a_short_apdu(command: Command, encoded: str) -> None:
    assert command.encoded().hex() == encoded


@pytest.mark.parametrize(
    ("size", "lengths"), [(1, [1]), (255, [255]), (256, [255, 1]), (510, [255, 255]), (511, [255, 255, 1])]
)
def test_a_terminal_certificate_is_chained_in_255_byte_commands(size: int, lengths: list[int]) -> None:
    commands = apdu.present_terminal_certificate(bytes(size))
    assert [len(command.data) for command in commands] == lengths
    assert [command.header.hex() for command in commands[:-1]] == ["90a206c1"] * (len(lengths) - 1)
    assert commands[-1].header.hex() == "80a206c1"


@given(st.binary(min_size=1, max_size=3000))
def test_chained_commands_contain_the_whole_certificate_in_order(certificate: bytes) -> None:
    commands = apdu.present_terminal_certificate(certificate)
    assert b"".join(command.data for command in commands) == certificate


def test_the_repr_of_a_command_hides_its_data() -> None:
    assert "1234" not in repr(apdu.verify(profile.AUTHENTICATION_PIN, b"1234"))


def test_a_response_is_data_and_status_word() -> None:
    assert Response.parse(b"\x01\x02\x90\x00") == Response(b"\x01\x02", 0x9000)


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_a_response_without_a_status_word_is_rejected(raw: bytes) -> None:
    with pytest.raises(ValueError, match="two bytes"):
        Response.parse(raw)
