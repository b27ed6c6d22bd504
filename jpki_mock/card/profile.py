"""All identifiers of the card in one place: applications, elementary files, tags, fixed contents.

The next card generation will change them (its layout is not public), so no other module of this package has
any. The sources are listed in the card chapter of the project's documentation.
"""

from typing import Final

ATR: Final = bytes.fromhex("3B888001000005E0B381A1007F")
"""Answer to reset as a contactless reader synthesises it for one batch of cards."""

# Applications (AP), by full application identifier (AID).
JPKI: Final = bytes.fromhex("D392F000260100000001")
"""公的個人認証AP."""
TEXT_ATTRIBUTES: Final = bytes.fromhex("D3921000310001010408")
"""券面事項入力補助AP."""
CARD_FACE: Final = bytes.fromhex("D3921000310001010402")
"""券面事項確認AP."""
RESIDENT_REGISTER: Final = bytes.fromhex("D3921000310001010401")
"""住基AP."""
COMMON_CARD: Final = bytes.fromhex("D3921000310001010100")
"""共通カードAP."""
ISSUER_DOMAIN: Final = bytes.fromhex("A0000001510000")
"""GlobalPlatform issuer domain, selected at power-on."""

# Elementary files (EF) of the JPKI application.
SIGNATURE_CERTIFICATE: Final = 0x0001
SIGNATURE_CA: Final = 0x0002
TOKEN_INFORMATION: Final = 0x0006
AVAILABILITY: Final = 0x0008
UNDOCUMENTED: Final = (0x0009, 0x0010)
"""They exist on cards, protected; their contents are unknown."""
AUTHENTICATION_CERTIFICATE: Final = 0x000A
AUTHENTICATION_CA: Final = 0x000B
TERMINAL_AUTHORITY: Final = 0x0016
"""The key that verifies a terminal's certificate (特定機関認証)."""
AUTHENTICATION_KEY: Final = 0x0017
AUTHENTICATION_PIN: Final = 0x0018
SIGNATURE_KEY: Final = 0x001A
SIGNATURE_PIN: Final = 0x001B

CARD_LABEL: Final = "JPKIAPICCTOKEN2"
ANDROID_LABEL: Final = "JPKIAPGPSETOKEN"

# Elementary files of 券面事項入力補助AP.
MY_NUMBER_RECORD: Final = 0x0001
ATTRIBUTES: Final = 0x0002
ATTRIBUTE_DIGESTS: Final = 0x0003
ATTRIBUTES_INFORMATION: Final = 0x0005
ATTRIBUTES_PIN: Final = 0x0011
ATTRIBUTES_BLOCKED_PIN: Final = 0x0012
PRESENCE_KEY: Final = 0x0013
ATTRIBUTES_REFERENCE_A: Final = 0x0014
ATTRIBUTES_REFERENCE_B: Final = 0x0015

# Elementary files of 券面事項確認AP.
AGE_RECORD: Final = 0x0001
FACE: Final = 0x0002
FACE_INFORMATION: Final = 0x0003
BIRTH_DATE_KEY: Final = 0x0011
FACE_REFERENCE_B: Final = 0x0012
FACE_REFERENCE_A: Final = 0x0013

# The PIN-less route is a divergence: the real protocol is not public.
TERMINAL_AUTHENTICATION_TAG: Final = b"SHIKAKU terminal authentication v1\0"
"""Prefix of the challenge in the message that a terminal signs."""
VISUAL_CHECK_TAGS: Final = (
    b"SHIKAKU visual-check v1\0",
    b"SHIKAKU visual-registration v1\0",
    b"SHIKAKU visual-consent v1\0",
)
"""Only messages that begin with one of these are signed without a PIN: a proof of presence, a first
registration, the statement of a consent.
"""
TERMINAL_CHALLENGE_BYTES: Final = 32
TERMINAL_CERTIFICATE_MAXIMUM: Final = 4096
"""Maximum size in bytes."""
