"""The application of the web face: sign-in, and one call per message.

Two paths are known from client programs in public; the others are our own, see `docs/divergences.md`.
"""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.web.bodies import read_body
from clinic_terminal.exchange.web.failures import failure
from clinic_terminal.exchange.web.own_machine import OwnMachineOnly
from clinic_terminal.exchange.web.responding import kind_named, respond
from clinic_terminal.exchange.web.sessions import ID_SECONDS, Sessions, Tokens, same_secret
from clinic_terminal.exchange.web.workers import Workers
from eligibility_api.contract.errors import ShikakuError

SIGN_IN_PATH = "/MSA12020/ILI12020SV01/auth"
SEARCH_PATH = "/MSA01030/ILI01030SV01/search"
REFRESH_PATH = "/shikaku/refresh"
MESSAGES_PATH = "/shikaku/messages/{name}"
SEARCH_NAME = "OQSsiquc01req"

_SIGN_IN_BYTES = 4096
_NO_STORE = {"Cache-Control": "no-store"}
_BEARER = "bearer "


def make_app(workers: Workers, sessions: Sessions, port: int, terminal_key: str | None) -> FastAPI:
    """The application that listens on `port`.

    Without a terminal's key the server itself has made sure of a client certificate: every client may sign in.
    """
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"auto_configure": False},
    )
    app.add_middleware(OwnMachineOnly, port=port)
    app.add_exception_handler(ShikakuError, _refused)
    app.add_exception_handler(HTTPException, _not_routed)
    app.add_exception_handler(ClientDisconnect, _refused)
    app.add_exception_handler(Exception, _failed)

    @app.post(SIGN_IN_PATH)
    async def sign_in(request: Request) -> Response:
        """New tokens for the terminal's key."""
        if terminal_key is not None and not same_secret(_credential(request), terminal_key):
            raise TerminalError("web-sign-in-refused")
        await read_body(request, _SIGN_IN_BYTES)
        return _signed_in(sessions.begin())

    @app.post(REFRESH_PATH)
    async def refresh(request: Request) -> Response:
        """New tokens for a refresh token."""
        await read_body(request, _SIGN_IN_BYTES)
        return _signed_in(sessions.renew(_credential(request)))

    @app.post(SEARCH_PATH)
    async def search(request: Request) -> Response:
        """The message of a look-up by number, which has a path of its own."""
        return await answer(request, SEARCH_NAME)

    @app.post(MESSAGES_PATH)
    async def message(request: Request, name: str) -> Response:
        """Any message, by the name of its file."""
        return await answer(request, name)

    async def answer(request: Request, name: str) -> Response:
        sessions.require(_credential(request))
        kind = kind_named(name)
        content = await read_body(request, kind.max_request_bytes)
        reply = await workers.run(lambda exchange: respond(exchange, kind, content))
        return Response(reply.content, media_type=reply.media_type, headers=_NO_STORE)

    return app


def _credential(request: Request) -> str:
    """The key or token of the header `Authorization`, as in the real system by itself, or as a bearer token."""
    value = request.headers.get("authorization", "")
    return value[len(_BEARER) :].strip() if value.lower().startswith(_BEARER) else value


def _signed_in(tokens: Tokens) -> JSONResponse:
    result = {
        "accessToken": tokens.access,
        "refreshToken": tokens.refresh,
        "idToken": tokens.identity,
        "expiresIn": ID_SECONDS,
    }
    return JSONResponse({"status": "OK", "msg": "", "result": result}, headers=_NO_STORE)


async def _refused(_: Request, error: Exception) -> Response:
    """The answer to a refused request; a client that is gone reads none."""
    return failure(error if isinstance(error, ShikakuError) else TerminalError("request-timeout"))


async def _not_routed(_: Request, error: Exception) -> Response:
    known = isinstance(error, HTTPException) and error.status_code == 405
    return failure(TerminalError("method-not-allowed" if known else "web-path-unknown"))


async def _failed(_: Request, _error: Exception) -> Response:
    return failure(TerminalError("exchange-internal"))
