"""Contents of the files with what is printed on the card: 券面事項入力補助AP and 券面事項確認AP.

A card that was issued without `CardImage.face` has neither images nor signatures. `records.py` encodes.
"""

from datetime import date

from jpki_mock.card.image import CardImage
from jpki_mock.card.records import KEY_ID_BYTES, key_id, record, record_with_offsets, text_digests
from jpki_mock.tlv import tlv

_VERSION = b"\x01"


def printed_day(day: date) -> bytes:
    """Return a day as the files have it: YYYYMMDD."""
    return day.strftime("%Y%m%d").encode()


def attribute_values(image: CardImage) -> list[bytes]:
    """Return the values of the four items: name, address, birth date, sex."""
    holder = image.attributes
    return [
        holder.name.encode(),
        holder.address.encode(),
        printed_day(holder.birth_date),
        holder.sex.encode(),
    ]


def my_number_record(image: CardImage) -> bytes:
    """Return EF 0001: twelve digits that are no valid My Number (enforced by `CardImage`), or empty."""
    if image.reference_a.value is None:
        return b""
    return tlv(0xFF10, image.reference_a.value.encode()) + b"\xff\xff"


def attributes_record(image: CardImage) -> bytes:
    """Return EF 0002: offsets of the four items, then the items."""
    items = list(enumerate(attribute_values(image), start=0xDF22))
    return record_with_offsets(0xFF20, items, three_byte_length=image.faults.three_byte_lengths)


def attribute_digests(image: CardImage) -> bytes:
    """Return EF 0003: the digests of EF 0001 and of the values of EF 0002, and their signature."""
    number, attributes = text_digests(my_number_record(image), attribute_values(image))
    items = [(0xDF31, number), (0xDF32, attributes)]
    if image.face is not None:
        items.append((0xDF33, image.face.text_signature))
    return record(0xFF30, items, three_byte_length=image.faults.three_byte_lengths)


def attributes_information(image: CardImage) -> bytes:
    """Return EF 0005 of the text application: version, key of its signature."""
    return record(0xFF40, [(0xDF41, _VERSION), (0xDF42, _signing_key(image)), (0xDF43, _VERSION)])


def age_record(image: CardImage) -> bytes:
    """Return EF 0001 of the card-face application: the birth date, signed."""
    items = [(0xDF11, printed_day(image.attributes.birth_date))]
    if image.face is not None:
        items += [(0xDF12, image.face.public_key), (0xDF13, image.face.age_signature)]
    return record(0xFF10, items)


def face_record(image: CardImage) -> bytes:
    """Return EF 0002 of the card-face application: offsets, then the nine items; without a photo its item is empty."""
    face = image.face
    items = [
        (0xDF22, printed_day(image.attributes.birth_date)),
        (0xDF23, image.attributes.sex.encode()),
        (0xDF24, face.public_key if face else b""),
        (0xDF25, face.name if face else b""),
        (0xDF26, face.address if face else b""),
        (0xDF27, image.photo or b""),
        (0xDF28, face.signature if face else b""),
        (0xDF29, printed_day(image.expires_on)),
        (0xDF2A, face.security_code if face else b""),
    ]
    return record_with_offsets(0xFF20, items, three_byte_length=image.faults.three_byte_lengths)


def face_information(image: CardImage) -> bytes:
    """Return EF 0003 of the card-face application: version, key of its signatures."""
    return record(0xFF30, [(0xDF31, _VERSION), (0xDF32, _signing_key(image)), (0xDF33, _VERSION)])


def number_image_record(image: CardImage) -> bytes:
    """Return EF 0005 of the card-face application: the number as an image, signed; empty without a number."""
    if image.face is None or not image.face.number:
        return b""
    face = image.face
    return record(0xFF40, [(0xDF41, face.number), (0xDF42, face.public_key), (0xDF43, face.number_signature)])


def _signing_key(image: CardImage) -> bytes:
    return key_id(image.face.public_key) if image.face is not None else bytes(KEY_ID_BYTES)
