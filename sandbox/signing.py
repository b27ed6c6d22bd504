"""An emulated card signs for a program that has no reader: `POST /console/sign`, by the command `jpki-mock sign`.

Programs have no origin, so this one call is outside of the checks of pages. It takes JSON only, which a page of another
site cannot send.
"""

from __future__ import annotations

import asyncio
import json
import sys
from base64 import b64decode
from binascii import Error as NotBase64
from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

SIGN_PATH = "/console/sign"

MAX_MESSAGE_BASE64 = 22_000
"""Characters; a card signs 16,384 bytes at most."""

_COMMAND = (sys.executable, "-c", "from jpki_mock.cli import main; main()", "sign")
_SECONDS = 30.0


class SignRequest(BaseModel):
    """The name of a card, its PIN, and the bytes to be signed in base64 (docs/presence.md)."""

    model_config = ConfigDict(extra="forbid")
    card: str = Field(pattern=r"^[A-Za-z0-9-]{1,100}$")
    pin: str = Field(pattern=r"^[0-9]{4}$")
    message: str = Field(min_length=1, max_length=MAX_MESSAGE_BASE64)


class Signer:
    """Lets the cards of a folder sign, one at a time: each signature may change the card's file."""

    def __init__(self, cards: Path, command: tuple[str, ...] = _COMMAND) -> None:
        """`command`: of J-LIS's program, before the card's file."""
        self._cards, self._command = cards, command
        self._turn = asyncio.Lock()

    async def sign(self, request: SignRequest) -> bytes:
        """The command's answer: JSON with `certificate` and `signature`. Raises HTTPException 404, 422, 409 or 504."""
        card = self._cards / f"{request.card}.json"
        if not card.is_file():
            raise HTTPException(404, "There is no such card.")
        try:
            message = b64decode(request.message, validate=True)
        except NotBase64 as error:
            raise HTTPException(422, "The message is not base64.") from error
        async with self._turn:
            return await self._run(card, request.pin, message)

    async def _run(self, card: Path, pin: str, message: bytes) -> bytes:
        pipe = asyncio.subprocess.PIPE
        program = await asyncio.create_subprocess_exec(
            *self._command, str(card), "--pin", pin, stdin=pipe, stdout=pipe, stderr=pipe
        )
        try:
            answer, refusal = await asyncio.wait_for(program.communicate(message), _SECONDS)
        except TimeoutError as error:
            program.kill()
            await program.wait()
            raise HTTPException(504, "The card does not answer.") from error
        if program.returncode != 0:
            lines = refusal.decode(errors="replace").strip().splitlines()
            raise HTTPException(409, lines[-1] if lines else "The card refused.")
        return answer


def signing_app(signer: Signer) -> FastAPI:
    """The application of the one call."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, telemetry={"auto_configure": False})

    @app.post(SIGN_PATH)
    async def sign(request: SignRequest) -> Response:
        """The bytes signed by the card."""
        answer = json.loads(await signer.sign(request))
        return Response(
            json.dumps(answer), media_type="application/json", headers={"Cache-Control": "no-store"}
        )

    return app
