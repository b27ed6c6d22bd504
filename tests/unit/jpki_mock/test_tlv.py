"""BER-TLV data objects: encoding and decoding agree; what is truncated is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki_mock.tlv import split, tlv

Objects = st.lists(st.tuples(st.integers(1, 0xFF), st.binary(max_size=400)), max_size=5)


@given(Objects)
def test_what_is_encoded_is_decoded(objects: list[tuple[int, bytes]]) -> None:
    assert split(b"".join(tlv(tag, value) for tag, value in objects)) == objects


@given(Objects.filter(bool), st.data())
def test_truncated_objects_are_refused(objects: list[tuple[int, bytes]], data: st.DataObject) -> None:
    whole = b"".join(tlv(tag, value) for tag, value in objects)
    last = len(tlv(*objects[-1]))
    cut = data.draw(st.integers(1, last - 1))
    with pytest.raises(ValueError, match="truncated"):
        split(whole[:-cut])


@pytest.mark.parametrize(
    ("size", "head"), [(0, "ff20820000"), (5, "ff20820005"), (300, "ff2082012c"), (65_536, "ff2083010000")]
)
def test_a_length_has_at_least_the_octets_of_the_long_form(size: int, head: str) -> None:
    encoded = tlv(0xFF20, bytes(size), long_form_octets=2)
    assert encoded.hex().startswith(head)
    assert len(encoded) == size + len(head) // 2


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, "3000"),
        (0x7F, "307f"),
        (0x80, "308180"),
        (0xFF, "3081ff"),
        (0x100, "30820100"),
        (65_536, "3083010000"),
    ],
)
def test_a_length_has_the_shortest_form(size: int, head: str) -> None:
    encoded = tlv(0x30, bytes(size))
    assert encoded.hex().startswith(head)
    assert split(encoded) == [(0x30, bytes(size))]


@pytest.mark.parametrize("content", ["30", "3001", "3081", "308102ff", "30847fffffff", "30ff" + "ff" * 20])
def test_a_length_beyond_the_end_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match="truncated"):
        split(bytes.fromhex(content))


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(content: bytes) -> None:
    try:
        found = split(content)
    except ValueError:
        return
    assert sum(len(value) for _, value in found) <= len(content)
