"""What is printed on the card, as an independent reader finds it: all items, images, digests, signatures, sizes."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from PIL import Image

from jpki_mock.authority.keys import load_key
from jpki_mock.authority.values import Carrier
from jpki_mock.card import profile
from jpki_mock.card.image import CardImage, Faults
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import CardOrder
from tests.builders.cards import ATTRIBUTES_PIN, TestCard, card_image
from tests.builders.face_reader import (
    FACE,
    TEXT,
    Reader,
    certified_key,
    decode,
    public_key,
    read_face,
    read_text,
    verify_data,
    verify_digests,
)
from tests.unit.jpki_mock.builders import ADULT, NOW

FAULTS = {
    "as usual": Faults(),
    "padded": Faults(padded_files=True),
    "long lengths": Faults(three_byte_lengths=True),
    "both": Faults(padded_files=True, three_byte_lengths=True),
}


@pytest.fixture
def image(jlis: Jlis) -> CardImage:
    """A card as J-LIS issues it."""
    return jlis.cards.issue(CardOrder(resident_id=ADULT), NOW)


def reader(image: CardImage) -> Reader:
    return Reader(TestCard(image).transmit)


def reference_b(image: CardImage) -> str:
    assert image.reference_b.value is not None
    return image.reference_b.value


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_the_card_face_has_all_ten_items(image: CardImage, faults: Faults) -> None:
    items = read_face(reader(image.with_faults(faults)), reference_b(image))
    assert [tag for tag in items if tag != 0xFF20] == list(range(0xDF21, 0xDF2B))
    assert (items[0xDF22], items[0xDF23], items[0xDF29]) == (b"19800217", b"2", b"20360217")


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_the_offsets_are_those_of_the_items_in_the_file(image: CardImage, faults: Faults) -> None:
    items = read_face(reader(image.with_faults(faults)), reference_b(image))
    whole, table = items[0xFF20], items[0xDF21]
    offsets = [int.from_bytes(table[at : at + 2]) for at in range(0, len(table), 2)]
    assert [int.from_bytes(whole[offset : offset + 2]) for offset in offsets] == list(range(0xDF22, 0xDF2B))
    assert [decode(whole[offset:])[1] for offset in offsets] == [items[tag] for tag in range(0xDF22, 0xDF2B)]


def test_the_photo_is_grey_jpeg_2000_and_texts_are_black_and_white_png(image: CardImage) -> None:
    items = read_face(reader(image), reference_b(image))
    with Image.open(BytesIO(items[0xDF27])) as photo:
        assert (photo.format, photo.mode) == ("JPEG2000", "L")
        photo.load()
        assert len(photo.getcolors() or ()) > 1
    for tag in (0xDF25, 0xDF26, 0xDF2A):
        with Image.open(BytesIO(items[tag])) as text:
            assert (text.format, text.mode) == ("PNG", "1")
            black = {colour: count for count, colour in text.getcolors() or ()}[0]
            assert black > 50, hex(tag)


def test_a_card_without_photo_has_an_empty_one(jlis: Jlis, image: CardImage) -> None:
    bare = image.model_copy(update={"photo": None})
    signed = bare.model_copy(update={"face": jlis.cards._faces.face_of(bare)})
    assert read_face(reader(signed), reference_b(image))[0xDF27] == b""


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_the_text_items_are_verified_with_the_certificate_on_the_card(
    image: CardImage, faults: Faults
) -> None:
    items = read_text(reader(image.with_faults(faults)), "1234")
    texts = [items[tag].decode() for tag in range(0xDF22, 0xDF26)]
    assert texts == ["見本　花子", "架空県見本市中央１丁目２番３号", "19800217", "2"]


@pytest.mark.parametrize("changed", ["name", "birth_date"])
def test_a_changed_item_does_not_verify(image: CardImage, changed: str) -> None:
    other = {"name": "見本　別人", "birth_date": image.expires_on}[changed]
    holder = image.attributes.model_copy(update={changed: other})
    forged = image.model_copy(update={"attributes": holder})
    with pytest.raises(InvalidSignature):
        read_text(reader(forged), "1234")


def test_a_changed_photo_does_not_verify(image: CardImage) -> None:
    with pytest.raises(InvalidSignature):
        read_face(reader(image.model_copy(update={"photo": b"other"})), reference_b(image))


def test_the_files_of_signature_and_certificate_have_the_fields_sizes(image: CardImage) -> None:
    card = reader(image)
    card.open(TEXT, profile.ATTRIBUTES_PIN, "1234")
    sizes = {number: len(card.file(number)) for number in (0x0001, 0x0003, 0x0004)}
    # 17 bytes; FF30 with two digests of 32 bytes and a signature of 256; 7F21 with 297 bytes and a signature.
    assert sizes == {0x0001: 17, 0x0003: 336, 0x0004: 568}
    information = card.items(profile.ATTRIBUTES_INFORMATION)
    assert set(information) == {0xFF40, 0xDF41, 0xDF42, 0xDF43}


def test_the_certificate_is_signed_by_the_root_and_names_the_key_of_the_information_file(
    image: CardImage, tmp_path: Path
) -> None:
    root = load_key(tmp_path / "home" / "keys" / "face-root.pem")
    for application, information, tag in ((TEXT, 0x0005, 0xDF42), (FACE, 0x0003, 0xDF32)):
        card = reader(image)
        card.open(application)
        certificate = card.file(0x0004)
        _, subject, key = certified_key(certificate)
        assert subject == hashlib.sha256(key).digest()[:16] == card.items(information)[tag]
        content, rest = decode(decode(certificate)[1])[1:]
        verify_data(root.public_key(), decode(rest)[1], content)  # type: ignore[arg-type]


def test_the_age_record_is_signed_and_needs_the_birth_date(image: CardImage) -> None:
    card = reader(image)
    card.open(FACE, profile.BIRTH_DATE_KEY, reference_b(image)[:6])
    items = card.items(profile.AGE_RECORD)
    assert items[0xDF11] == b"19800217"
    verify_data(public_key(items[0xDF12]), items[0xDF13], items[0xDF11] + items[0xDF12])


def test_the_image_of_the_number_is_signed_and_needs_the_number(image: CardImage) -> None:
    card = reader(image)
    assert image.reference_a.value is not None
    card.open(FACE, profile.FACE_REFERENCE_B, reference_b(image))
    card.transmit(bytes.fromhex("00A4020C020005"))
    assert card.transmit(bytes.fromhex("00B0000010")) == b"\x69\x82"
    card.open(FACE, profile.FACE_REFERENCE_A, image.reference_a.value)
    items = card.items(profile.NUMBER_IMAGE)
    with Image.open(BytesIO(items[0xDF41])) as text:
        assert (text.format, text.mode) == ("PNG", "1")
    verify_data(public_key(items[0xDF42]), items[0xDF43], items[0xDF41] + items[0xDF42])


def test_a_renewed_card_is_signed_with_its_new_items(jlis: Jlis, image: CardImage) -> None:
    moved = image.attributes.model_copy(update={"address": "架空県旧町１番地"})
    renewed = jlis.cards.renew(image.model_copy(update={"attributes": moved}), NOW)
    texts = read_text(reader(renewed), "1234")
    assert texts[0xDF23].decode() == "架空県見本市中央１丁目２番３号"
    read_face(reader(renewed), reference_b(renewed))


@pytest.mark.usefixtures("image")
def test_a_phone_has_no_card_face(jlis: Jlis) -> None:
    assert jlis.cards.issue(CardOrder(resident_id=ADULT, carrier=Carrier.ANDROID), NOW).face is None


def test_a_card_of_an_earlier_version_is_unsigned_and_has_no_certificate() -> None:
    card = TestCard(card_image())
    card.send("00A4040C0A" + TEXT)
    assert card.send("00A4020C020004") == "6A82"
    read = Reader(card.transmit)
    read.open(TEXT, profile.ATTRIBUTES_PIN, ATTRIBUTES_PIN)
    assert set(read.items(0x0003)) == {0xFF30, 0xDF31, 0xDF32}


def test_a_padded_file_is_read_beyond_its_end_without_a_warning(image: CardImage) -> None:
    for faults, (size, status) in (
        (Faults(), (17, "6282")),
        (Faults(padded_files=True), (255, "9000")),
    ):
        card = TestCard(image.with_faults(faults))
        Reader(card.transmit).open(TEXT, profile.ATTRIBUTES_PIN, "1234")
        card.send("00A4020C020001")
        response = card.transmit(bytes.fromhex("00B00000FF"))
        assert (len(response) - 2, response[-2:].hex()) == (size, status)
    # The file has 256 bytes: of 255 from the second on, all that there are.
    beyond = card.transmit(bytes.fromhex("00B000F0FF"))
    assert (len(beyond) - 2, beyond[-2:].hex()) == (16, "9000")
    assert card.transmit(bytes.fromhex("00B00100FF")).hex() == "6b00"


def test_a_record_has_a_length_of_three_bytes(image: CardImage) -> None:
    card = reader(image.with_faults(Faults(three_byte_lengths=True)))
    card.open(TEXT, profile.ATTRIBUTES_PIN, "1234")
    content = card.file(profile.ATTRIBUTES)
    assert content[:3] == b"\xff\x20\x82"
    assert len(content) == 5 + int.from_bytes(content[3:5])
    assert len(content) < 256


def test_digests_are_verified_in_one_digest_info(image: CardImage) -> None:
    items = read_face(reader(image), reference_b(image))
    with pytest.raises(InvalidSignature):
        verify_digests(public_key(items[0xDF24]), items[0xDF28], bytes(32), bytes(32), bytes(32))
