"""A scene for inflictors, without a house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from loadtest.faults.fault import FaultContext, Window

NOW = Window(0.0, 0.0)


class FakeThere:
    """TargetEnvironment whose programs are a function: told words and variables, it says something."""

    fund_url = "http://127.0.0.1:1"

    def __init__(self, said: Callable[[tuple[str, ...]], str] = lambda _: "") -> None:
        self.asked: list[tuple[str, ...]] = []
        self.variables: list[Mapping[str, str]] = []
        self._said = said

    def ask(self, program: str, *words: str | Path, variables: Mapping[str, str]) -> str:
        self.variables.append(variables)
        return self._note((program, *map(str, words)))

    def run(self, program: str, *commands: tuple[str, ...]) -> str:
        return "".join(self._note((program, *words)) for words in commands)

    def _note(self, words: tuple[str, ...]) -> str:
        self.asked.append(words)
        return self._said(words)


def fault_context(
    target: FakeThere | None = None,
    *,
    folder: Path = Path(),
    dataset: object = None,
    window: Window = NOW,
    checks_per_s: float = 30.0,
) -> FaultContext:
    """Where a fault is inflicted; nothing is told to anybody."""
    somewhere = cast(Any, target or FakeThere())
    somebody = cast(Any, dataset or SimpleNamespace())
    return FaultContext(somewhere, somebody, folder, checks_per_s, window, lambda _: None)
