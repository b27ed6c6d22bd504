"""Command APDUs: short and extended length in all four cases."""

import pytest

from jpki_mock.card.apdu import Command, parse
from jpki_mock.card.status import Refused


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
