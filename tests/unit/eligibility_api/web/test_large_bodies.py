"""Bodies of many rows are parsed in a thread, and described like all others."""

from __future__ import annotations

import threading
from typing import Annotated

import httpx2
import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel, Field, field_validator

from eligibility_api.app import LARGER_BODIES
from eligibility_api.contract.claims import CLAIMS_PATH
from eligibility_api.uploads import endpoints as uploads
from eligibility_api.web.description import DescribedAPI
from eligibility_api.web.large_bodies import LargeBody
from tests.builders.operations import routes

FILES = {uploads.PATH, CLAIMS_PATH}
"""Stored as they come, and never parsed by a worker."""

PARSING_THREADS: list[int] = []


class Rows(BaseModel):
    """A body."""

    rows: list[int] = Field(min_length=1, max_length=3)

    @field_validator("rows")
    @classmethod
    def _thread(cls, rows: list[int]) -> list[int]:
        PARSING_THREADS.append(threading.get_ident())
        return rows


@pytest.fixture
def app() -> FastAPI:
    app = DescribedAPI()

    @app.post("/rows")
    async def add(rows: Annotated[Rows, Depends(LargeBody(Rows))]) -> int:
        return len(rows.rows)

    return app


async def post(app: FastAPI, content: bytes) -> httpx2.Response:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://fund") as client:
        return await client.post("/rows", content=content)


@pytest.mark.parametrize("path", sorted(set(LARGER_BODIES) - FILES))
def test_every_body_that_may_be_large_is_parsed_in_a_thread(path: str) -> None:
    [route] = [route for route in routes() if route.path_format == path and route.methods == {"POST"}]
    assert any(isinstance(dependency.call, LargeBody) for dependency in route.dependant.dependencies)


@pytest.mark.anyio
async def test_the_event_loop_does_not_parse(app: FastAPI) -> None:
    PARSING_THREADS.clear()
    answer = await post(app, b'{"rows": [1, 2]}')
    assert (answer.status_code, answer.json()) == (200, 2)
    assert PARSING_THREADS
    assert threading.get_ident() not in PARSING_THREADS


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", ["body"]),
        (b"{", ["body"]),
        (b"{}", ["body", "rows"]),
        (b'{"rows": []}', ["body", "rows"]),
        (b'{"rows": ["x"]}', ["body", "rows", 0]),
        (b'{"rows": [1, 2, 3, 4]}', ["body", "rows"]),
        (b'{"rows": [1], "rows\xff": 1}', ["body"]),
    ],
    ids=["empty", "truncated", "missing", "too few", "wrong type", "too many", "not UTF-8"],
)
@pytest.mark.anyio
async def test_what_the_model_refuses_is_refused_with_its_place(
    app: FastAPI, content: bytes, place: list[object]
) -> None:
    answer = await post(app, content)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == place
    assert "input" not in answer.json()["detail"][0]


def test_the_body_is_described(app: FastAPI) -> None:
    document = app.openapi()
    [media] = document["paths"]["/rows"]["post"]["requestBody"]["content"].values()
    assert media["schema"] == {"$ref": "#/components/schemas/Rows"}
    assert document["components"]["schemas"]["Rows"]["required"] == ["rows"]
