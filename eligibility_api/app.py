"""The fund's API as an ASGI application: routers, middleware, problem answers, shared state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from functools import lru_cache  # noqa: TID251 - of the application
from typing import TYPE_CHECKING, Any, cast

import httpx2
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from eligibility_api import health
from eligibility_api.audit import endpoints as audit
from eligibility_api.audit import log_endpoints as audit_log
from eligibility_api.batches import endpoints as batches
from eligibility_api.checkups import endpoints as checkups
from eligibility_api.claims import endpoints as claims
from eligibility_api.consent import endpoints as consent
from eligibility_api.consent.grant import GRANTS, PRECHECKS
from eligibility_api.contract.claims import CLAIMS_PATH
from eligibility_api.contract.own_access import PORTAL_PATH
from eligibility_api.contract.tokens import TOKEN_PATH
from eligibility_api.database.connections import Database
from eligibility_api.database.dsn import dsn
from eligibility_api.dependencies import RightsFirstRoute
from eligibility_api.duplicates import endpoints as duplicates
from eligibility_api.eligibility import endpoints as eligibility
from eligibility_api.eligibility.by_number import NUMBERS
from eligibility_api.eligibility.store import CARDS
from eligibility_api.emergency import endpoints as emergency
from eligibility_api.enrolment import endpoints as enrolment
from eligibility_api.facilities import endpoints as facilities
from eligibility_api.facilities.store import FIND_CLIENTS, USE_ASSERTIONS
from eligibility_api.fast_path import FastPath, with_body
from eligibility_api.fhir import endpoints as fhir
from eligibility_api.history import endpoints as history
from eligibility_api.history.fast_path import of_histories
from eligibility_api.history.store import HISTORIES
from eligibility_api.insurer_ops import endpoints as insurer_ops
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.sql import Statement
from eligibility_api.platform.telemetry import close_telemetry, set_up_telemetry
from eligibility_api.portal import endpoints as portal
from eligibility_api.portal.pages.app import create_pages
from eligibility_api.prescriptions import endpoints as prescriptions
from eligibility_api.presence import endpoints as presence
from eligibility_api.processes.process import (
    die_with_parent,
    exclude_from_garbage_collection,
    max_open_files,
    name_process,
)
from eligibility_api.references import endpoints as references
from eligibility_api.registration import endpoints as registration
from eligibility_api.state import State, open_state
from eligibility_api.status import endpoints as status
from eligibility_api.status.board import Board
from eligibility_api.tickets import endpoints as tickets
from eligibility_api.uploads import endpoints as uploads
from eligibility_api.web import problem_pages, problems
from eligibility_api.web.busy_routes import BusyRoutes
from eligibility_api.web.description import DescribedAPI
from eligibility_api.web.description.served import DESCRIPTION_PATH, ServedDescription
from eligibility_api.web.server.admission import APP_STATE_KEY, Admission
from eligibility_api.web.server.limits import BodyLimits, ServerLimits
from eligibility_api.web.tracing import tracing_by
from eligibility_api.webhooks import endpoints as webhooks

if TYPE_CHECKING:
    from eligibility_api.platform.export import Export

log = structlog.get_logger()

OPEN_PATHS = (TOKEN_PATH, *audit_log.OPEN_PATHS)
"""The paths under `/v1/` that the server answers without a token."""

MAX_BODY_BYTES = 64 * 1024
"""Default limit of a request body: a proof has about 3 kB."""

LARGER_BODIES: dict[str, int] = {
    "/v1/eligibility/batches": 6 * 1024 * 1024,
    references.BULK_PATH: references.BULK_BYTES,
    "/v1/medical-tickets": 1024 * 1024,
    "/v1/medical-tickets/withdraw": 1024 * 1024,
    uploads.PATH: 16 * 1024**3,
    CLAIMS_PATH: 16 * 1024**3,
    checkups.PATH: checkups.MAX_BYTES,
}
"""Body limits of the paths that accept more, in bytes; `FUND_UPLOAD_MAX_BYTES` replaces those of files."""

_PACKAGES = (
    facilities,
    presence,
    eligibility,
    audit,
    audit_log,
    registration,
    consent,
    enrolment,
    insurer_ops,
    tickets,
    batches,
    references,
    uploads,
    claims,
    history,
    prescriptions,
    duplicates,
    checkups,
    emergency,
    portal,
    webhooks,
    fhir,
)
"""The packages with endpoints of the fund's interface, in the order of its document."""

