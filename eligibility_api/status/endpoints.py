"""The notice as JSON, and as a page in Japanese and English. Public: it has nothing of a person."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from eligibility_api.contract.notice import NOTICE_PATH, STATUS_PATH, StatusNotice
from eligibility_api.domain.dates import JAPAN
from eligibility_api.state import State, current_state
from eligibility_api.status.board import Board
from screens.rendering import Display, Renderer
from screens.texts import LANGUAGES, Texts
from screens.web.assets import Assets
from screens.web.guard import SECURITY_HEADERS

router = APIRouter(tags=["operation"])

_FOLDER = Path(__file__).parent
_MAX_LANGUAGE_LENGTH = 2
_ASSETS = Assets(f"{STATUS_PATH}/assets")
_HEADERS = {name.decode(): value.decode() for name, value in SECURITY_HEADERS} | {"cache-control": "no-store"}


def moment(instant: datetime, language: str) -> str:
    """An instant in Japan's time: 2026年12月1日 9:05, or 1 December 2026, 09:05."""
    local = instant.astimezone(JAPAN)
    if language == "ja":
        return f"{local.year}年{local.month}月{local.day}日 {local.hour}:{local:%M}"
    return f"{local.day} {local:%B %Y, %H:%M}"


_RENDERER = Renderer(
    Texts.load(_FOLDER / "words"), _FOLDER / "templates", asset_url=_ASSETS.url, filters={"moment": moment}
)


async def current_board(request: Request) -> Board:
    """FastAPI dependency: the worker's board."""
    board = request.app.state.board
    assert isinstance(board, Board)
    return board


ThisBoard = Annotated[Board, Depends(current_board)]
ThisState = Annotated[State, Depends(current_state)]


@router.get(NOTICE_PATH, summary="What is in order, how fast it is, and the next planned downtime")
async def get_notice(board: ThisBoard, state: ThisState) -> StatusNotice:
    """Answers without the database too. Keep the last one: show it when the fund cannot be reached."""
    return await board.notice(state)


@router.get(STATUS_PATH, include_in_schema=False)
async def page(
    board: ThisBoard,
    state: ThisState,
    language: Annotated[str, Query(max_length=_MAX_LANGUAGE_LENGTH)] = LANGUAGES[0],
) -> HTMLResponse:
    """The notice for people."""
    display = Display.of({"language": language})
    html = _RENDERER.render("status.html", display, notice=await board.notice(state), path=STATUS_PATH)
    return HTMLResponse(html, headers=_HEADERS)


router.add_route(f"{STATUS_PATH}/assets/{{digest}}/{{name}}", _ASSETS.respond, include_in_schema=False)
