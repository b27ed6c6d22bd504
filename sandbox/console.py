"""The state of the console: its services, persons, texts and templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from sandbox.persons import Persons
from sandbox.services import FundSandbox, VirtualReader
from screens.rendering import Display, Renderer
from screens.texts import Texts
from screens.web.assets import Assets

ROOT = "/console"

_FOLDER = Path(__file__).parent
_DISPLAY_COOKIE = "console-display"
_YEAR_SECONDS = 365 * 24 * 3600
_JAPAN = ZoneInfo("Asia/Tokyo")


class Console:
    """Everything that the pages share. Nobody logs in: a sandbox has no real person, and the console is for this machine."""

    def __init__(
        self,
        fund: FundSandbox,
        readers: Sequence[VirtualReader],
        persons: Persons,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.fund, self.readers, self.persons, self.now = fund, tuple(readers), persons, clock
        self.assets = Assets(f"{ROOT}/assets")
        self.renderer = Renderer(
            Texts.load(_FOLDER / "words"),
            _FOLDER / "templates",
            asset_url=self.assets.url,
            filters={"clock": _clock},
        )

    def page(self, request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page in the browser's language."""
        path = request.url.path
        html = self.renderer.render(template, self.display_of(request), root=ROOT, path=path, **values)
        return HTMLResponse(html, status)

    def display_of(self, request: Request) -> Display:
        """How this browser's person wants to see the pages."""
        chosen = request.cookies.get(_DISPLAY_COOKIE, "")[:100]
        return Display.of(dict(part.split(":", 1) for part in chosen.split(".") if ":" in part))

    def keep_display(self, response: RedirectResponse, language: str, contrast: str) -> None:
        """Keep language and contrast in a cookie; nothing else is stored in the browser."""
        chosen = Display.of({"language": language, "contrast": contrast})
        value = f"language:{chosen.language}.contrast:{chosen.contrast}"
        response.set_cookie(
            _DISPLAY_COOKIE, value, max_age=_YEAR_SECONDS, path=ROOT, httponly=True, samesite="strict"
        )


def current_console(request: Request) -> Console:
    """The console of an application."""
    console: Console = request.app.state.console
    return console


ThisConsole = Annotated[Console, Depends(current_console)]


def redirect(path: str) -> RedirectResponse:
    """Let the browser get another page after an action."""
    return RedirectResponse(path, 303)


def _clock(seconds: float) -> str:
    """An instant (seconds since 1970) as a clock in Japan shows it."""
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone(_JAPAN):%H:%M:%S}"
