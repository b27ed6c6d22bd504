"""The file of a tap in `face/` (OQS 2.2): written unasked, one for each tap."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from clinic_terminal.clock import JAPAN
from clinic_terminal.exchange.face import Tap, record_tap
from clinic_terminal.exchange.folder.directory import open_directory
from clinic_terminal.exchange.folder.form import FileForm
from clinic_terminal.exchange.folder.root import ExchangeRoot
from clinic_terminal.messages.registry import FACE_PREFIX
from clinic_terminal.store import TerminalStore

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


def keep_tap(store: TerminalStore, tap: Tap, root: ExchangeRoot, form: FileForm) -> str | None:
    """Keep what a tap leaves, and write its file; the file's name, or None if the tap has no message.

    The file is never encrypted, as in the field. Raises OSError where it cannot be written.
    """
    message = record_tap(store, tap)
    if message is None:
        return None
    name = face_name(tap.institution_code, tap.at)
    content = form.encode(message, name, store, tap.at)
    with open_directory(root.faces) as directory:
        directory.write(name, content)
    return name
