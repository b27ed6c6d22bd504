"""The file of a tap in `face/` (OQS 2.2): written unasked, one for each tap."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from datetime import datetime

from clinic_terminal.clock import JAPAN
from clinic_terminal.exchange.folder.directory import open_directory
from clinic_terminal.exchange.folder.root import ExchangeRoot

FACE_PREFIX = "OQSsiquc01res_face"
_ID_LENGTH = 30
_TOKEN_BYTES = 11
"""As base64: 15 characters and one `=`, as in real files."""


def face_name(institution_code: str, at: datetime) -> str:
    """A new name: the institution's code filled up to 30 characters, and the time in Japan."""
    own = secrets.token_hex(_ID_LENGTH)[: _ID_LENGTH - len(institution_code)]
    return f"{FACE_PREFIX}_{institution_code}{own}_{at.astimezone(JAPAN):%Y%m%d%H%M%S}.xml"


def file_identifier() -> str:
    """A new ArbitraryFileIdentifier: 16 characters of base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_TOKEN_BYTES)).decode("ascii")


def write_face(
    root: ExchangeRoot, institution_code: str, at: datetime, encode: Callable[[str], bytes]
) -> str:
    """Write the file of a tap and return its name. `encode` makes the bytes of the file's name.

    Raises OSError.
    """
    name = face_name(institution_code, at)
    content = encode(name)
    with open_directory(root.faces) as directory:
        directory.write(name, content)
    return name
