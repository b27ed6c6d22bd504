"""FastAPI's smallest route: what the framework costs before anything is done with it."""

from __future__ import annotations

from fastapi import FastAPI


def build() -> FastAPI:
    """The application."""
    app = FastAPI()

    @app.get("/")
    async def smallest() -> dict[str, str]:
        return {"message": "hello"}

    return app
