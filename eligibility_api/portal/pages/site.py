"""What all pages of the patient share: rendering, her session's cookie, display, and the forms of days and times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from eligibility_api.contract.days import in_era
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.own_access import PORTAL_PATH
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.domain.own_access import SESSION_LIFE
from eligibility_api.portal.service import page_origin
from eligibility_api.portal.store import OwnSession
from eligibility_api.state import State
from screens.rendering import Display, Renderer
from screens.texts import Texts
from screens.web.assets import Assets

FIRST_PAGE = f"{PORTAL_PATH}/"
INSURANCE_PAGE = f"{PORTAL_PATH}/insurance"

_FOLDER = Path(__file__).parent
_DISPLAY_COOKIE = "shikaku-portal-display"
_YEAR_SECONDS = 365 * 24 * 3600


class Portal:
    """The pages' texts, templates and static files, over the state of the worker."""

    def __init__(self, fund: Callable[[], State]) -> None:
        """`fund`: the worker's state, once it has started."""
        self._fund = fund
        self.assets = Assets(f"{PORTAL_PATH}/assets")
        self.renderer = Renderer(
            Texts.load(_FOLDER / "words"),
            _FOLDER / "templates",
            asset_url=self.assets.url,
            scale="phone",
            filters={"day": day_text, "moment": moment_text},
        )

    @property
    def fund(self) -> State:
        """The worker's state."""
        return self._fund()

    def origin(self) -> str | None:
        """The origin of the pages; None where the fund may not serve them."""
        return page_origin(self.fund.settings)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the pages over HTTPS; otherwise they are on this machine."""
        return (self.origin() or "").startswith("https:")

    def page(self, request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page in the browser's language."""
        html = self.renderer.render(
            template, self.display_of(request), root=PORTAL_PATH, path=request.url.path, **values
        )
        return HTMLResponse(html, status)

    def opened(self, request: Request, template: str, session: OwnSession, **values: Any) -> HTMLResponse:
        """A page of an open session: it says where and when the code was made, and closes by itself."""
        left = max(int((session.until - self.fund.clock()).total_seconds()), 0)
        return self.page(request, template, session=session, seconds_left=left, **values)

    def display_of(self, request: Request) -> Display:
        """How this browser's person wants to see the pages."""
        chosen = request.cookies.get(_DISPLAY_COOKIE, "")[:100]
        return Display.of(dict(part.split(":", 1) for part in chosen.split(".") if ":" in part))

    def keep_display(self, response: Response, language: str, contrast: str) -> None:
        """Keep language and contrast in a cookie; nothing else is stored in the browser beside the session's."""
        chosen = Display.of({"language": language, "contrast": contrast})
        value = f"language:{chosen.language}.contrast:{chosen.contrast}"
        self._set_cookie(response, _DISPLAY_COOKIE, value, _YEAR_SECONDS)

    def token_of(self, request: Request) -> str:
        """The session's token that the browser sent, or nothing; a longer text is none."""
        token = request.cookies.get(self._session_cookie, "")
        return token if len(token) <= _MAX_TOKEN_LENGTH else ""

    def keep_session(self, response: Response, token: str) -> None:
        """Give the browser the session's token: for this site alone, unreadable for scripts, sent nowhere else."""
        self._set_cookie(response, self._session_cookie, token, int(SESSION_LIFE.total_seconds()))

    def forget_session(self, response: Response) -> None:
        """Let the browser drop the token, and whatever it kept of the pages."""
        response.delete_cookie(
            self._session_cookie, path="/", secure=self.is_secure, httponly=True, samesite="strict"
        )
        response.headers["Clear-Site-Data"] = '"cache"'

    @property
    def _session_cookie(self) -> str:
        # With this prefix a browser takes the cookie only over HTTPS, from this very host, and for all of it.
        return "__Host-shikaku-portal" if self.is_secure else "shikaku-portal"

    def _set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="strict",
        )


_MAX_TOKEN_LENGTH = 64


async def current_portal(request: Request) -> Portal:
    """FastAPI dependency: the pages' own state."""
    portal = request.app.state.portal
    assert isinstance(portal, Portal)
    return portal


async def current_token(request: Request) -> str:
    """FastAPI dependency: the session's token. Raises `own-session-ended` where the browser has none."""
    token = (await current_portal(request)).token_of(request)
    if not token:
        raise ShikakuError("own-session-ended")
    return token


ThisPortal = Annotated[Portal, Depends(current_portal)]
Token = Annotated[str, Depends(current_token)]


def redirect(path: str) -> RedirectResponse:
    """Let the browser get another page after an action."""
    return RedirectResponse(path, 303)


def day_text(day: date | datetime, language: str) -> str:
    """A day as a patient reads it: 令和8年11月30日, or 30 November 2026."""
    day = day_in_japan(day) if isinstance(day, datetime) else day
    return in_era(day) if language == "ja" else f"{day.day} {day:%B %Y}"


def moment_text(instant: datetime, language: str) -> str:
    """An instant as a patient reads it, in Japan's time: 令和8年11月30日 14時05分."""
    local = instant.astimezone(JAPAN)
    time = f"{local.hour}時{local:%M}分" if language == "ja" else f"{local:%H:%M}"
    return f"{day_text(local.date(), language)} {time}"
