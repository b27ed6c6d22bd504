"""The form of files: encoding, order of elements, encryption."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from random import Random

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.folder.encryption import Encryption
from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.headers import Message
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import Original

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FileForm:
    """How results and face files are written. `shuffle`: the source of a random order of elements, if any."""

    encoding: Encoding
    encryption: Encryption
    bulk_as_zip: bool = False
    shuffle: Random | None = None

    def encode(self, message: Message, file: str, store: TerminalStore, at: datetime) -> bytes:
        """The message as XML. The originals of replaced characters are kept under the name of its file.

        A store that cannot be written is logged: the message is more important.
        """
        encoded = xml_codec.encode(message, self.encoding, shuffle=self.shuffle)
        originals = [Original(file=file, place=one.path, text=one.original) for one in encoded.replaced]
        if originals:
            try:
                store.keep_originals(originals, at)
            except TerminalError as error:
                log.warning("originals of replaced characters were not kept: %s", error.code)
        return encoded.content
