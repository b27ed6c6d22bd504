"""Status words (ISO/IEC 7816-4, 5.6), and the exception that carries one."""

from typing import Final

OK: Final = 0x9000
END_OF_FILE: Final = 0x6282
"""The file ended before Le bytes were read; the response has the available bytes."""
TRIES_LEFT: Final = 0x63C0
"""Plus the number of tries left."""
TRIES_UNLIMITED: Final = 0x6300
WRONG_LENGTH: Final = 0x6700
CHANNEL_NOT_SUPPORTED: Final = 0x6881
SECURE_MESSAGING_NOT_SUPPORTED: Final = 0x6882
WRONG_FILE_TYPE: Final = 0x6981
"""The wrong kind of file: reading a key, verifying against a certificate."""
SECURITY_NOT_SATISFIED: Final = 0x6982
LOCKED: Final = 0x6984
"""VERIFY on a locked PIN; 6983 in the standard."""
CONDITIONS_NOT_SATISFIED: Final = 0x6985
NO_CURRENT_FILE: Final = 0x6986
WRONG_DATA: Final = 0x6A80
FILE_NOT_FOUND: Final = 0x6A82
RECORD_NOT_FOUND: Final = 0x6A83
WRONG_PARAMETERS: Final = 0x6A86
"""P1 or P2."""
REFERENCE_NOT_FOUND: Final = 0x6A88
WRONG_OFFSET: Final = 0x6B00
UNKNOWN_INSTRUCTION: Final = 0x6D00
UNKNOWN_CLASS: Final = 0x6E00
NO_DIAGNOSIS: Final = 0x6F00


class Refused(Exception):
    """The card refuses a command with `status_word`; `data` is response data that it returns all the same."""

    def __init__(self, status_word: int, data: bytes = b"") -> None:
        super().__init__(f"{status_word:04X}")
        self.status_word = status_word
        self.data = data
