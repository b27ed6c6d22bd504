"""The application of a sandbox's worker: that of production, with the sandbox's routes and faults around it."""

from __future__ import annotations

import asyncio
from random import Random, SystemRandom

import httpx2
from fastapi import FastAPI
from starlette.middleware import Middleware

from eligibility_api.app import create
from eligibility_api.platform.settings import Settings
from eligibility_api.sandbox import docs, endpoints
from eligibility_api.sandbox.jlis import FaultyRegister
from eligibility_api.sandbox.middleware import SandboxMiddleware, Sleep
from eligibility_api.sandbox.store import SandboxStore


def create_app() -> FastAPI:
    """Create the application of one worker, configured by its environment (uvicorn's factory)."""
    settings = Settings()
    assert settings.sandbox
    app = create(settings, transport=FaultyRegister(httpx2.AsyncHTTPTransport()))
    return add_sandbox(app, SandboxStore(settings.home))


def add_sandbox(
    app: FastAPI, store: SandboxStore, random: Random | None = None, sleep: Sleep = asyncio.sleep
) -> FastAPI:
    """Add the sandbox to an application, inside of its access log and outside of everything that answers.

    `random`: what the strict mode draws, by default something else at every start. `sleep`: how a slow answer waits.
    """
    app.state.sandbox = store
    app.include_router(endpoints.router)
    app.include_router(docs.router)
    around = Middleware(SandboxMiddleware, store=store, random=random or SystemRandom(), sleep=sleep)
    app.user_middleware.insert(1, around)
    return app
