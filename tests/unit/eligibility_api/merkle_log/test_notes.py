"""Signed notes: those of the Go tools verify, ours are byte for byte theirs, and spoilt ones are refused."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.merkle_log.notes import (
    Algorithm,
    Note,
    NoteError,
    SigningKey,
    VerificationKey,
    open_note,
    parse_note,
)

PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_KEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH_LINE = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
"""Keys and signatures published with the Go tools."""

PETER, ENOCH = VerificationKey.parse(PETER_KEY), VerificationKey.parse(ENOCH_KEY)
SIGNER = SigningKey("PeterNeumann", Ed25519PrivateKey.from_private_bytes(PETER_SEED))


def signed(*lines: str, text: str = TEXT) -> bytes:
    return f"{text}\n{''.join(lines)}".encode()


def test_the_published_note_is_signed_byte_for_byte() -> None:
    assert Note(TEXT, [SIGNER.sign(TEXT)]).encode() == signed(PETER_LINE)
    assert str(SIGNER.verification_key) == PETER_KEY


def test_published_notes_open_with_the_known_keys() -> None:
    one = open_note(signed(PETER_LINE, ENOCH_LINE), [PETER])
    assert one.text == TEXT
    assert [signature.line for signature in one.verified] == [PETER_LINE]
    assert [signature.line for signature in one.unverified] == [ENOCH_LINE]
    both = open_note(signed(PETER_LINE, ENOCH_LINE), [PETER, ENOCH])
    assert [signature.line for signature in both.verified] == [PETER_LINE, ENOCH_LINE]
    assert not both.unverified


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    with pytest.raises(NoteError, match="no known key"):
        open_note(signed(PETER_LINE, ENOCH_LINE), [])


def test_each_signature_counts_once() -> None:
    spoilt = ENOCH_LINE[:60] + "ABCD" + ENOCH_LINE[60:]
    note = open_note(signed(PETER_LINE, PETER_LINE, ENOCH_LINE, ENOCH_LINE, spoilt), [PETER])
    assert [signature.line for signature in note.verified] == [PETER_LINE]
    assert [signature.line for signature in note.unverified] == [ENOCH_LINE, spoilt]


def test_an_invalid_signature_of_a_known_key_refuses_the_note() -> None:
    spoilt = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    with pytest.raises(NoteError, match="invalid signature of key PeterNeumann"):
        open_note(signed(spoilt, ENOCH_LINE), [PETER, ENOCH])
    with pytest.raises(NoteError, match="invalid signature"):
        open_note(signed(PETER_LINE, text=TEXT.replace("answer", "Answer")), [PETER])


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        signed(),
        signed(PETER_LINE[:-1]),
        signed(PETER_LINE, text="\x01" + TEXT),
        b"\xff" + signed(PETER_LINE),
        signed(PETER_LINE.replace("PeterNeumann", "Bad Name")),
        signed(PETER_LINE.replace("PeterNeumann", "Bad\u3000Name")),
        signed(PETER_LINE.replace("PeterNeumann", "Bad+Name")),
        signed(PETER_LINE.replace("PeterNeumann", "")),
        signed(PETER_LINE, "Unexpected line.\n"),
        signed(PETER_LINE.replace("—", "-")),
        signed("— PeterNeumann x08gow==\n"),
        signed("— PeterNeumann x08go!ZJ\n"),
        signed(PETER_LINE.replace("nAM=", "nAN=")),
        pytest.param(signed(PETER_LINE * 101), id="101-signatures"),
        pytest.param(signed(PETER_LINE, text="x" * 70_000 + "\n"), id="too-long"),
        b"",
    ],
)
def test_malformed_notes_are_refused(data: bytes) -> None:
    with pytest.raises(NoteError):
        parse_note(data)
    with pytest.raises(NoteError):
        open_note(data, [PETER])


def test_a_text_may_have_empty_lines() -> None:
    text = "one\n\ntwo\n"
    data = Note(text, [SIGNER.sign(text)]).encode()
    assert open_note(data, [PETER]).text == text


@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_refused(data: bytes) -> None:
    try:
        parse_note(data)
    except NoteError:
        return
    raise AssertionError("random bytes are no note")


def parts_of(key: str) -> list[str]:
    pieces = [key[begin:end] for begin in range(len(key) + 1) for end in range(begin + 1, len(key) + 1)]
    higher = [f"{key[:place]}{chr(ord(key[place]) + 1)}{key[place + 1 :]}" for place in range(len(key))]
    return [piece for piece in pieces if piece != key] + higher


def test_no_part_of_a_key_and_no_altered_key_is_a_key() -> None:
    parts = parts_of(PETER_KEY)
    assert len(parts) > 2000
    for part in parts:
        with pytest.raises(NoteError):
            VerificationKey.parse(part)


@pytest.mark.parametrize(
    "key",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "rekor.sigstore.dev+12345678+AwEB",
        "bananas.sigstore.dev+12344556",
        PETER_KEY.upper(),
        pytest.param("x" * 10_000, id="too-long"),
    ],
)
def test_other_keys_are_refused(key: str) -> None:
    with pytest.raises(NoteError):
        VerificationKey.parse(key)


def test_a_published_key_of_a_cosigner_is_read() -> None:
    text = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    key = VerificationKey.parse(text)
    assert (key.algorithm, str(key)) == (Algorithm.COSIGNATURE, text)


COSIGNER = SigningKey("witness.example/w1", SIGNER.private_key, Algorithm.COSIGNATURE)


def test_a_cosignature_states_and_covers_its_time() -> None:
    signature = COSIGNER.sign(TEXT, 1_679_315_147)
    assert signature.time == 1_679_315_147
    message = b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    SIGNER.private_key.public_key().verify(signature.value[8:], message)
    key = COSIGNER.verification_key
    assert key.verify(TEXT, signature)
    later = type(signature)(signature.name, signature.key_id, (1).to_bytes(8) + signature.value[8:])
    assert not key.verify(TEXT, later)
    assert not key.verify(TEXT.replace("If", "if"), signature)


def test_a_cosignature_is_no_signature_of_the_log_with_the_same_key() -> None:
    plain = SigningKey("witness.example/w1", SIGNER.private_key)
    assert plain.verification_key.key_id != COSIGNER.verification_key.key_id
    cosigned = Note(TEXT, [COSIGNER.sign(TEXT, 1)]).encode()
    with pytest.raises(NoteError, match="no known key"):
        open_note(cosigned, [plain.verification_key])
    assert open_note(cosigned, [COSIGNER.verification_key]).verified


def test_the_published_time_of_a_cosignature() -> None:
    value = base64.b64decode(
        "ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA=="
    )
    [signature] = parse_note(signed(f"— w {base64.b64encode(value).decode()}\n")).signatures
    assert signature.time == 1_727_964_367
    with pytest.raises(NoteError, match="not a cosignature"):
        _ = SIGNER.sign(TEXT).time


@pytest.mark.parametrize(
    ("text", "time"), [("abc", None), ("", None), ("a\tb\n", None), ("a\x00\n", None), (TEXT, 5)]
)
def test_a_text_that_no_note_can_have_is_not_signed(text: str, time: int | None) -> None:
    with pytest.raises(NoteError):
        SIGNER.sign(text, time)


def test_a_cosignature_without_a_time_is_not_made() -> None:
    with pytest.raises(NoteError, match="states its time"):
        COSIGNER.sign(TEXT)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\n"])
def test_a_name_that_no_note_can_have_is_refused(name: str) -> None:
    with pytest.raises(NoteError, match="name"):
        VerificationKey(name, bytes(32))