_DESCRIPTION = """\
An open stand-in for オンライン資格確認: a card proves who is present, the fund answers whose insurance is valid.

Every error is a problem document (RFC 9457) with a stable `code`, a sentence for the reception in Japanese and
English, and one for the engineer. A technical failure is never an answer about a person.
"""

OpenState = Callable[[], AbstractAsyncContextManager[State]]


def build(state: OpenState, *, watch: bool = False, export: Export | None = None) -> FastAPI:
    """Build the application; `state` is opened at its startup and closed at its shutdown.

    `watch`: note changes of the service's state while nobody asks for it, too. `export`: where its traces go.
    """
    tracing = tracing_by(export)
    board = Board()
    routers = [*(package.router for package in _PACKAGES), *history.HISTORY_ROUTERS.values()]
    busy_routes = BusyRoutes(route for router in routers for route in router.routes)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Admission]]:
        """Open the state; while it is open the server admits requests."""
        async with state() as fund:
            app.state.fund = fund
            admission = _admission(fund, busy_routes)
            if [middleware.cls for middleware in app.user_middleware] == [cast(Any, tracing.access_log)]:
                # Another middleware, such as the sandbox's, receives every request.
                admission.answer_directly = tracing.direct(fast_path(fund, busy_routes).answer)
            async with admission.sweeping(), board.watching(fund) if watch else nullcontext():
                yield {APP_STATE_KEY: admission}

    app = DescribedAPI(
        title="Shikaku eligibility API",
        version="1",
        summary="オンライン資格確認の代わりに動く、公開の支払基金 / An open stand-in for the payment fund",
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        openapi_url=None,  # see below: it is rendered once
        # The interactive pages load their scripts from another host.
        docs_url=None,
        redoc_url=None,
        telemetry=tracing.of_framework,
    )
    app.state.board = board
    for package in _PACKAGES:
        app.include_router(package.router)
    app.include_router(health.router)
    app.include_router(status.router)
    app.include_router(problem_pages.router)
    _serve_description(app)
    _serve_pages(app)
    problems.install_error_handlers(app)
    app.add_middleware(tracing.access_log)
    return app


def fast_path(state: State, routes: BusyRoutes) -> FastPath:
    """The fast path for those of the busiest routes whose requests it can prepare."""
    prepared = {
        busy.route.path: with_body(busy.route) for busy in routes if isinstance(busy.route, RightsFirstRoute)
    }
    return FastPath(state, routes, prepared | of_histories(history.HISTORY_ROUTERS))


def _serve_description(app: FastAPI) -> None:
    @app.get(DESCRIPTION_PATH, include_in_schema=False)
    async def description(request: Request) -> Response:
        """The interface's description, for which no token is needed."""
        return _description(app).respond(request)


def _serve_pages(app: FastAPI) -> None:
    """The patients' own pages; the address that they type has no slash at its end."""

    def fund() -> State:
        state: State = app.state.fund
        return state

    app.mount(PORTAL_PATH, create_pages(fund))
    app.add_route(PORTAL_PATH, lambda _: RedirectResponse(f"{PORTAL_PATH}/"), include_in_schema=False)


@lru_cache(maxsize=1)
def _description(app: FastAPI) -> ServedDescription:
    """The interface's description, rendered once: it takes a second, and anybody may ask for it."""
    return ServedDescription(app.openapi())


def _admission(state: State, busy_routes: BusyRoutes) -> Admission:
    """The limits of this process for connections and requests."""
    file_bytes = state.settings.upload_max_bytes
    larger = LARGER_BODIES | {uploads.PATH: file_bytes, CLAIMS_PATH: file_bytes}
    limits = ServerLimits.of(
        state.settings,
        BodyLimits(MAX_BODY_BYTES, larger),
        max_open_files(),
        (TOKEN_PATH, *audit_log.OPEN_PATHS),
    )
    return Admission(
        limits,
        lambda token, certificate: state.tokens.read(token, state.clock(), certificate).client_id.int,
        asyncio.get_running_loop().time,
        busy_routes.kind_of,
    )


