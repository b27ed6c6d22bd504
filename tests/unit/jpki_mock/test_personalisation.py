"""Issuing and renewing cards."""

from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from jpki_mock.authority.keys import KeyProfile
from jpki_mock.authority.values import Carrier, Kind, Reason, State
from jpki_mock.card.image import CardImage, KeySlot
from jpki_mock.card.my_number import could_be_real
from jpki_mock.errors import InvalidInput, NotAllowed
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import CardOrder, certificate_ids
from jpki_mock.register.register import ItemsChange
from tests.unit.jpki_mock.builders import ADULT, CHILD, NOW, a_resident


def a_card(jlis: Jlis, resident_id: str = ADULT, **changes: object) -> CardImage:
    return jlis.cards.issue(CardOrder(resident_id=resident_id, **changes), NOW)  # type: ignore[arg-type]


def slots(image: CardImage) -> list[KeySlot]:
    assert image.signature is not None
    return [image.authentication, image.signature]


def states(jlis: Jlis, image: CardImage) -> list[State]:
    return [jlis.certificates.records.find(name).state(NOW) for name in certificate_ids(image)]


def test_keys_and_certificates_of_a_card_match(jlis: Jlis) -> None:
    for slot in slots(a_card(jlis)):
        certificate = x509.load_der_x509_certificate(slot.certificate)
        certificate.verify_directly_issued_by(x509.load_der_x509_certificate(slot.ca_certificate))
        key = load_pem_private_key(slot.private_key.encode(), None)
        assert key.public_key() == certificate.public_key()


def test_a_card_has_holder_expiry_and_pins(jlis: Jlis) -> None:
    image = a_card(jlis, pin="4321", sign_pin="XYZ789")
    assert image.expires_on == date(2036, 2, 17)
    assert image.attributes.name == "見本　花子"
    assert image.photo is not None
    assert image.photo.startswith(b"\x89PNG")
    values = (image.pins.authentication.value, image.pins.attributes.value, image.pins.signature.value)
    assert values == ("4321", "4321", "XYZ789")
    limits = (image.pins.authentication.limit, image.pins.attributes.limit, image.pins.signature.limit)
    assert limits == (3, 3, 5)


def test_the_reference_numbers_are_well_formed_and_no_valid_my_number(jlis: Jlis) -> None:
    image = a_card(jlis)
    assert image.reference_a.value is not None
    assert image.reference_b.value is not None
    assert len(image.reference_a.value) == 12
    assert not could_be_real(image.reference_a.value)
    assert image.reference_b.value[:10] == "5502172036"  # Showa 55, 17 February; valid until 2036
    assert len(image.reference_b.value) == 14
    assert image.reference_a.limit == image.reference_b.limit == 10


@pytest.mark.parametrize(
    ("key", "algorithm"), [(KeyProfile.RSA, rsa.RSAPublicKey), (KeyProfile.P384, ec.EllipticCurvePublicKey)]
)
def test_a_renewed_card_keeps_the_algorithm_of_its_keys(
    jlis: Jlis, key: KeyProfile, algorithm: type[object]
) -> None:
    old = a_card(jlis, key=key)
    for image in (old, jlis.cards.renew(old, NOW)):
        for slot in slots(image):
            assert isinstance(x509.load_der_x509_certificate(slot.certificate).public_key(), algorithm)


def test_a_card_without_pins_has_no_signature_certificate(jlis: Jlis) -> None:
    image = a_card(jlis, pin=None)
    assert image.signature is None
    assert image.pins.authentication.value is image.pins.signature.value is None


