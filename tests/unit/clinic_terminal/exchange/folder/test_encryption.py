"""Password ZIP, and which messages are encrypted."""

from __future__ import annotations

import io
import zipfile

import pytest
import pyzipper
from hypothesis import given
from hypothesis import strategies as st

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.folder.encryption import (
    PLAIN_PREFIXES,
    EncryptConf,
    EncryptConfError,
    Encryption,
)

PASSWORD = b"secret"
ENCRYPTION = Encryption(EncryptConf({}), PASSWORD)
LIMIT = 10_000


def test_what_was_zipped_is_unzipped_and_not_readable_without_the_password() -> None:
    zipped = ENCRYPTION.zip("a.xml", b"<XmlMsg/>", encrypted=True)
    assert ENCRYPTION.unzip(zipped, LIMIT) == b"<XmlMsg/>"
    with zipfile.ZipFile(io.BytesIO(zipped)) as file:
        assert file.namelist() == ["a.xml"]
        assert file.infolist()[0].flag_bits & 1
        with pytest.raises((NotImplementedError, RuntimeError)):
            file.read("a.xml")


def test_a_zip_file_without_encryption_is_read_by_every_program() -> None:
    zipped = ENCRYPTION.zip("a.xml", b"<XmlMsg/>", encrypted=False)
    with zipfile.ZipFile(io.BytesIO(zipped)) as file:
        assert file.read("a.xml") == b"<XmlMsg/>"


def zip_of(*members: tuple[str, bytes], encryption: str | None = pyzipper.WZ_AES, method: int = 8) -> bytes:
    buffer = io.BytesIO()
    with pyzipper.AESZipFile(buffer, "w", compression=method, encryption=encryption) as file:
        file.setpassword(PASSWORD if encryption else None)
        for name, content in members:
            file.writestr(name, content)
    return buffer.getvalue()


GOOD = zip_of(("a.xml", b"content"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x05\x06",
        b"no archive",
        GOOD[:-30],
        GOOD[:66] + bytes([GOOD[66] ^ 1]) + GOOD[67:],
        zip_of(),
        zip_of(("a.xml", b"1"), ("b.xml", b"2")),
        zip_of(("a.pdf", b"1")),
        zip_of(("a.xml", b"1"), encryption=None),
        zip_of(("a.xml", b"1"), method=12),
        zip_of(("a.xml", b"1"), method=14),
    ],
    ids=[
        "empty",
        "an end only",
        "no archive",
        "cut",
        "changed",
        "no member",
        "two members",
        "no XML",
        "not encrypted",
        "bzip2",
        "LZMA",
    ],
)
def test_another_zip_file_is_refused(content: bytes) -> None:
    with pytest.raises(TerminalError) as caught:
        ENCRYPTION.unzip(content, LIMIT)
    assert caught.value.code == "exchange-zip"


@pytest.mark.parametrize("password", [b"other", None])
def test_without_the_right_password_a_request_is_refused(password: bytes | None) -> None:
    with pytest.raises(TerminalError) as caught:
        Encryption(EncryptConf({}), password).unzip(GOOD, LIMIT)
    assert caught.value.code == "exchange-zip"
    assert caught.value.__cause__ is None


def test_no_more_than_the_limit_is_decompressed() -> None:
    bomb = zip_of(("a.xml", b"x" * 50_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(TerminalError) as caught:
        ENCRYPTION.unzip(bomb, LIMIT)
    assert caught.value.code == "message-too-large"
    assert len(ENCRYPTION.unzip(zip_of(("a.xml", b"x" * LIMIT)), LIMIT)) == LIMIT


def test_a_member_that_is_longer_than_it_states_is_read_no_further() -> None:
    zipped = bytearray(zip_of(("a.xml", b"x" * 50_000)))
    directory = zipped.index(b"PK\x01\x02")
    zipped[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    assert ENCRYPTION.unzip(bytes(zipped), LIMIT) == b"x" * 10


@given(st.binary(max_size=400), st.integers(0, len(GOOD)))
def test_any_bytes_are_refused_by_our_own_error(noise: bytes, at: int) -> None:
    changed = GOOD[:at] + noise + GOOD[at + len(noise) :]
    try:
        ENCRYPTION.unzip(changed, LIMIT)
    except TerminalError as error:
        assert error.code in {"exchange-zip", "message-too-large"}  # noqa: PT017 - an unchanged one is read


@pytest.mark.parametrize(
    ("lines", "prefix", "encrypted"),
    [
        ({}, "OQSsiquc01req", True),
        ({}, "YZKsiquc01req", True),
        *(({}, f"{prefix}01req", False) for prefix in PLAIN_PREFIXES),
        ({"OQSmutic": True}, "OQSmutic01req", True),
        ({"OQS": False}, "OQSsiquc01req", False),
        ({"OQS": False, "OQSsiquc": True}, "OQSsiquc01req", True),
        ({"OQSsiquc01res": False}, "OQSsiquc01req", True),
    ],
)
def test_the_line_with_more_of_the_prefix_decides(
    lines: dict[str, bool], prefix: str, encrypted: bool
) -> None:
    assert Encryption(EncryptConf(lines), PASSWORD).applies_to(prefix) is encrypted
    assert not Encryption(EncryptConf(lines)).applies_to(prefix)


def test_encrypt_conf_is_read() -> None:
    conf = EncryptConf.parse(b"\xef\xbb\xbf# comment\r\nOQSsiquc=e\r\n\r\n OQSmutic = n \nEPS=n")
    assert conf.lines == {"OQSsiquc": True, "OQSmutic": False, "EPS": False}
    assert conf.encrypts_any
    assert not EncryptConf.parse(b"EPS=n").encrypts_any


@pytest.mark.parametrize(
    "line", [b"OQSsiquc", b"OQSsiquc=x", b"=e", b"OQSsiquc=e e", "架空=e".encode(), b"\xff=e"]
)
def test_a_line_that_is_not_understood_is_named(line: bytes) -> None:
    with pytest.raises(EncryptConfError, match="line 2"):
        EncryptConf.parse(b"EPS=n\n" + line)


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(ENCRYPTION)
