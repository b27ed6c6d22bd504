"""The application of a site: its static files, log-in and pages, the way to the log-in, and the idle sweep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from screens.web.events import event
from screens.web.log_in import routes
from screens.web.site import LogInRequired, Site, is_stream, redirect

_SWEEP_SECONDS = 15.0


def open_site(site: Site[Any], *routers: APIRouter) -> FastAPI:
    """An application with the site's static files, its first page at `/`, its log-in, and the pages of these routers.

    Sessions end with it. Applications share the routes as they are, since FastAPI would build an included router's anew
    for each application.
    """
    app = FastAPI(
        lifespan=lambda _: _sweeping(site),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry={"auto_configure": False},
    )
    app.state.site = site
    app.add_route(f"{site.root}/assets/{{digest}}/{{name}}", site.assets.respond, methods=["GET"])
    app.add_route("/", lambda _: redirect(site.first_page), methods=["GET"])
    for router in (routes(site.root), *routers):
        app.router.routes.extend(router.routes)
    app.add_exception_handler(LogInRequired, _to_log_in)
    return app


def _to_log_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, LogInRequired)
    site: Site[Any] = request.app.state.site
    if is_stream(request):  # a script that wants events would take no other answer
        return Response(event(site.to_log_in(request)), media_type="text/event-stream")
    return redirect(f"{site.root}/login?next={site.own_path(error.path)}")


@asynccontextmanager
async def _sweeping(site: Site[Any]) -> AsyncIterator[None]:
    """End the sessions whose time is over, and every session at the end."""

    async def sweep() -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            await run_in_threadpool(site.sessions.sweep)

    sweeping = asyncio.create_task(sweep())
    try:
        yield
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        site.sessions.end_all()
