"""The applications other than JPKI: access conditions and contents."""

import pytest

from jpki_mock.card import profile
from tests.builders.cards import (
    ATTRIBUTES_PIN,
    REFERENCE_A,
    REFERENCE_B,
    TestCard,
    card_image,
    pin,
    select,
    verify,
)


def application(aid: bytes, **changes: object) -> TestCard:
    card = TestCard(card_image(**changes))
    card.send(select(aid))
    return card


@pytest.mark.parametrize(
    ("pin_file", "value", "number", "attributes", "digests"),
    [
        (None, "", "6982", "6982", "6982"),
        (profile.ATTRIBUTES_PIN, ATTRIBUTES_PIN, "9000", "9000", "9000"),
        (profile.ATTRIBUTES_REFERENCE_A, REFERENCE_A, "9000", "6982", "9000"),
        (profile.ATTRIBUTES_REFERENCE_B, REFERENCE_B, "6982", "9000", "9000"),
    ],
)
def test_access_to_the_text_attributes(
    pin_file: int | None, value: str, number: str, attributes: str, digests: str
) -> None:
    card = application(profile.TEXT_ATTRIBUTES)
    if pin_file is not None:
        assert card.send(verify(pin_file, value)) == "9000"
    assert [card.status(f"00B0{sfi}0000") for sfi in ("81", "82", "83", "85")] == [
        number,
        attributes,
        digests,
        "9000",
    ]


def test_the_attributes_are_four_items_with_offsets_from_the_start_of_the_file() -> None:
    card = application(profile.TEXT_ATTRIBUTES)
    card.send(verify(profile.ATTRIBUTES_PIN, ATTRIBUTES_PIN))
    record = card.transmit(bytes.fromhex("00B0820000"))[:-2]
    assert record[:2] == b"\xff\x20"
    table = record.index(b"\xdf\x21\x08") + 3
    offsets = [int.from_bytes(record[at : at + 2]) for at in range(table, table + 8, 2)]
    items = []
    for tag, offset in enumerate(offsets, start=0xDF22):
        assert record[offset : offset + 2] == tag.to_bytes(2)
        size = record[offset + 2]
        items.append(record[offset + 3 : offset + 3 + size].decode())
    assert items == ["試験　太郎", "架空県模擬市見本町１番地", "19900101", "1"]


def test_a_long_name_takes_a_longer_length() -> None:
    holder = card_image().attributes.model_copy(update={"name": "試" * 100})
    card = application(profile.TEXT_ATTRIBUTES, attributes=holder)
    card.send(verify(profile.ATTRIBUTES_PIN, ATTRIBUTES_PIN))
    record = card.transmit(bytes.fromhex("00B08200000000"))[:-2]
    assert record[:5] == b"\xff\x20\x82" + (len(record) - 5).to_bytes(2)
    name = int.from_bytes(record[8:10])
    assert record[name : name + 5] == b"\xdf\x22\x82" + (300).to_bytes(2)


def test_the_number_record_has_the_invalid_digits_of_the_image() -> None:
    card = application(profile.TEXT_ATTRIBUTES)
    card.send(verify(profile.ATTRIBUTES_PIN, ATTRIBUTES_PIN))
    assert card.transmit(bytes.fromhex("00B0810000")) == (
        b"\xff\x10\x0c" + REFERENCE_A.encode() + b"\xff\xff\x90\x00"
    )


def test_without_reference_a_the_number_is_never_readable() -> None:
    card = application(profile.TEXT_ATTRIBUTES, reference_a=pin(None, 10))
    card.send(verify(profile.ATTRIBUTES_PIN, ATTRIBUTES_PIN))
    assert card.send("00B0810000") == "6982"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("00200091", "63C3"),
        ("00200092", "63C0"),
        (verify(profile.ATTRIBUTES_BLOCKED_PIN, "1234"), "6984"),
        ("00200094", "63CA"),
        ("00200095", "63CA"),
        (verify(profile.ATTRIBUTES_REFERENCE_B, "00000000000000"), "63C9"),
        ("00B0930000", "6981"),
        ("00A4020C020004", "6A82"),
    ],
)
def test_status_words_of_the_text_attributes_application(command: str, status: str) -> None:
    assert application(profile.TEXT_ATTRIBUTES).send(command) == status


@pytest.mark.parametrize(
    ("pin_file", "value", "age", "face"),
    [
        (profile.BIRTH_DATE_KEY, REFERENCE_B[:6], "9000", "6982"),
        (profile.FACE_REFERENCE_A, REFERENCE_A, "6982", "9000"),
        (profile.FACE_REFERENCE_B, REFERENCE_B, "6982", "9000"),
    ],
)
def test_access_to_the_card_face(pin_file: int, value: str, age: str, face: str) -> None:
    card = application(profile.CARD_FACE)
    assert card.send(verify(pin_file, value)) == "9000"
    assert [card.status(f"00B0{sfi}0000") for sfi in ("81", "82", "83", "85")] == [age, face, "9000", "6A82"]


def test_the_birth_date_key_has_no_retry_limit() -> None:
    card = application(profile.CARD_FACE)
    assert [card.send(verify(profile.BIRTH_DATE_KEY, "000000")) for _ in range(20)] == ["6300"] * 20
    assert card.send("00200091") == "6300"


def test_the_face_has_the_photo_if_there_is_one() -> None:
    faces = []
    for photo in (b"picture", None):
        card = application(profile.CARD_FACE, photo=photo)
        card.send(verify(profile.FACE_REFERENCE_B, REFERENCE_B))
        faces.append(card.transmit(bytes.fromhex("00B0820000")))
    assert b"\xdf\x27\x07picture" in faces[0]
    assert b"\xdf\x27\x00" in faces[1]


def test_a_card_without_reference_b_has_no_birth_date_key() -> None:
    card = application(profile.CARD_FACE, reference_b=pin(None, 10))
    assert card.send("00200091") == "6A82"


def test_a_reference_number_has_one_retry_counter_for_both_applications() -> None:
    card = application(profile.CARD_FACE)
    card.send(verify(profile.FACE_REFERENCE_B, "0"))
    card.send(select(profile.TEXT_ATTRIBUTES))
    assert card.send("00200095") == "63C9"


@pytest.mark.parametrize("aid", [profile.RESIDENT_REGISTER, profile.COMMON_CARD])
@pytest.mark.parametrize(
    ("command", "status"),
    [("00A4020C02001C", "6A82"), ("0020009C", "6A82"), ("00B0000000", "6986"), ("00B2010400", "6A83")],
)
def test_the_other_applications_refuse_everything(aid: bytes, command: str, status: str) -> None:
    assert application(aid).send(command) == status
