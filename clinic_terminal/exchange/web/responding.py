"""One message as JSON: decoded, answered by the core, encoded; a PDF where the message asks for one."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.paper.rendering import pdf_of
from clinic_terminal.messages import json_codec
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.registry import MessageKind, kind_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """The content of a response."""

    content: bytes
    media_type: str = "application/json"


def kind_named(name: str) -> MessageKind:
    """The message of a request's prefix. Raises TerminalError `web-path-unknown`."""
    kind = kind_of(name) if "_" not in name else None
    if kind is None:
        raise TerminalError("web-path-unknown")
    return kind


def respond(exchange: Exchange, kind: MessageKind, content: bytes) -> Reply:
    """The result of a request as it was received; a failure of it is a result too.

    Raises TerminalError `exchange-internal` where the program itself fails.
    """
    try:
        return _respond(exchange, kind, content)
    except Exception as error:
        log.error("responding to %s failed: %s", kind.prefix, type(error).__name__)  # without values
        raise TerminalError("exchange-internal") from None


def _respond(exchange: Exchange, kind: MessageKind, content: bytes) -> Reply:
    if kind.request is None:
        return Reply(json_codec.encode(exchange.unsupported(kind)))
    try:
        request = json_codec.decode(content, kind.request).message
    except MessageFormatError as error:
        return Reply(json_codec.encode(exchange.failed(kind, error)))
    result = exchange.answer(kind, request)
    pdf = pdf_of(request, result)
    return Reply(json_codec.encode(result)) if pdf is None else Reply(pdf, "application/pdf")
