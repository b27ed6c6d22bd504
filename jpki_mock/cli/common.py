"""Shared by all commands: the application, error reporting, opening the home folder, reading input."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from jpki_mock.card.image import CardImage, load_image
from jpki_mock.clock import JAPAN, system_clock
from jpki_mock.errors import InvalidInput, JlisError
from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings


class _ErrorReportingGroup(TyperGroup):
    """Prints a refusal as one sentence and exits with 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises typer.Exit with 2 for a refusal or an error of the system."""
        try:
            return super().invoke(ctx)
        except JlisError as error:
            typer.echo(error.sentence, err=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            typer.echo(f"{error.filename or 'The system'}: {error.strerror or 'failed'}.", err=True)
        raise typer.Exit(2)


app = typer.Typer(
    cls=_ErrorReportingGroup,
    help="模擬 J-LIS：認証局、カードの発行、住民基本台帳\n\n"
    "A synthetic J-LIS: certificate authority, cards and resident register.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def open_jlis() -> Jlis:
    """Open the home folder of `JPKI_HOME`."""
    return Jlis(Settings(), system_clock())


def read_card(path: Path) -> CardImage:
    """Read a card file. Raises InvalidInput, OSError."""
    with card_errors():
        return load_image(path)


@contextmanager
def card_errors() -> Iterator[None]:
    """Turn the ValueError of an invalid card file into InvalidInput."""
    try:
        yield
    except ValueError as error:
        raise InvalidInput("The file is not a card.") from error


def read_day(text: str) -> date:
    """Parse a day in ISO 8601. Raises ValueError."""
    return date.fromisoformat(text)


def noon_of(day: date | None) -> datetime:
    """Return noon of a day in Japan, or the current instant without a day."""
    return system_clock() if day is None else datetime.combine(day, time(12), JAPAN)
