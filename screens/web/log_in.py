"""Log-in, log-out, the answer to the idle lock, and how a browser's person wants to see the pages."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response

from screens.operators import MAX_NAME, MAX_PASSWORD
from screens.rendering import Display
from screens.web.sessions import set_session_cookie
from screens.web.site import Site, redirect

_YEAR_SECONDS = 365 * 24 * 3600
_Choice = Annotated[str, Form(max_length=10)]
_Path = Annotated[str, Form(max_length=200)]


def _site(request: Request) -> Site[Any]:
    site: Site[Any] = request.app.state.site
    return site


_ThisSite = Annotated[Site[Any], Depends(_site)]


@cache
def routes(root: str) -> APIRouter:
    """The router of these pages under a path."""
    router = APIRouter(prefix=root)
    router.get("/login")(form)
    router.post("/login")(log_in)
    router.post("/logout")(log_out)
    router.get("/alive")(seconds_left)
    router.post("/alive")(stay)
    router.get("/idle")(idle)
    router.post("/display")(choose_display)
    return router


def form(request: Request, site: _ThisSite, next: str = "") -> Response:
    """The log-in form; a person who is logged in goes on."""
    if site.sessions.find(request.cookies.get(site.session_cookie), is_input=False) is not None:
        return redirect(site.own_path(next))
    return site.page(request, "screens/log_in.html", None, next=site.own_path(next), name="", fault=None)


def log_in(
    request: Request,
    site: _ThisSite,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: _Path = "",
) -> Response:
    """Open an operator's session. The answer is the same whether the name or the password is wrong."""
    name, next = name.strip(), site.own_path(next)

    def refused(fault: str, status: int, **values: int) -> Response:
        text = (fault, values)
        return site.page(
            request, "screens/log_in.html", None, status=status, next=next, name=name[:MAX_NAME], fault=text
        )

    if len(name) > MAX_NAME or len(password) > MAX_PASSWORD:  # nobody's: not an attempt
        return refused("site.login.wrong", 400)

    operator = site.operators.find(name)
    counted = operator.name if operator is not None else ""
    wait = site.attempts.wait_seconds(counted)
    if wait > 0:
        response = refused("site.login.locked", 429, minutes=int(wait // 60) + 1)
        response.headers["Retry-After"] = str(int(wait) + 1)
        return response
    refusal = site.refusal()
    if refusal is not None:
        return refused(refusal, 409)
    # Counted before it is tried: attempts made at the same time cannot outrun the limit.
    site.attempts.fail(counted, exists=operator is not None)
    token = site.log_in(name, password)
    if token is None:
        return refused("site.login.wrong", 401)
    site.attempts.succeed(counted)
    response = redirect(next)
    set_session_cookie(response, site.session_cookie, token)
    return response


def log_out(request: Request, site: _ThisSite, next: _Path = "") -> Response:
    """End the session; the next person comes to the page that is named."""
    site.sessions.end(request.cookies.get(site.session_cookie))
    response = redirect(f"{site.root}/login?next={site.own_path(next)}")
    response.delete_cookie(site.session_cookie, path="/")
    return response


def seconds_left(request: Request, site: _ThisSite) -> Response:
    """For how many seconds the session stays open: another tab may have had input meanwhile."""
    return JSONResponse({"seconds": site.sessions.seconds_left(request.cookies.get(site.session_cookie))})


def idle(request: Request, site: _ThisSite, next: str = "") -> Response:
    """Where a page without script goes that had no input: to the log-in, or to wait while another tab has input."""
    next = site.own_path(next)
    seconds = site.sessions.seconds_left(request.cookies.get(site.session_cookie))
    if not seconds:
        return redirect(f"{site.root}/login?next={next}")
    return site.page(request, "screens/idle.html", None, next=next, seconds=int(seconds))


def stay(request: Request, site: _ThisSite) -> Response:
    """Keep the session open: the person answered the question of the idle lock."""
    site.require_session(request)
    return Response(status_code=204)


def choose_display(
    site: _ThisSite, language: _Choice = "", contrast: _Choice = "", size: _Choice = "", next: _Path = ""
) -> Response:
    """Keep language, contrast and size in a cookie; nothing else is stored in the browser."""
    chosen = Display.of({"language": language, "contrast": contrast, "size": size})
    response = redirect(site.own_path(next))
    response.set_cookie(
        site.display_cookie,
        f"language:{chosen.language}.contrast:{chosen.contrast}.size:{chosen.size}",
        max_age=_YEAR_SECONDS,
        httponly=True,
        samesite="strict",
        path="/",
    )
    return response
