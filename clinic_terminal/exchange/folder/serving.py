"""The folder service of a terminal, composed of its parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from random import SystemRandom

from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.folder.answering import FileAnswer, PdfOf, max_bytes
from clinic_terminal.exchange.folder.form import FileForm
from clinic_terminal.exchange.folder.intake import Intake
from clinic_terminal.exchange.folder.notices import Notices, Show
from clinic_terminal.exchange.folder.results import ResultFolder
from clinic_terminal.exchange.folder.root import ExchangeRoot
from clinic_terminal.exchange.folder.service import Answer, FolderService
from clinic_terminal.exchange.folder.settings import BulkForm, FolderSettings
from clinic_terminal.store import TerminalStore


def form_of(settings: FolderSettings) -> FileForm:
    """How files are written. Raises SettingsError where the files of the settings are wrong."""
    return FileForm(
        settings.file_encoding,
        settings.load_encryption(),
        settings.bulk_form is BulkForm.ZIP,
        SystemRandom() if settings.shuffled else None,
    )


def folder_service(
    path: Path,
    settings: FolderSettings,
    store: TerminalStore,
    *,
    open_exchange: Callable[[], AbstractContextManager[Exchange]],
    pdf_of: PdfOf,
    show: Show,
    clock: Callable[[], datetime],
) -> FolderService:
    """The service over the exchange root `path`, not yet started.

    `open_exchange`: a core for one thread. Raises SettingsError, FolderError.
    """
    form = form_of(settings)
    root = ExchangeRoot.prepare(path)
    root.clean(clock())
    notices = Notices(show, time.monotonic)

    @contextmanager
    def open_answer() -> Iterator[Answer]:
        """What answers one thread's requests, with a core of its own."""
        with open_exchange() as exchange:
            yield FileAnswer(exchange, store, form, pdf_of, clock)

    return FolderService(
        Intake(root, store.requests, notices, max_bytes=max_bytes, clock=clock, monotonic=time.monotonic),
        ResultFolder(root, notices, settings.left_after),
        store.requests,
        open_answer,
        notices,
        clock=clock,
        monotonic=time.monotonic,
    )
