"""Request bodies of up to thousands of rows: parsed in a thread, so that no card check waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

Model = TypeVar("Model", bound=BaseModel)

_MODE: Literal["validation"] = "validation"
_REFERENCES = "#/components/schemas/{model}"


async def _body(request: Request) -> bytes:
    return await request.body()


class LargeBody(Generic[Model]):
    """A dependency that parses a JSON body as a model.

    Not async, so that the framework calls it in a thread. A body of 3 MB takes a tenth of a second, of which the event
    loop then waits for a third at most at a time.
    """

    def __init__(self, model: type[Model]) -> None:
        self.model = model

    def __call__(self, body: Annotated[bytes, Depends(_body)]) -> Model:
        """The request. Raises RequestValidationError, as the framework does."""
        try:
            return self.model.model_validate_json(body)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            raise RequestValidationError(
                [fault | {"loc": ("body", *fault["loc"])} for fault in faults]
            ) from None


def describe_large_bodies(document: dict[str, Any], routes: Sequence[BaseRoute]) -> None:
    """Add the bodies that the framework does not know of, and their schemas, to an OpenAPI document."""
    models: dict[str, type[BaseModel]] = {}
    for route in iter_route_contexts(routes):
        if isinstance(route.original_route, APIRoute):
            for model in _models(route.original_route):
                models[model.__name__] = model
                _describe(document["paths"][route.path_format], model)
    _, schemas = models_json_schema(
        [(models[name], _MODE) for name in sorted(models)], ref_template=_REFERENCES
    )
    document.setdefault("components", {}).setdefault("schemas", {}).update(schemas.get("$defs", {}))


def _describe(operations: dict[str, Any], model: type[BaseModel]) -> None:
    """Each has a path of its own for POST."""
    schema = {"$ref": _REFERENCES.format(model=model.__name__)}
    operations["post"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": schema}},
    }


def _models(route: APIRoute) -> list[type[BaseModel]]:
    calls = (dependency.call for dependency in route.dependant.dependencies)
    return [call.model for call in calls if isinstance(call, LargeBody)]
