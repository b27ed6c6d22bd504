"""Sends one member file to the fund in the background, with its progress."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import BinaryIO

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.uploads import FileFormat, UploadAnswer
from payer_mock.actions.fund import chunks
from payer_mock.actions.uploads import UploadOptions, send_pieces

_log = logging.getLogger(__name__)


class SendingState(StrEnum):
    """Under way, sent, refused or failed (at the fund or here), or stopped by the operator."""

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    STOPPED = "stopped"


class _Stopped(Exception):
    """The operator stopped the sending."""


class Sending:
    """A file on its way to the fund. The file is closed, and so forgotten, at the end."""

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        size: int,
        options: UploadOptions,
        format: FileFormat,
        *,
        clock: Callable[[], float],
        on_sent: Callable[[UploadAnswer], None],
    ) -> None:
        """`clock`: monotonic seconds. `on_sent`: called with the fund's answer."""
        self.name, self.size = name, size
        self.sent = 0
        self.state = SendingState.SENDING
        self.upload: UploadAnswer | None = None
        self.error: ShikakuError | None = None
        """The fund's refusal, or that it could not be reached; None for a failure of this program."""
        self._file, self._options, self._format = file, options, format
        self._clock, self._on_sent = clock, on_sent
        self._began = clock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, client: InsurerClient) -> None:
        """Send it in a thread of its own, with a client of its own."""
        self._thread = threading.Thread(target=self._run, args=(client,), name="sending", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the sending; the fund discards a file that is not complete."""
        self._stop.set()

    def join(self) -> None:
        """Wait until the sending has ended."""
        if self._thread is not None:
            self._thread.join()

    def seconds_left(self) -> int | None:
        """The seconds until it is sent, by the speed so far; None before there is one."""
        elapsed = self._clock() - self._began
        if not self.sent or elapsed <= 0:
            return None
        return round((self.size - self.sent) * elapsed / self.sent)

    def _run(self, client: InsurerClient) -> None:
        try:
            with client, self._file:
                self.upload = send_pieces(client, self._pieces(), self._format, self._options)
            self._on_sent(self.upload)
            self.state = SendingState.SENT
        except _Stopped:
            self.state = SendingState.STOPPED
        except ShikakuError as error:
            self.error = error
            self.state = SendingState.FAILED
        except Exception as error:  # a sending that never ended would keep everybody else out
            _log.error("a file's sending failed: %s", type(error).__name__)
            self.state = SendingState.FAILED

    def _pieces(self) -> Iterator[bytes]:
        for piece in chunks(self._file):
            if self._stop.is_set():
                raise _Stopped
            yield piece
            self.sent += len(piece)
