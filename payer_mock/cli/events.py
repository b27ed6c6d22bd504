"""`payer-mock listen`: receives the fund's events of the insurer's files and members on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Annotated

import typer

from eligibility_api.contract.webhook_signatures import MAX_BODY_BYTES
from eligibility_api.contract.webhooks import Event
from payer_mock.actions.events import Inbox, subscribe
from payer_mock.cli.common import Dependencies, InsurerOption, echo_json, fund_client

_READ_SECONDS = 10.0
_TOO_LARGE = 413
_FIRST_PORT = 1024

Receive = Callable[[Mapping[str, str], bytes], int]


def add_to(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(listen)


def _port(port: int) -> int:
    """A port that a webhook may name (rule E3), or 0."""
    if 0 < port < _FIRST_PORT or port < 0:
        raise typer.BadParameter(f"0, or {_FIRST_PORT} to 65535")
    return port


def listen(
    context: typer.Context,
    *,
    port: Annotated[
        int,
        typer.Option(
            max=65535, callback=_port, help="ポート、0 は空いているもの / port of this machine; 0: a free one"
        ),
    ] = 9000,
    insurer: InsurerOption = None,
) -> None:
    """支払基金からの通知（加入者ファイル・加入者のイベント）を受け取り、1行に1件ずつ表示します。

    Receive the fund's events of own files and members: verifies each, and prints one JSON object a line.
    """
    dependencies = context.ensure_object(Dependencies)
    # A line at a time, also into a pipe.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with HTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler) as server, suppress(KeyboardInterrupt):
        url = f"http://127.0.0.1:{server.server_port}/events"
        with fund_client(context, insurer) as client:
            inbox = Inbox(subscribe(client, url).secret, dependencies.clock, _show)
        server.RequestHandlerClass = _handler(inbox.receive)
        echo_json({"listening": url})
        server.serve_forever()


def _show(message_id: str, event: Event) -> None:
    echo_json({"id": message_id, **event.model_dump(mode="json")})


def _handler(receive: Receive) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Hands on the messages of POSTs, within a size and a time."""

        timeout = _READ_SECONDS

        def do_POST(self) -> None:
            """Answer a message."""
            length = self.headers.get("content-length", "")
            if not (length.isdecimal() and len(length) < 9 and int(length) <= MAX_BODY_BYTES):
                self.send_error(_TOO_LARGE)
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receive(headers, self.rfile.read(int(length))))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print events only."""

    return Handler
