"""Keys and trust stores of a running process: their files are read again when they change, so that a rotation needs no restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from eligibility_api.clients.tokens import Tokens
from eligibility_api.domain.certificate import TrustStore
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import RING_FILES, Rings, load_trust, read_rings, trust_files
from eligibility_api.platform.settings import Settings
from eligibility_api.proofs.verifier import Verifier

log = structlog.get_logger()

WATCH_SECONDS = 1.0
"""How often a process looks at its files: less than `key_ring.MIN_LEAD`."""

Content = TypeVar("Content")

_Status = tuple[tuple[int, int, int] | None, ...]


class WatchedFiles(Generic[Content]):
    """The content of files, read again when one of them was replaced or written.

    Files that cannot be read leave the content as it was, which is logged once for each change.
    """

    def __init__(
        self, what: str, files: Sequence[Path], read: Callable[[], Content], content: Content | None = None
    ) -> None:
        """`what`: their name in the log. `content`: what was read of them before; it counts until they change."""
        self.content = content
        self._what, self._files, self._read = what, files, read
        self._status: _Status | None = None if content is None else self._present()

    def refresh(self) -> bool:
        """Read the files if they have changed; returns whether `content` is another one."""
        status = self._present()
        if status == self._status:
            return False
        self._status = status
        if not any(status):
            return False
        try:
            self.content = self._read()
        except (OSError, ValueError, OperatorError) as error:
            log.error(f"{self._what}_not_read", cause=type(error).__name__)
            return False
        return True

    def _present(self) -> _Status:
        return tuple(_status(file) for file in self._files)


def _status(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def watched_trust(settings: Settings, trust: TrustStore | None = None) -> WatchedFiles[TrustStore]:
    """The trust stores of the settings. `trust`: what was read of them before."""
    return WatchedFiles("trust_store", trust_files(settings), lambda: load_trust(settings), trust)


class KeyWatch:
    """Gives a process the keys of the moment, and the trusted authorities."""

    def __init__(self, settings: Settings, clock: Clock, tokens: Tokens, verifier: Verifier) -> None:
        self._clock, self._tokens, self._verifier = clock, tokens, verifier
        files = KeyFiles.of(settings)
        watched = files.paths(*RING_FILES)
        # A text does not change: what it gives is read once.
        self._rings: WatchedFiles[Rings] = WatchedFiles(
            "keys", watched, lambda: read_rings(files), None if watched else read_rings(files)
        )
        self._trust = watched_trust(settings, verifier.trust)

    def refresh(self) -> None:
        """Read what has changed, and use the keys that sign and verify now."""
        self._rings.refresh()
        if self._rings.content is not None:
            now = self._clock()
            tokens = self._rings.content.token
            self._tokens.use_keys(tokens.signing(now), tokens.verifying(now))
            self._verifier.keys = self._rings.content.challenges(now)
        if self._trust.refresh() and self._trust.content is not None:
            self._verifier.use_trust(self._trust.content)
            log.info("trust_store_read", authorities=len(self._trust.content.authentication))

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look at once, and again and again meanwhile."""
        self.refresh()
        task = asyncio.create_task(self._refresh_forever())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _refresh_forever(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            self.refresh()