@asynccontextmanager
async def writing_refusals(opened: AbstractAsyncContextManager[State]) -> AsyncIterator[State]:
    """Write refusals in the background meanwhile, and the last ones at the end."""
    async with opened as state:
        writing = asyncio.create_task(state.refusals.run(state.database))
        try:
            yield state
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing


@asynccontextmanager
async def warmed_up(opened: AbstractAsyncContextManager[State]) -> AsyncIterator[State]:
    """Plan the busiest statements on all connections meanwhile. The worker serves before it is done, and without it."""

    async def warm_up() -> None:
        try:
            await state.database.warm_up([statement.text for statement in busiest_statements().values()])
        except (
            Exception
        ) as error:  # such as a database that is not migrated yet: a request plans for itself then
            log.warning("not_warmed_up", cause=type(error).__name__)

    async with opened as state:
        warming = asyncio.create_task(warm_up())
        try:
            yield state
        finally:
            warming.cancel()
            with suppress(asyncio.CancelledError):
                await warming


def busiest_statements() -> dict[str, Statement]:
    """The statements of the fast path, of histories, and of signing in, by name; rendered in `eligibility_api/sql/`."""
    histories = {
        f"{kind.name.replace('.', '_').replace('-', '_')}{end}": statement
        for kind in HISTORIES.values()
        for end, statement in (("", kind.alone), ("_together", kind.together))
    }
    return {
        "client": FIND_CLIENTS.alone,
        "clients_together": FIND_CLIENTS.together,
        "assertion": USE_ASSERTIONS.alone,
        "assertions_together": USE_ASSERTIONS.together,
        "card": CARDS.alone,
        "cards_together": CARDS.together,
        "number": NUMBERS.alone,
        "numbers_together": NUMBERS.together,
        "consent_challenge": PRECHECKS.alone,
        "consent_challenges_together": PRECHECKS.together,
        "consent": GRANTS.alone,
        "consents_together": GRANTS.together,
        **histories,
    }


def create_app() -> FastAPI:
    """Create the application of one worker, configured by its environment (uvicorn's factory)."""
    return create(Settings())


def create(settings: Settings, *, transport: httpx2.AsyncBaseTransport | None = None) -> FastAPI:
    """Create the application of one worker. `transport`: to J-LIS, in place of the usual one."""
    die_with_parent()
    name_process("fund-api")
    export = set_up_telemetry(settings, "fund-api")
    database = _database(settings, export)
    app = _PREPARED.pop() if _PREPARED and export is None else _application_of_a_worker(export)
    app.state.open = lambda: _closing_telemetry(
        warmed_up(
            writing_refusals(
                open_state(
                    settings,
                    load_keys(KeyFiles.of(settings)),
                    database,
                    clock=system_clock,
                    transport=transport,
                )
            )
        ),
        export,
    )
    exclude_from_garbage_collection()
    return app


@asynccontextmanager
async def _closing_telemetry(
    opened: AbstractAsyncContextManager[State], export: Export | None
) -> AsyncIterator[State]:
    """A worker's state, and behind it the end of its log and traces: uvicorn ends the process by the signal that stopped it."""
    async with opened as state:
        yield state
    await asyncio.to_thread(close_telemetry, export)


def _database(settings: Settings, export: Export | None) -> Database:
    address, connections = dsn(settings, "api"), settings.pool_connections
    if export is None:
        return Database(address, pool_connections=connections)
    from eligibility_api.database.traced import TracedDatabase

    return TracedDatabase(address, tracer=export.tracer, pool_connections=connections)


_PREPARED: list[FastAPI] = []
"""The application of this process's worker, if it was prepared in the process that this one was forked from."""


def prepare() -> None:
    """Build the application of the workers that will be forked from this process. It reads no setting and opens nothing."""
    _PREPARED.append(_application_of_a_worker(None))


def _application_of_a_worker(export: Export | None) -> FastAPI:
    """The application; its state is opened by `app.state.open`."""

    def state() -> AbstractAsyncContextManager[State]:
        opened: AbstractAsyncContextManager[State] = app.state.open()
        return opened

    app = build(state, watch=True, export=export)
    _description(app)  # now, when nobody waits for it
    return app
