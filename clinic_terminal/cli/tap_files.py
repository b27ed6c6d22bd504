"""What a tap leaves at this terminal: its visit and permit in the store, and its file in `face/`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from clinic_terminal.cli.services import show_error, show_notice, show_settings_error
from clinic_terminal.errors import TerminalError
from clinic_terminal.settings import SettingsError, TerminalSettings
from clinic_terminal.visit.tap import TapOutcome, TapRequest

if TYPE_CHECKING:
    from clinic_terminal.exchange.face import Tap
    from clinic_terminal.store import TerminalStore


def keep(
    settings: TerminalSettings,
    institution_code: str | None,
    outcome: TapOutcome,
    at: datetime,
    request: TapRequest,
) -> None:
    """Keep what a tap leaves, where an exchange is set up; a problem is shown and changes no outcome."""
    from clinic_terminal.store import TerminalStore, has_store

    if institution_code is None or (settings.exchange_root is None and not has_store(settings.home)):
        return  # no exchange at this terminal: nothing is stored about anybody
    try:
        with TerminalStore.open(settings.home, answer_days=settings.answer_days) as store:
            keep_in(store, settings, outcome, institution_code=institution_code, at=at, request=request)
    except TerminalError as error:
        show_error(error)


def keep_in(
    store: TerminalStore,
    settings: TerminalSettings,
    outcome: TapOutcome,
    *,
    institution_code: str,
    at: datetime,
    request: TapRequest,
) -> None:
    """The same in a store that is open."""
    from clinic_terminal.exchange.face import Tap
    from clinic_terminal.exchange.folder.face import file_identifier

    try:
        tap = Tap(outcome, institution_code, at, file_identifier(), request.as_of, request.operator)
        _keep(settings, tap, store)
    except SettingsError as error:
        show_settings_error(error)


def _keep(settings: TerminalSettings, tap: Tap, store: TerminalStore) -> None:
    from clinic_terminal.exchange.face import record_tap
    from clinic_terminal.exchange.folder.face import keep_tap
    from clinic_terminal.exchange.folder.notices import FolderError, Notice, reason_of
    from clinic_terminal.exchange.folder.root import ExchangeRoot
    from clinic_terminal.exchange.folder.serving import form_of
    from clinic_terminal.exchange.folder.settings import FolderSettings

    if settings.exchange_root is None:
        record_tap(store, tap)
        return
    form = form_of(FolderSettings.load())
    try:
        keep_tap(store, tap, ExchangeRoot.prepare(settings.exchange_root), form)
    except FolderError as error:
        show_notice(Notice.FACE_NOT_WRITTEN, str(error))
    except OSError as error:
        show_notice(Notice.FACE_NOT_WRITTEN, reason_of(error))
