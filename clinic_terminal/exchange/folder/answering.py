"""One request file answered: read, given to the core, and written in the form of the settings."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.folder.form import FileForm
from clinic_terminal.exchange.folder.names import RequestName, parse_request_name
from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.headers import MAX_SINGLE_BYTES, Message
from clinic_terminal.messages.registry import MessageKind, kind_of
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import ResultFile, TakenRequest
from eligibility_api.contract.errors import ShikakuError

log = logging.getLogger(__name__)

PdfOf = Callable[[Message, Message], bytes | None]
"""The result of a request as PDF, where the request asks for one; None: write XML."""


def max_bytes(name: RequestName) -> int:
    """The limit of a request, by its name alone."""
    kind = kind_of(name.file)
    return kind.max_request_bytes if kind is not None else MAX_SINGLE_BYTES


class FileAnswer:
    """Answers request files by one `Exchange`. Not for use by several threads."""

    def __init__(
        self,
        exchange: Exchange,
        store: TerminalStore,
        form: FileForm,
        pdf_of: PdfOf,
        clock: Callable[[], datetime],
    ) -> None:
        self._exchange = exchange
        self._store = store
        self._form = form
        self._pdf_of = pdf_of
        self._clock = clock

    def __call__(self, taken: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
        """The result of a request; never raises. `refused`: answering it has ended the program before."""
        name = parse_request_name(taken.name)
        if name is None:
            return ()  # only what has such a name is taken
        try:
            return self._answer(taken, name, refused=refused)
        except Exception as error:
            log.error("writing a result of %s failed: %s", name.prefix, type(error).__name__)
            failed = self._exchange.failed(kind_of(name.file), TerminalError("exchange-internal"))
            return self._as_xml(name, failed)

    def _answer(self, taken: TakenRequest, name: RequestName, *, refused: bool) -> tuple[ResultFile, ...]:
        kind = kind_of(name.file)
        try:
            if refused:
                raise TerminalError("exchange-internal")
            request = self._read(taken, name, kind)
        except ShikakuError as error:
            return self._as_xml(name, self._exchange.failed(kind, error))
        assert kind is not None
        result = self._exchange.answer(kind, request)
        pdf = self._pdf_of(request, result)
        return self._as_xml(name, result) if pdf is None else self._as_file(name, "pdf", pdf)

    def _read(self, taken: TakenRequest, name: RequestName, kind: MessageKind | None) -> Message:
        """The request. Raises ShikakuError, with the code that its result gets."""
        if taken.too_large:
            raise TerminalError("message-too-large")
        if not name.is_valid:
            raise TerminalError("exchange-file-name")
        if kind is None or kind.request is None:
            raise TerminalError("message-layout-not-public")
        content = taken.content
        if name.is_zip:
            content = self._form.encryption.unzip(content, kind.max_request_bytes)
        return xml_codec.decode(content, kind.request).message

    def _as_xml(self, name: RequestName, result: Message) -> tuple[ResultFile, ...]:
        content = self._form.encode(result, name.result("xml"), self._store, self._clock())
        return self._as_file(name, "xml", content)

    def _as_file(self, name: RequestName, extension: str, content: bytes) -> tuple[ResultFile, ...]:
        file = name.result(extension)
        # A request that came as ZIP is answered as ZIP: `A.zip` and `A.xml` have results of their own.
        encryption = self._form.encryption
        encrypted = encryption.applies_to(name.prefix) or (name.is_zip and encryption.password is not None)
        if encrypted or (self._form.bulk_as_zip and name.is_bulk_result):
            zipped = self._form.encryption.zip(file, content, encrypted=encrypted)
            return (ResultFile(name=name.result("zip"), content=zipped),)
        return (ResultFile(name=file, content=content),)
