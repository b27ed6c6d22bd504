"""Builds the applications of one card: its image as elementary files.

File numbers are defined in `profile.py`. A phone (carrier "android") has the JPKI application only.
"""

import struct
from dataclasses import replace

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from jpki_mock.card import printed, profile
from jpki_mock.card.files import (
    FREE,
    NEVER,
    Application,
    CardKey,
    DataFile,
    ElementaryFile,
    InternalFile,
    KeyFile,
    PinFile,
    after,
)
from jpki_mock.card.image import CardImage, KeySlot, SecretName
from jpki_mock.card.pins import BlockedSecret, CountedSecret, Counters, UncountedSecret

Files = dict[int, ElementaryFile]

_BLOCK = 256


def applications_of(counters: Counters) -> dict[bytes, Application]:
    """Return every application of the card by its full AID.

    Raises:
        ValueError: a private key of the image cannot be read, or has an algorithm that no card has.
    """
    image = counters.image
    files = {profile.ISSUER_DOMAIN: Files(), profile.JPKI: _jpki(counters)}
    if image.carrier == "card":
        files |= {
            profile.TEXT_ATTRIBUTES: _text_attributes(counters),
            profile.CARD_FACE: _card_face(counters),
            profile.RESIDENT_REGISTER: Files(),
            profile.COMMON_CARD: Files(),
        }
    if image.faults.padded_files:
        files = {aid: _padded(found) for aid, found in files.items()}
    return {aid: Application(aid, found) for aid, found in files.items()}


def _padded(files: Files) -> Files:
    """Return the files with data files as large as the memory reserved for them, as on some real cards."""
    return {
        number: replace(file, content=_fill(file.content), padded=True)
        if isinstance(file, DataFile)
        else file
        for number, file in files.items()
    }


