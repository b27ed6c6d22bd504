"""Locust's runner as a master sees it, and what workers report."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from loadtest.conductor.orders import FIGURES, HELLO, READY, version


class FakeRunner:
    """Keeps what was sent as (message, worker, data)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any]] = []
        self.listeners: dict[str, Any] = {}

    def register_message(self, name: str, listener: Any) -> None:
        self.listeners[name] = listener

    def send_message(self, name: str, data: Any, client_id: str) -> None:
        self.sent.append((name, client_id, data))

    def hello(self, client_id: str, claimed: str | None = None) -> None:
        """A worker introduces itself, with the sources of the master unless it claims others."""
        data = {"version": version() if claimed is None else claimed}
        self.listeners[HELLO](msg=SimpleNamespace(node_id=client_id, data=data))

    def figures(self, client_id: str, answers: Any = (), done: bytes | None = None, **report: Any) -> None:
        """A worker reports."""
        usual = {"state": READY, "cpu_seconds": 1.0, "drained": False, "run": 1, "failure": ""}
        data = {"report": usual | report, "answers": answers, "done": done}
        self.listeners[FIGURES](msg=SimpleNamespace(node_id=client_id, data=data))
