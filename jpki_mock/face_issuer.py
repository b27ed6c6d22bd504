"""Signs the texts and images of cards (券面): J-LIS's key for them, its certificate, and what a card gets.

One key signs the cards of a home folder; a root key certifies it in a card-verifiable certificate. The real ones'
names and generations are not public.
"""

from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

from jpki_mock.authority.keys import KeyMaker, KeyProfile, load_key, save_key, sign
from jpki_mock.card.image import CardFace, CardImage
from jpki_mock.card.printed import attribute_values, my_number_record, printed_day
from jpki_mock.card.records import (
    certificate_content,
    digest_info,
    face_digests,
    public_key_item,
    text_digests,
)
from jpki_mock.drawing import text_image
from jpki_mock.tlv import tlv

_SECURITY_CODE_DIGITS = 4


class FaceIssuer:
    """The key that signs what is printed on cards, and its certificate."""

    def __init__(self, root: RSAPrivateKey, key: RSAPrivateKey) -> None:
        self._key = key
        self._key_item = public_key_item(key.public_key())
        content = certificate_content(public_key_item(root.public_key()), self._key_item)
        self._certificate = tlv(0x7F21, tlv(0x5F4E, content) + tlv(0x5F37, sign(root, content)))

    @classmethod
    def open(cls, keys: Path, make_key: KeyMaker) -> Self:
        """Open the two keys in a folder; creates those that are missing."""
        return cls(_open_key(keys / "face-root.pem", make_key), _open_key(keys / "face.pem", make_key))

    def face_of(self, image: CardImage) -> CardFace:
        """Draw and sign what is printed on a card, by its other fields."""
        code = (image.reference_b.value or "")[-_SECURITY_CODE_DIGITS:]
        name, address, code_image = map(text_image, (image.attributes.name, image.attributes.address, code))
        number = image.reference_a.value
        number_image = text_image(number) if number is not None else b""
        birth_date = printed_day(image.attributes.birth_date)
        printed = face_digests(
            birth_date=birth_date,
            sex=image.attributes.sex.encode(),
            key=self._key_item,
            name=name,
            address=address,
            photo=image.photo or b"",
            expiry=printed_day(image.expires_on),
            code=code_image,
        )
        return CardFace(
            certificate=self._certificate,
            public_key=self._key_item,
            name=name,
            address=address,
            security_code=code_image,
            number=number_image,
            signature=self._sign(*printed),
            text_signature=self._sign(*text_digests(my_number_record(image), attribute_values(image))),
            age_signature=sign(self._key, birth_date + self._key_item),
            number_signature=sign(self._key, number_image + self._key_item),
        )

    def _sign(self, *digests: bytes) -> bytes:
        """Sign several digests in one DigestInfo (RSASSA-PKCS1-v1_5)."""
        return self._key.sign(digest_info(*digests), padding.PKCS1v15(), NoDigestInfo())


def _open_key(path: Path, make_key: KeyMaker) -> RSAPrivateKey:
    if not path.exists():
        save_key(path, make_key(KeyProfile.RSA))
    key = load_key(path)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("The key of the card face is not an RSA key.")
    return key