def _fill(content: bytes) -> bytes:
    """Fill a content with FF up to the next multiple of 256 bytes; at least one byte."""
    return content.ljust((len(content) // _BLOCK + 1) * _BLOCK, b"\xff")


def _jpki(counters: Counters) -> Files:
    image = counters.image
    phone = image.carrier == "android"
    files: Files = {
        profile.TOKEN_INFORMATION: DataFile(
            token_information(profile.ANDROID_LABEL if phone else profile.CARD_LABEL)
        ),
        profile.AVAILABILITY: DataFile(bytes([0x8F if image.signature else 0x00, 0x8F, 0x00])),
        profile.AUTHENTICATION_CERTIFICATE: DataFile(
            image.authentication.certificate, after(profile.AUTHENTICATION_PIN) if phone else FREE
        ),
        profile.AUTHENTICATION_CA: DataFile(image.authentication.ca_certificate),
        profile.AUTHENTICATION_KEY: KeyFile(
            _key(image.authentication),
            profile.AUTHENTICATION_PIN,
            visual_check=True,
            corrupts=image.faults.corrupt_signature,
        ),
    }
    files |= {number: DataFile(b"", NEVER) for number in profile.UNDOCUMENTED}
    files |= _pin(counters, profile.AUTHENTICATION_PIN, "authentication")
    if image.terminal_authority is not None:
        files[profile.TERMINAL_AUTHORITY] = InternalFile()
    if image.signature is not None:
        files |= _signature_part(counters, image.signature)
    return files


def _signature_part(counters: Counters, slot: KeySlot) -> Files:
    return {
        profile.SIGNATURE_CERTIFICATE: DataFile(slot.certificate, after(profile.SIGNATURE_PIN)),
        profile.SIGNATURE_CA: DataFile(slot.ca_certificate),
        profile.SIGNATURE_KEY: KeyFile(
            _key(slot), profile.SIGNATURE_PIN, corrupts=counters.image.faults.corrupt_signature
        ),
        **_pin(counters, profile.SIGNATURE_PIN, "signature"),
    }


def _text_attributes(counters: Counters) -> Files:
    """Build 券面事項入力補助AP; the keys of its secure messaging are missing."""
    image = counters.image
    number = printed.my_number_record(image)
    holder_or_b = after(profile.ATTRIBUTES_PIN, profile.ATTRIBUTES_REFERENCE_B)
    anyone = holder_or_b | {profile.ATTRIBUTES_REFERENCE_A}
    return {
        profile.MY_NUMBER_RECORD: DataFile(
            number, after(profile.ATTRIBUTES_PIN, profile.ATTRIBUTES_REFERENCE_A) if number else NEVER
        ),
        profile.ATTRIBUTES: DataFile(printed.attributes_record(image), holder_or_b),
        profile.ATTRIBUTE_DIGESTS: DataFile(printed.attribute_digests(image), anyone),
        **_certificate(image, profile.ATTRIBUTES_CERTIFICATE),
        profile.ATTRIBUTES_INFORMATION: DataFile(printed.attributes_information(image)),
        profile.ATTRIBUTES_BLOCKED_PIN: PinFile(BlockedSecret()),
        profile.PRESENCE_KEY: InternalFile(),
        **_pin(counters, profile.ATTRIBUTES_PIN, "attributes"),
        **_pin(counters, profile.ATTRIBUTES_REFERENCE_A, "reference_a"),
        **_pin(counters, profile.ATTRIBUTES_REFERENCE_B, "reference_b"),
    }


def _card_face(counters: Counters) -> Files:
    """Build 券面事項確認AP, without its internal authentication (001A)."""
    image = counters.image
    files: Files = {
        profile.AGE_RECORD: DataFile(printed.age_record(image), after(profile.BIRTH_DATE_KEY)),
        profile.FACE: DataFile(
            printed.face_record(image), after(profile.FACE_REFERENCE_A, profile.FACE_REFERENCE_B)
        ),
        profile.FACE_INFORMATION: DataFile(printed.face_information(image)),
        **_certificate(image, profile.FACE_CERTIFICATE),
        **_pin(counters, profile.FACE_REFERENCE_A, "reference_a"),
        **_pin(counters, profile.FACE_REFERENCE_B, "reference_b"),
    }
    if number := printed.number_image_record(image):
        files[profile.NUMBER_IMAGE] = DataFile(number, after(profile.FACE_REFERENCE_A))
    if image.reference_b.value is not None:
        files[profile.BIRTH_DATE_KEY] = PinFile(UncountedSecret(image.reference_b.value[:6]))
    return files


def _certificate(image: CardImage, number: int) -> Files:
    """Return the card-verifiable certificate of the key that signs the application's files, if the card has one."""
    return {number: DataFile(image.face.certificate)} if image.face is not None else {}


def _pin(counters: Counters, number: int, name: SecretName) -> Files:
    """Return the PIN's file, or none without a PIN.

    What real cards answer then is unknown; here it is 6A82.
    """
    if counters.image.secret(name).value is None:
        return {}
    return {number: PinFile(CountedSecret(name, counters))}


def _key(slot: KeySlot) -> CardKey:
    # Validating an RSA key at every tap would take a thousand times longer than loading it; a bad key gives
    # bad signatures.
    try:
        key = load_pem_private_key(
            slot.private_key.encode(), password=None, unsafe_skip_rsa_key_validation=True
        )
    except (TypeError, UnsupportedAlgorithm) as error:  # encrypted key; unsupported algorithm
        raise ValueError("a card's key is not readable") from error
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ValueError("a card's key is RSA or on an elliptic curve")
    return key


def token_information(label: str) -> bytes:
    """Return EF 0006: a serialised PKCS #11 CK_TOKEN_INFO, 160 bytes, numbers big-endian."""
    names = b"".join(
        text.encode().ljust(size)
        for text, size in ((label, 32), ("SHIKAKU EMULATOR", 32), ("CARD", 16), ("1", 16))
    )
    flags, sessions, pin_lengths, memory = (0x40D,), (1, 0, 1, 0), (16, 6), (0xFFFFFFFF,) * 4
    return names + struct.pack(">11I", *flags, *sessions, *pin_lengths, *memory) + b"0301" + b"9" * 16
