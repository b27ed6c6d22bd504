"""The busiest endpoints: each is declared where it is, and found here by its path.

What is declared is what the server needs to admit requests (`web/server/request_kind.py`); the fast paths answer the
same endpoints with fewer layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from eligibility_api.web.server.request_kind import USUAL, RequestKind

EndpointT = TypeVar("EndpointT", bound=Callable[..., Any])

_ATTRIBUTE = "__request_kind__"


def busy(*, cost: int, continues_visit: bool = False) -> Callable[[EndpointT], EndpointT]:
    """Declare an endpoint as one of the busiest; below its `@router.…`, on its function. See `RequestKind`.

    Costs are rough, from docs/benchmarks.md: what matters is that a consent is no challenge.
    """
    kind = RequestKind(cost, continues_visit)

    def declared(endpoint: EndpointT) -> EndpointT:
        setattr(endpoint, _ATTRIBUTE, kind)
        return endpoint

    return declared


def declared_kind(endpoint: Callable[..., Any]) -> RequestKind | None:
    """What was declared of an endpoint; None if it is not one of the busiest."""
    kind: RequestKind | None = getattr(endpoint, _ATTRIBUTE, None)
    return kind


class BusyRoute(NamedTuple):
    """A route, and what was declared of its endpoint."""

    route: APIRoute
    kind: RequestKind
    methods: frozenset[str]


class BusyRoutes:
    """The busiest routes by their paths: without a parameter, or with one before the last part."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        """Choose those of `routes` whose endpoint is declared. Raises ValueError for another form of path."""
        self._by_path: dict[str, BusyRoute] = {}
        self._by_parts: dict[tuple[str, str], BusyRoute] = {}
        for route in routes:
            kind = declared_kind(route.endpoint) if isinstance(route, APIRoute) else None
            if not isinstance(route, APIRoute) or kind is None:
                continue
            busy_route = BusyRoute(route, kind, frozenset(route.methods or ()))
            before, parameter, last = route.path.partition("{")
            if not parameter:
                self._by_path[route.path] = busy_route
                continue
            _, _, last = last.partition("}/")
            if not before.endswith("/") or not last or "{" in last or "/" in last:
                raise ValueError(f"{route.path} has no parameter before its last part")
            self._by_parts[before[:-1], last] = busy_route

    def __iter__(self) -> Iterator[BusyRoute]:
        return iter((*self._by_path.values(), *self._by_parts.values()))

    def find(self, path: str) -> tuple[BusyRoute | None, str]:
        """The route of a path, and the text of its parameter; the parameter is not validated."""
        found = self._by_path.get(path)
        if found is not None:
            return found, ""
        before, _, last = path.rpartition("/")
        address, _, parameter = before.rpartition("/")
        return self._by_parts.get((address, last)), parameter

    def kind_of(self, path: str) -> RequestKind:
        """What the server must know of a request to a path."""
        found, _ = self.find(path)
        return found.kind if found is not None else USUAL
