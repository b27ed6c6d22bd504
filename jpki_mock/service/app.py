"""Builds the HTTP application of J-LIS."""

from fastapi import FastAPI

from jpki_mock.clock import Clock, system_clock
from jpki_mock.jlis import Jlis
from jpki_mock.service import problems
from jpki_mock.service.fund import BATCH_PATH, fund_routes
from jpki_mock.service.limits import BodyLimit
from jpki_mock.service.public import public_routes

BODY_LIMIT = 16 * 1024
"""Bytes; all valid requests except batches have at most a few hundred."""

BATCH_BODY_LIMIT = 16 * 1024 * 1024
"""Bytes; 5,000 people with items of maximum length, as JSON in UTF-8."""


def create_app(jlis: Jlis, clock: Clock = system_clock) -> FastAPI:
    """Return the application over an opened J-LIS, which the caller closes."""
    # The interactive documentation would load scripts from another host.
    app = FastAPI(
        title="Synthetic J-LIS",
        version="1",
        docs_url=None,
        redoc_url=None,
        telemetry={"auto_configure": False},
    )
    problems.install(app)
    app.add_middleware(BodyLimit, limit=BODY_LIMIT, larger={BATCH_PATH: BATCH_BODY_LIMIT})
    app.include_router(public_routes(jlis, clock))
    app.include_router(fund_routes(jlis, clock))
    return app
