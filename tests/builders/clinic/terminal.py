"""A configured terminal whose commands run in the test's own process."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
from typer.testing import CliRunner, Result

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.pcsc import Reader
from clinic_terminal.cli import Dependencies, app
from eligibility_api.contract.transport import ClientTls
from tests.builders.clinic import samples
from tests.builders.clinic.fake_card import FakeCard
from tests.builders.clinic.fake_fund import FakeFund


class TerminalRunner:
    """A configured terminal with one reader, one card and a fake fund."""

    def __init__(self) -> None:
        self.card: FakeCard | BaseException = FakeCard()
        self.fund = FakeFund()
        self.readers: list[Reader] | CardError = [Reader("Fake Reader", True)]
        self.opened: list[Any] = []
        self.urls: list[str] = []
        self.now = samples.NOW

    def run(self, *arguments: str, pin: str = "1234\n") -> Result:
        dependencies = Dependencies(
            self._list, self._open_reader, self._open_file, self._connect, lambda: self.now, self._sleep
        )
        return CliRunner().invoke(app, arguments, input=pin, obj=dependencies)

    def report(self, *arguments: str, typed: str = "") -> dict[str, Any]:
        """The JSON that a command prints; its `exit_code` is checked."""
        result = self.run(*arguments, "--json", pin=typed)
        report: dict[str, Any] = json.loads(result.stdout)
        assert report["exit_code"] == result.exit_code
        return report

    def tap(self, *arguments: str, pin: str = "1234\n") -> dict[str, Any]:
        return self.report("tap", "--pin-stdin", *arguments, typed=pin)

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _connect(self, url: str, _tls: ClientTls) -> httpx2.BaseTransport:
        self.urls.append(url)
        return self.fund.transport()

    def _list(self) -> list[Reader]:
        if isinstance(self.readers, CardError):
            raise self.readers
        return self.readers

    def _open_reader(self, reader: str | None, wait: float) -> CardConnection:
        return self._open(reader, wait)

    def _open_file(self, path: Path) -> CardConnection:
        return self._open(path)

    def _open(self, *how: Any) -> CardConnection:
        self.opened.append(how)
        if isinstance(self.card, BaseException):
            raise self.card
        return self.card
