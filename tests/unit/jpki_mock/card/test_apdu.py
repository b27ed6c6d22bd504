"""Command APDUs: short and extended length in all four cases."""

from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jpki_mock.card.apdu import Command, parse
from jpki_mock.card.status import Refused
from tests.depth import max_examples


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00200080", Command(0, 0x20, 0, 0x80)),
        ("00B0000004", Command(0, 0xB0, 0, 0, expected=4)),
        ("00B0000000", Command(0, 0xB0, 0, 0, expected=256, open_ended=True)),
        ("0020008002 3132", Command(0, 0x20, 0, 0x80, b"12")),
        ("802A008002 3132 00", Command(0x80, 0x2A, 0, 0x80, b"12", 256, open_ended=True)),
        ("00B00000 000438", Command(0, 0xB0, 0, 0, expected=0x438, extended=True)),
        ("00B00000 000000", Command(0, 0xB0, 0, 0, expected=65536, open_ended=True, extended=True)),
        ("00200080 000002 3132", Command(0, 0x20, 0, 0x80, b"12", extended=True)),
        ("00200080 000002 3132 0100", Command(0, 0x20, 0, 0x80, b"12", 256, extended=True)),
    ],
)
def test_a_well_formed_command_is_parsed(text: str, expected: Command) -> None:
    assert parse(bytes.fromhex(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "002000",
        "0020008003 3132",  # data missing
        "0020008002 3132 0000",  # two bytes of Le after a short Lc
        "0020008000 00",  # a truncated extended length
        "00200080 000000 00",  # extended, Lc of zero with more bytes after it
        "00200080 000002 3132 00",  # one byte of Le after an extended Lc
    ],
)
def test_a_malformed_command_returns_6700(text: str) -> None:
    with pytest.raises(Refused, match="6700"):
        parse(bytes.fromhex(text))


HEADER = st.binary(min_size=4, max_size=4)


def encoded(header: bytes, data: bytes, expected: int | None, *, extended: bool) -> bytes:
    """A command APDU of ISO/IEC 7816-4, 5.1, with length fields of one or of two bytes behind a zero."""
    width = 2 if extended else 1
    length = len(data).to_bytes(width) + data if data else b""
    wanted = b"" if expected is None else (expected % 256**width).to_bytes(width)
    lead = b"\x00" if extended and (length or wanted) else b""
    return header + lead + length + wanted


@max_examples(40)
@given(HEADER, st.binary(max_size=255), st.none() | st.integers(1, 256))
def test_a_short_command_is_parsed_as_it_was_written(
    header: bytes, data: bytes, expected: int | None
) -> None:
    command = parse(encoded(header, data, expected, extended=False))
    assert bytes([command.cla, command.ins, command.p1, command.p2]) == header
    assert (command.data, command.expected, command.extended) == (data, expected, False)
    assert command.open_ended is (expected == 256)
    assert command.p1p2 == int.from_bytes(header[2:])


@max_examples(40)
@given(HEADER, st.binary(max_size=400), st.none() | st.integers(1, 65536))
def test_an_extended_command_is_parsed_as_it_was_written(
    header: bytes, data: bytes, expected: int | None
) -> None:
    assume(data or expected is not None)
    command = parse(encoded(header, data, expected, extended=True))
    assert (command.data, command.expected, command.extended) == (data, expected, True)
    assert command.open_ended is (expected == 65536)


@max_examples(40)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_refused_with_6700(apdu: bytes) -> None:
    command: Command | None = None
    with suppress(Refused):
        command = parse(apdu)
    if command is not None:
        assert apdu[:4] == bytes([command.cla, command.ins, command.p1, command.p2])
        assert command.data in apdu[4:]
    else:
        with pytest.raises(Refused, match="6700"):
            parse(apdu)
