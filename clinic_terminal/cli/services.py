"""What one long-running process of the terminal has: the store, the folders, and room for a web face and screens.

`exchange` and `serve` open it; they differ in what they start in it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.cli.common import Dependencies
from clinic_terminal.console import outcomes
from clinic_terminal.errors import TerminalError
from clinic_terminal.settings import SettingsError, TerminalSettings
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.tokens import Credential

if TYPE_CHECKING:
    from clinic_terminal.exchange.answering import Exchange
    from clinic_terminal.exchange.folder.notices import Notice
    from clinic_terminal.store import TerminalStore

MAINTENANCE_SECONDS = 60.0
"""Pause between two purges of the store."""


@dataclass(slots=True)
class Services:
    """The services of this process. What is entered into `stack` ends in reverse order when the process ends."""

    dependencies: Dependencies
    settings: TerminalSettings
    credential: Credential
    store: TerminalStore
    stack: ExitStack
    _purged: float = float("-inf")

    def open_exchange(self) -> AbstractContextManager[Exchange]:
        """A core for one thread, with a client of its own."""
        from clinic_terminal.exchange.answering import Exchange
        from clinic_terminal.exchange.operator import operator_of

        clock, staff = self.dependencies.clock, operator_of(self.settings)
        return Exchange(self.open_fund(), self.store, clock=clock, staff=staff)

    def open_fund(self) -> FundClient:
        """A client of the fund for one thread."""
        url, clock = str(self.settings.fund_url), self.dependencies.clock
        transport = self.dependencies.make_transport(url, self.settings.tls)
        return FundClient(url, self.credential, clock=clock, transport=transport)

    def start_folders(self, root: Path) -> None:
        """Answer the requests in `root`. Raises SettingsError, FolderError."""
        from clinic_terminal.exchange.folder.serving import folder_service
        from clinic_terminal.exchange.folder.settings import FolderSettings
        from clinic_terminal.exchange.paper.rendering import pdf_of

        service = folder_service(
            root,
            FolderSettings.load(),
            self.store,
            open_exchange=self.open_exchange,
            pdf_of=pdf_of,
            show=show_notice,
            clock=self.dependencies.clock,
        )
        self.stack.enter_context(service)
        announce(
            "連携フォルダーの監視を開始しました。終了するには Ctrl-C を押してください。",
            "The exchange folders are watched. Press Ctrl-C to end.",
        )

    def wait(self) -> None:
        """Keep the process running until a signal ends it."""
        while True:
            self.maintain()
            self.dependencies.sleep(MAINTENANCE_SECONDS)

    def maintain(self) -> None:
        """Delete from the store what has ended, once a minute."""
        if time.monotonic() - self._purged < MAINTENANCE_SECONDS:
            return
        self._purged = time.monotonic()
        try:
            self.store.purge(self.dependencies.clock())
        except TerminalError as error:
            show_error(error)


@contextmanager
def open_services(dependencies: Dependencies) -> Iterator[Services]:
    """Open the store for the only process that answers requests with it.

    Wrong settings, folders and keys end the command with exit code 2, and a text that says which. A signal that
    ends the process ends its services in order; the exit code is 0.
    """
    from clinic_terminal.exchange.folder.notices import FolderError
    from clinic_terminal.store import TerminalStore
    from clinic_terminal.store.process_lock import only_process

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = TerminalSettings.load()
        credential = settings.load_credential()
        with ExitStack() as stack:
            stack.enter_context(only_process(settings.home))
            store = stack.enter_context(TerminalStore.open(settings.home, answer_days=settings.answer_days))
            yield Services(dependencies, settings, credential, store, stack)
    except (SettingsError, FolderError) as error:
        show_settings_error(error)
        raise typer.Exit(outcomes.USAGE.exit_code) from error
    except TerminalError as error:
        show_error(error)
        raise typer.Exit(outcomes.USAGE.exit_code) from error
    except KeyboardInterrupt:
        raise typer.Exit from None
    except SystemExit as end:
        if end.code not in _SIGNAL_CODES:
            raise
        raise typer.Exit from None


_SIGNAL_CODES = {row.exit_code for row in outcomes.SIGNALS}


def announce(ja: str, en: str) -> None:
    """Print that something has begun; flushed, so that a program can wait for the line."""
    typer.echo(Bilingual(ja, en).lines)


def show_error(error: TerminalError) -> None:
    """Print an error of the terminal on standard error, with the reason for the engineer."""
    reason = error.details.get("reason")
    lines = Bilingual(error.entry.ja, error.entry.en).lines
    typer.echo(f"{lines}\n{error.code}{f': {reason}' if reason else ''}", err=True)


def show_settings_error(error: Exception) -> None:
    """Print on standard error which setting or folder is wrong."""
    typer.echo(f"端末の設定に誤りがあります。\nThe terminal is not configured: {error}", err=True)


def show_notice(notice: Notice, detail: str) -> None:
    """Print a notice of the folders on standard error."""
    text: Bilingual = notice.value
    more = f"\n{notice.name.lower().replace('_', '-')}: {detail}" if detail else ""
    typer.echo(f"{text.lines}{more}", err=True)
