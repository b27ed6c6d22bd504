"""Log-in, log-out, and how a browser's person wants to see the pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from payer_mock.web.desk import (
    DISPLAY_COOKIE,
    ROOT,
    SESSION_COOKIE,
    AtDesk,
    current_key,
    own_path,
    page,
    redirect,
)
from screens.operators import MAX_NAME, MAX_PASSWORD
from screens.rendering import Display
from screens.web.sessions import set_session_cookie

router = APIRouter(prefix=ROOT)

_YEAR_SECONDS = 365 * 24 * 3600
_Choice = Annotated[str, Form(max_length=10)]
_Path = Annotated[str, Form(max_length=200)]


@router.get("/login")
def form(request: Request, desk: AtDesk, next: str = ROOT) -> Response:
    """The log-in form; a person who is logged in goes on."""
    if desk.sessions.find(request.cookies.get(SESSION_COOKIE)) is not None:
        return redirect(own_path(next))
    return page(request, "log_in.html", None, next=own_path(next), name="", fault=None)


@router.post("/login")
def log_in(
    request: Request,
    desk: AtDesk,
    name: Annotated[str, Form(max_length=MAX_NAME)] = "",
    password: Annotated[str, Form(max_length=MAX_PASSWORD)] = "",
    next: _Path = ROOT,
) -> Response:
    """Open the key of an operator. The answer is the same whether the name or the password is wrong."""
    name = name.strip()

    def refused(fault: str, status: int, **values: int) -> Response:
        text = (fault, values)
        return page(request, "log_in.html", None, status=status, next=own_path(next), name=name, fault=text)

    operator = desk.operators.find(name)
    counted = operator.name if operator is not None else ""
    wait = desk.attempts.wait_seconds(counted)
    if wait > 0:
        response = refused("login.locked", 429, minutes=int(wait // 60) + 1)
        response.headers["Retry-After"] = str(int(wait) + 1)
        return response
    if desk.is_sending():
        return refused("login.sending", 409)
    # Counted before it is tried: attempts made at the same time cannot outrun the limit.
    desk.attempts.fail(counted, exists=operator is not None)
    token = desk.log_in(name, password)
    if token is None:
        return refused("login.wrong", 401)
    desk.attempts.succeed(counted)
    response = redirect(own_path(next))
    set_session_cookie(response, SESSION_COOKIE, token)
    return response


@router.post("/logout")
def log_out(request: Request, desk: AtDesk, next: _Path = ROOT) -> Response:
    """End the session, and drop its key; the next person comes to the page that is named."""
    desk.sessions.end(request.cookies.get(SESSION_COOKIE))
    response = redirect(f"{ROOT}/login?next={own_path(next)}")
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


@router.post("/alive", dependencies=[Depends(current_key)])
def stay() -> Response:
    """Keep the session open: the person answered the question of the idle lock."""
    return Response(status_code=204)


@router.post("/display")
def choose_display(
    language: _Choice = "", contrast: _Choice = "", size: _Choice = "", next: _Path = ROOT
) -> Response:
    """Keep language, contrast and size in a cookie; nothing else is stored in the browser."""
    chosen = Display.of({"language": language, "contrast": contrast, "size": size})
    response = redirect(own_path(next))
    response.set_cookie(
        DISPLAY_COOKIE,
        f"language:{chosen.language}.contrast:{chosen.contrast}.size:{chosen.size}",
        max_age=_YEAR_SECONDS,
        httponly=True,
        samesite="strict",
        path="/",
    )
    return response
