"""What the person at the terminal has to know about the folders: each notice once, until it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum
from pathlib import PurePath

from clinic_terminal.bilingual import Bilingual

REPEAT_SECONDS = 600.0
"""A state that lasts is reported again after so long."""


class FolderError(Exception):
    """A folder cannot be used. The text names the folder and the reason."""

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(f"{PurePath(folder).name or folder}: {reason}")


class Notice(Enum):
    """What may happen to the folders. None of them is about a person, and none names a file."""

    FOLDER_AWAY = Bilingual(
        "連携フォルダーにアクセスできません。共有フォルダーの接続を確認してください。要求は失われません。",
        "The exchange folder cannot be reached. Check the share. No request is lost.",
    )
    FOLDER_BACK = Bilingual(
        "連携フォルダーに再びアクセスできます。", "The exchange folder can be reached again."
    )
    NOT_REMOVABLE = Bilingual(
        "要求ファイルを削除できないため、処理を待っています。フォルダーの権限とファイルの使用状況を確認してください。",
        "A request file cannot be removed, so it is not answered yet. Check the rights of the folder and who uses the file.",
    )
    NOT_STORED = Bilingual(
        "要求を端末に保存できないため、処理を待っています。ディスクの空きを確認してください。",
        "A request cannot be stored on this terminal, so it waits. Check the free disk space.",
    )
    NOT_WRITTEN = Bilingual(
        "結果ファイルを書き込めません。結果は端末に保存しました。フォルダーの権限とディスクの空きを確認してください。",
        "A result file cannot be written; the result is kept. Check the rights of the folder and the free disk space.",
    )
    FACE_NOT_WRITTEN = Bilingual(
        "資格確認結果ファイルを書き込めません。フォルダーの権限とディスクの空きを確認してください。",
        "The file of a tap cannot be written. Check the rights of the folder and the free disk space.",
    )
    OTHER_FILES = Bilingual(
        "要求フォルダーに、要求ではないファイルがあります。そのまま残しています。",
        "The request folder has files that are no requests. They are left as they are.",
    )
    RESULTS_LEFT = Bilingual(
        "取り込まれていない結果ファイルがあります。レセコンの動作を確認してください。",
        "Result files were left. Check whether the claims computer still reads them.",
    )


Show = Callable[[Notice, str], None]
"""Shows a notice with its detail: a reason or a count."""


class Notices:
    """Shows each notice when its state begins, when its detail changes, and again after ten minutes."""

    def __init__(self, show: Show, monotonic: Callable[[], float]) -> None:
        self._show = show
        self._monotonic = monotonic
        self._shown: dict[Notice, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def report(self, notice: Notice, detail: str = "") -> None:
        """The state of the notice holds."""
        now = self._monotonic()
        with self._lock:
            former = self._shown.get(notice)
            if former is not None and former[0] == detail and now - former[1] < REPEAT_SECONDS:
                return
            self._shown[notice] = (detail, now)
        self._show(notice, detail)

    def ended(self, notice: Notice) -> bool:
        """The state no longer holds; whether it had been reported."""
        with self._lock:
            return self._shown.pop(notice, None) is not None


def reason_of(error: OSError) -> str:
    """Why the system refused, without the name of a file, which may have a patient's number."""
    return error.strerror or type(error).__name__
