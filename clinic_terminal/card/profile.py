"""Identifiers of the JPKI application (公的個人認証AP) in one table, so that a new card generation is one change.

Of the present card, as public implementations agree; the next generation's layout is not published.
"""

JPKI_AID = bytes.fromhex("D392F000260100000001")
"""The full application identifier. A card may accept a prefix, so the whole of it is always sent."""

AUTHENTICATION_CERTIFICATE = 0x000A
"""EF of the user-authentication certificate (利用者証明用電子証明書), DER."""

AUTHENTICATION_KEY = 0x0017
"""EF of its private key."""

AUTHENTICATION_PIN = 0x0018
"""EF of its PIN: four digits."""

PIN_TRIES = 3
"""Tries of that PIN; a success restores all of them."""

MAX_CERTIFICATE_BYTES = 8192
"""Maximum length of a certificate and of any other data read from a card; the fund rejects longer ones too.
"""

MAX_SIGNATURE_BYTES = 512
"""Maximum length of a card's signature: that of RSA-4096."""

MAX_EXCHANGES = 512
"""Commands of one session that a card is sent. A tap with consents needs about 40, where T=0 repeats each, 120; a
hostile card could otherwise hand out its certificate byte by byte, each in many parts."""

TERMINAL_AUTHENTICATION_TAG = b"SHIKAKU terminal authentication v1\0"
"""Prefix of a terminal's signature for the PIN-less procedure, which is our own."""

TERMINAL_CHALLENGE_BYTES = 32
"""Length of the card's challenge to a terminal."""
