"""The fund's last notice, in a file of the terminal: shown when the fund cannot be reached. It has nothing of a person."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from eligibility_api.contract.notice import Downtime, StatusNotice

_NAME = "last-notice.json"
_MAX_BYTES = 64 * 1024

_STILL_SHOWN = timedelta(hours=12)
"""How long after its planned end a downtime is shown: it may take longer than planned."""


class LastNotice:
    """Keeps the last notice in the folder `home`. What cannot be kept or read is as if there were none."""

    def __init__(self, home: Path) -> None:
        self._path = home / _NAME

    def keep(self, notice: StatusNotice) -> None:
        """Replace the notice; the desk works without it too."""
        with suppress(OSError):
            descriptor, name = tempfile.mkstemp(prefix=f".{_NAME}.", dir=self._path.parent)  # mode 0600
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(notice.model_dump_json().encode())
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def read(self) -> StatusNotice | None:
        """The notice that was kept last."""
        try:
            with self._path.open("rb") as file:
                return StatusNotice.model_validate_json(file.read(_MAX_BYTES))
        except (OSError, ValidationError):
            return None

    def downtime(self, now: datetime) -> Downtime | None:
        """The planned downtime that has begun by now, and may be why the fund cannot be reached."""
        notice = self.read()
        if notice is None or notice.downtime is None:
            return None
        downtime = notice.downtime
        return downtime if downtime.begins_at <= now < downtime.ends_at + _STILL_SHOWN else None
