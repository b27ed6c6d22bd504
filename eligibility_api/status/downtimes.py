"""The planned downtimes: a file of `FUND_HOME`, so that they are shown while the database is away (decision 027)."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from eligibility_api.contract.notice import Downtimes
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.private_files import write_private

_NAME = "planned-downtimes.json"
_MAX_BYTES = 64 * 1024


def read(home: Path) -> Downtimes:
    """The downtimes; none without the file. Raises OperatorError if it cannot be read."""
    try:
        with (home / _NAME).open("rb") as file:
            return Downtimes.model_validate_json(file.read(_MAX_BYTES))
    except FileNotFoundError:
        return Downtimes()
    except (OSError, ValidationError) as error:
        raise OperatorError(
            f"{home / _NAME} cannot be read: delete it, and plan the downtimes again."
        ) from error


def write(home: Path, downtimes: Downtimes) -> None:
    """Replace the downtimes. Raises OperatorError if the file cannot be written."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(home / _NAME, downtimes.model_dump_json().encode())
    except OSError as error:
        raise OperatorError(f"{home / _NAME} cannot be written: {error.strerror}.") from error
