"""The busiest endpoints are declared where they are, and found by their path."""

from __future__ import annotations

import pytest
from fastapi import APIRouter

from eligibility_api.web.busy_routes import BusyRoutes, busy, declared_kind
from eligibility_api.web.server.request_kind import USUAL, RequestKind


@pytest.fixture
def routes() -> BusyRoutes:
    router = APIRouter(prefix="/v1")

    @router.post("/check")
    @busy(cost=13, continues_visit=True)
    async def check() -> None: ...

    @router.get("/permits/{permit_id}/medicines")
    @busy(cost=9)
    async def medicines(permit_id: str) -> None: ...

    @router.post("/rare")
    async def rare() -> None: ...

    return BusyRoutes(router.routes)


@pytest.mark.parametrize(
    ("path", "kind", "parameter"),
    [
        ("/v1/check", RequestKind(13, continues_visit=True), ""),
        ("/v1/permits/7/medicines", RequestKind(9), "7"),
        ("/v1/permits//medicines", RequestKind(9), ""),
        ("/v1/permits/%2F/medicines", RequestKind(9), "%2F"),
    ],
)
def test_a_busy_endpoint_is_found_by_its_path(
    routes: BusyRoutes, path: str, kind: RequestKind, parameter: str
) -> None:
    found, text = routes.find(path)
    assert found is not None
    assert (found.kind, text) == (kind, parameter)
    assert routes.kind_of(path) == kind


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/v1",
        "/v1/",
        "/v1/rare",
        "/v1/check/",
        "//v1/check",
        "/v1/permits/medicines",
        "/v1/permits/7/medicines/",
        "/v1/permits/7/8/medicines",
        "/permits/7/medicines",
        "/" * 8_192,
    ],
)
def test_every_other_path_is_usual(routes: BusyRoutes, path: str) -> None:
    found, _ = routes.find(path)
    assert found is None
    assert routes.kind_of(path) == USUAL


@pytest.mark.parametrize("path", ["/{a}", "/x/{a}", "/x/{a}/{b}", "/x/{a}/y/z", "/x{a}/y", "/{a}/y/{b}"])
def test_another_form_of_path_cannot_be_declared(path: str) -> None:
    router = APIRouter()

    @busy(cost=1)
    async def endpoint() -> None: ...

    router.add_api_route(path, endpoint)
    with pytest.raises(ValueError, match="no parameter before its last part"):
        BusyRoutes(router.routes)


def test_an_endpoint_that_is_not_declared_has_no_kind() -> None:
    async def endpoint() -> None: ...

    assert declared_kind(endpoint) is None
    assert declared_kind(busy(cost=2)(endpoint)) == RequestKind(2)
