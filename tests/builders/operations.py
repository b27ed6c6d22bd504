"""The fund's modules, request models and operations, found by walking its packages."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from fastapi import APIRouter
from fastapi.routing import APIRoute

import eligibility_api
from eligibility_api.contract.wire import RequestModel
from eligibility_api.history.endpoints import HISTORY_ROUTERS


def _modules() -> list[ModuleType]:
    names = [module.name for module in pkgutil.walk_packages(eligibility_api.__path__, "eligibility_api.")]
    return [
        importlib.import_module(name)
        for name in names
        if ".migrations." not in name and not name.endswith("__main__")
    ]


MODULES = _modules()


def request_models(model: type[RequestModel] = RequestModel) -> set[type[RequestModel]]:
    """All requests of the fund, which are the subclasses of `RequestModel` in its packages."""
    below = {inner for direct in model.__subclasses__() for inner in {direct, *request_models(direct)}}
    return {inner for inner in below if inner.__module__.startswith("eligibility_api.")}


MODELS = sorted(request_models(), key=lambda model: f"{model.__module__}.{model.__qualname__}")


def routes() -> list[APIRoute]:
    """Every operation of the fund: those of all routers of its modules, without the pages and the sandbox's."""
    modules = [module for module in MODULES if not {"pages", "sandbox"} & set(module.__name__.split("."))]
    routers = [value for module in modules for value in vars(module).values() if isinstance(value, APIRouter)]
    routers += HISTORY_ROUTERS.values()
    found = {id(route): route for router in routers for route in router.routes if isinstance(route, APIRoute)}
    return list(found.values())
