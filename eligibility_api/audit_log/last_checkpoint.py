"""The last checkpoint that this installation signed, as a file: it remembers what a restored database has forgotten."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log import log_writer
from eligibility_api.merkle_log.checkpoints import Checkpoint
from eligibility_api.merkle_log.notes import parse_note
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.private_files import write_private
from eligibility_api.platform.settings import Settings


class LogBehindCheckpoint(OperatorError):
    """The database's log does not continue the last checkpoint: to sign another one would fork the log."""


class LastCheckpoint:
    """The file `last-checkpoint.note` under the fund's home."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.home / "last-checkpoint.note"
        self._origin = settings.log_origin

    def write(self, note: bytes) -> None:
        """Remember a checkpoint, before anybody sees it."""
        write_private(self._path, note)

    async def check(self, connection: AsyncConnection) -> None:
        """Compare the database's log with the file, if it is of the same log. Raises `LogBehindCheckpoint`."""
        if not self._path.exists():
            return
        last = Checkpoint.parse(parse_note(self._path.read_bytes()).text)
        if last.origin != self._origin:
            return
        size = await log_writer.log_size(connection)
        if size >= last.size and (await log_writer.read_tree(connection, last.size)).root() == last.root:
            return
        raise LogBehindCheckpoint(
            f"The audit log in the database has not the {last.size} leaves that {self._path} says were signed: restore"
            " the database to its last commit, or give the log a new name (FUND_LOG_ORIGIN)."
        )
