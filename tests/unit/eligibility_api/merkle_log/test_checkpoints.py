"""Checkpoints: the published texts, and every other text is refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eligibility_api.merkle_log.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from eligibility_api.merkle_log.hashing import EMPTY_ROOT, leaf_hash
from eligibility_api.merkle_log.notes import NoteError, SigningKey, parse_note

PUBLISHED = "go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n"
"""A tree published with the Go tools, whose root is the hash of the leaf `hello world`."""

LOG = SigningKey("fund.example/audit", Ed25519PrivateKey.from_private_bytes(bytes(32)))
NEXT = SigningKey("fund.example/audit", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
CHECKPOINT = Checkpoint("fund.example/audit", 0, EMPTY_ROOT)


def test_a_published_text() -> None:
    checkpoint = Checkpoint("go.sum database tree", 123_456_789_012, leaf_hash(b"hello world"))
    assert checkpoint.text == PUBLISHED
    assert Checkpoint.parse(PUBLISHED) == checkpoint


def test_the_specifications_example_has_the_published_parts() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = Checkpoint.parse(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    line = "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    [signature] = parse_note(f"{text}\n{line}".encode()).signatures
    assert (signature.key_id.hex(), len(signature.value)) == ("033de0ae", 64)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Head\n9944\n",
        "\n9944\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n",
        PUBLISHED[:-1],
        PUBLISHED.replace("123456789012", "0xabcdef"),
        PUBLISHED.replace("123456789012", "bananas"),
        PUBLISHED.replace("123456789012", "-34"),
        PUBLISHED.replace("123456789012", "0123"),
        PUBLISHED.replace("123456789012", "٣"),
        PUBLISHED.replace("123456789012", "9223372036854775808"),
        PUBLISHED.replace("123456789012", "3438945738945739845734895735"),
        PUBLISHED.replace("wBb0=", "wBTOOBIG="),
        PUBLISHED.replace("wBb0=", "wBb1="),
        PUBLISHED.replace("TszzRgjTG6xce", "ThisIsn'tBase"),
        "Log\n123\nYmFuYW5hcw==\n",
        PUBLISHED + "an extension\n",
        PUBLISHED + "\n",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(NoteError, match="not the text"):
        Checkpoint.parse(text)


def test_a_checkpoint_opens_with_any_of_the_logs_keys() -> None:
    """Rotation: two keys sign for a while, and a reader knows one of them."""
    data = sign_checkpoint(CHECKPOINT, LOG, NEXT)
    for key in (LOG, NEXT):
        checkpoint, note = open_checkpoint(data, CHECKPOINT.origin, [key.verification_key])
        assert checkpoint == CHECKPOINT
        assert len(note.verified) == 1


def test_a_checkpoint_of_another_log_or_key_is_refused() -> None:
    data = sign_checkpoint(CHECKPOINT, LOG)
    with pytest.raises(NoteError, match="another log"):
        open_checkpoint(data, "fund.example/other", [LOG.verification_key])
    with pytest.raises(NoteError, match="no known key"):
        open_checkpoint(data, CHECKPOINT.origin, [NEXT.verification_key])


def test_a_signed_text_that_is_no_checkpoint_is_refused() -> None:
    text = "fund.example/audit\nno size\n"
    data = f"{text}\n{LOG.sign(text).line}".encode()
    with pytest.raises(NoteError, match="not the text"):
        open_checkpoint(data, CHECKPOINT.origin, [LOG.verification_key])
