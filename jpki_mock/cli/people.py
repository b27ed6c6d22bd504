"""Commands about people: making synthetic residents, and what happens to them."""

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from jpki_mock.authority.values import Record
from jpki_mock.cli.common import open_jlis, read_day
from jpki_mock.clock import system_clock
from jpki_mock.files import replacing
from jpki_mock.register.register import ItemsChange
from jpki_mock.register.residents import first_residents, write_lines

_Resident = Annotated[str, typer.Argument(help="The resident's id.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (residents, change, die):
        app.command()(command)


def residents(
    people: Annotated[int, typer.Option(min=1, help="How many.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same people.")],
    out: Annotated[Path | None, typer.Option(help="File to write; standard output unless given.")] = None,
    register: Annotated[bool, typer.Option(help="Also take them into the register.")] = True,
) -> None:
    """Make synthetic residents, one JSON line each."""
    with _output(out) as file:
        lines = write_lines(first_residents(people, seed), file)
        if register:
            with open_jlis() as jlis:
                jlis.register.add(lines)
        else:
            deque(lines, maxlen=0)


def change(
    resident: _Resident,
    *,
    name: Annotated[str | None, typer.Option()] = None,
    name_kana: Annotated[str | None, typer.Option(help="Not one of the four items.")] = None,
    postal_code: Annotated[str | None, typer.Option(help="Not one of the four items.")] = None,
    address: Annotated[str | None, typer.Option()] = None,
    birth_date: Annotated[date | None, typer.Option(parser=read_day, metavar="DAY")] = None,
    sex: Annotated[str | None, typer.Option(help="1 male, 2 female.")] = None,
) -> None:
    """Change a resident's items; a change of one of the four revokes the signature certificate."""
    items = ItemsChange(
        name=name,
        name_kana=name_kana,
        birth_date=birth_date,
        sex=sex,
        postal_code=postal_code,
        address=address,
    )
    with open_jlis() as jlis:
        _tell(jlis.change_items(resident, items, system_clock()))


def die(
    resident: _Resident,
    on: Annotated[date, typer.Option(parser=read_day, metavar="DAY", help="The day of death.")],
) -> None:
    """Record a resident's death and revoke every certificate."""
    with open_jlis() as jlis:
        _tell(jlis.record_death(resident, on, system_clock()))


def _tell(revoked: list[Record]) -> None:
    for record in revoked:
        typer.echo(f"revoked {record.ca} {record.id.serial}")


@contextmanager
def _output(out: Path | None) -> Iterator[BinaryIO]:
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with replacing(out, mode=0o644) as file:
        yield file
