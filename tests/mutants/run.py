"""Runs tests against a mutant of a module, in a forked child that imports the mutant instead of the module."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.abc
import importlib.util
import os
import pkgutil
import signal
import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

_POLL_SECONDS = 0.01
_ARGUMENTS = ["-x", "-q", "--noconftest", "--assert=plain", "-p", "no:cacheprovider"]
_OVERRIDES = ["-o", "addopts=--import-mode=importlib", "-o", "filterwarnings="]


class Importer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module as changed."""

    def __init__(self, name: str, path: Path, module: ast.Module) -> None:
        self.name, self.path, self.module = name, path, module

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.module, str(self.path), "exec"), module.__dict__)


def preload(package: str) -> None:
    """Import a package's modules, which the children then share; none of them may import what is mutated."""
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        importlib.import_module(module.name)


def survives(importer: Importer, tests: Sequence[str], *, limit: float) -> bool:
    """Whether all tests pass with a mutant; not if they take longer than `limit` seconds."""
    assert importer.name not in sys.modules
    child = os.fork()
    if child == 0:
        _test(importer, tests)
    ends = time.monotonic() + limit
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(_POLL_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _test(importer: Importer, tests: Sequence[str]) -> NoReturn:
    code = 1
    try:
        os.setsid()
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, sys.stdout.fileno())
        os.dup2(quiet, sys.stderr.fileno())
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        settings.register_profile(
            "mutants", max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        settings.load_profile("mutants")
        sys.meta_path.insert(0, importer)
        code = pytest.main([*_ARGUMENTS, *_OVERRIDES, *tests])
    finally:
        os._exit(code)