def test_a_child_s_card_has_no_signature_certificate(jlis: Jlis) -> None:
    image = a_card(jlis, CHILD)
    assert image.signature is None
    assert image.expires_on == date(2031, 5, 5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pin": "123"},
        {"pin": "12345"},
        {"pin": "１２３４"},
        {"pin": "12a4"},
        {"sign_pin": "ABC12"},
        {"sign_pin": "ABCDEF"},
        {"sign_pin": "123456"},
        {"sign_pin": "abc123"},
        {"sign_pin": "ABC123" * 3},
    ],
)
def test_a_malformed_pin_is_rejected_and_not_printed(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        CardOrder(resident_id=ADULT, **wrong)  # type: ignore[arg-type]
    assert not any(value in refusal.value.sentence for value in wrong.values())


def test_renewal_on_the_same_card_keeps_expiry_and_reference_numbers(jlis: Jlis) -> None:
    old = a_card(jlis)
    new = jlis.cards.renew(old, NOW)
    assert (new.expires_on, new.reference_a, new.reference_b) == (
        old.expires_on,
        old.reference_a,
        old.reference_b,
    )
    assert states(jlis, old) == [State.REVOKED, State.REVOKED]
    assert states(jlis, new) == [State.GOOD, State.GOOD]


def test_renewal_links_both_certificates_of_a_card(jlis: Jlis) -> None:
    old = a_card(jlis)
    new = jlis.cards.renew(old, NOW)
    records = jlis.certificates.records
    for before, after in zip(certificate_ids(old), certificate_ids(new), strict=True):
        assert records.predecessors(records.find(after)) == [before]


def test_a_lost_and_found_card_is_a_new_card(jlis: Jlis) -> None:
    old = a_card(jlis)
    for name in certificate_ids(old):
        jlis.certificates.suspend(name, NOW)
    later = datetime(2028, 3, 1, tzinfo=UTC)
    new = jlis.cards.renew(old, later)
    assert new.expires_on == date(2038, 2, 17)
    assert new.reference_b != old.reference_b


def test_renewal_updates_changed_items_and_resets_the_retry_counters(jlis: Jlis) -> None:
    old = a_card(jlis).with_tries_left("authentication", 0)
    jlis.change_items(ADULT, ItemsChange(address="架空県見本市本町９丁目"), NOW)
    new = jlis.cards.renew(old, NOW)
    assert new.attributes.address == "架空県見本市本町９丁目"
    assert new.pins.authentication.tries_left == 3
    assert states(jlis, new) == [State.GOOD, State.GOOD]


def test_a_revoked_card_is_not_renewed(jlis: Jlis) -> None:
    old = a_card(jlis)
    jlis.certificates.revoke(certificate_ids(old)[0], Reason.REQUEST, NOW)
    with pytest.raises(NotAllowed):
        jlis.cards.renew(old, NOW)
    assert states(jlis, old) == [State.REVOKED, State.GOOD]


def test_a_phone_is_a_carrier_of_its_own(jlis: Jlis) -> None:
    a_card(jlis)
    image = a_card(jlis, carrier=Carrier.ANDROID)
    assert image.carrier == "android"
    records = jlis.certificates.records.of_resident(ADULT, Kind.AUTHENTICATION)
    assert [record.carrier for record in records] == [Carrier.CARD, Carrier.ANDROID]


def test_a_phone_needs_a_card(jlis: Jlis) -> None:
    """Rule Q7."""
    with pytest.raises(NotAllowed):
        a_card(jlis, carrier=Carrier.ANDROID)
    assert jlis.certificates.records.of_resident(ADULT, Kind.AUTHENTICATION) == []


def test_a_phone_has_a_signature_certificate_only_if_the_card_has_one(jlis: Jlis) -> None:
    a_card(jlis, signature=False)
    assert a_card(jlis, carrier=Carrier.ANDROID).signature is None


@pytest.mark.parametrize(
    ("birth_date", "pictured"),
    [(date(2025, 11, 23), True), (date(2025, 11, 24), False), (date(2026, 11, 23), False)],
)
def test_a_card_issued_before_the_first_birthday_has_no_photo_and_no_visual_check(
    jlis: Jlis, birth_date: date, pictured: bool
) -> None:
    """Issued on 2026-11-23 in Japan."""
    jlis.register.add([a_resident("R0-00000009", birth_date=birth_date)])
    image = a_card(jlis, "R0-00000009")
    assert (image.photo is not None, image.terminal_authority is not None) == (pictured, pictured)
    assert (image.pins.authentication.value, image.signature) == ("1234", None)


def test_a_card_without_a_photo_has_a_pin(jlis: Jlis) -> None:
    jlis.register.add([a_resident("R0-00000009", birth_date=date(2026, 1, 5))])
    with pytest.raises(NotAllowed):
        a_card(jlis, "R0-00000009", pin=None)


def test_a_childs_next_card_has_a_photo(jlis: Jlis) -> None:
    jlis.register.add([a_resident("R0-00000009", birth_date=date(2026, 1, 5))])
    first = a_card(jlis, "R0-00000009")
    new = jlis.cards.renew(first, datetime(2031, 1, 4, 3, tzinfo=UTC))
    assert new.expires_on > first.expires_on
    assert (new.photo is not None, new.terminal_authority is not None) == (True, True)


def test_other_certificates_on_the_same_card_give_it_no_photo(jlis: Jlis) -> None:
    jlis.register.add([a_resident("R0-00000009", birth_date=date(2026, 1, 5))])
    first = a_card(jlis, "R0-00000009")
    new = jlis.cards.renew(first, datetime(2028, 1, 4, 3, tzinfo=UTC))
    assert (new.expires_on, new.photo, new.terminal_authority) == (first.expires_on, None, None)
