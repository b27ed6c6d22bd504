"""Commands about residents: generate, import with cards, change, record a death."""

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jpki_mock.authority.key_stock import KeyStock
from jpki_mock.authority.keys import KeyProfile
from jpki_mock.authority.values import Carrier, Record
from jpki_mock.card.card_file import lock_files
from jpki_mock.card.image import save_image
from jpki_mock.cli.common import noon_of, open_jlis, read_day
from jpki_mock.clock import system_clock
from jpki_mock.errors import InvalidInput
from jpki_mock.files import open_atomic
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import CardOrder
from jpki_mock.register.register import ItemsChange
from jpki_mock.register.resident import Resident
from jpki_mock.register.residents import first_residents, write_lines
from jpki_mock.settings import Settings

_Resident = Annotated[str, typer.Argument(help="住民の ID / The resident's id.")]


class CardSpec(BaseModel):
    """The card of an imported resident; fields as the options of `issue`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    pin: str | None = "1234"
    sign_pin: str = "ABC123"
    carrier: Carrier = Carrier.CARD
    key: Literal["rsa", "p384"] = "rsa"
    signature: bool = True
    locked: bool = False
    issued_on: date | None = None

    def order(self, resident_id: str) -> CardOrder:
        """The card order for a resident. Raises InvalidInput."""
        return CardOrder(
            resident_id=resident_id,
            pin=self.pin,
            sign_pin=self.sign_pin,
            carrier=self.carrier,
            key=KeyProfile.P384 if self.key == "p384" else KeyProfile.RSA,
            signature=self.signature,
            locked=self.locked,
        )


class ResidentWithCard(Resident):
    """A line of the file that `import-residents` reads: a resident, and her card if she has one.

    The holder of a phone gets both: RESIDENT_ID.json is the phone, RESIDENT_ID-card.json the card.
    """

    resident_id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")
    card: CardSpec | None = None

    def resident(self) -> Resident:
        """The resident alone."""
        return Resident.model_validate(self.model_dump(exclude={"card"}))


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (residents, import_residents, change, record_death):
        app.command()(command)


def residents(
    people: Annotated[int, typer.Option(min=1, help="住民の人数 / Number of residents.")],
    seed: Annotated[
        int,
        typer.Option(min=0, help="乱数の種（同じ値なら同じ住民） / The same seed gives the same residents."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="書き込むファイル（省略時は標準出力） / File to write; default: standard output."),
    ] = None,
    register: Annotated[
        bool, typer.Option(help="住民基本台帳にも登録する / Also add them to the register.")
    ] = True,
) -> None:
    """合成の住民を、1行に1つの JSON で作成します。

    Generate synthetic residents, one JSON line each.
    """
    with _output(out) as file:
        lines = write_lines(first_residents(people, seed), file)
        if register:
            with open_jlis() as jlis:
                jlis.register.add(lines)
        else:
            deque(lines, maxlen=0)


def import_residents(
    file: Annotated[
        Path,
        typer.Argument(
            help="住民を1行に1つ書いた JSON / JSON lines: a resident, with `card` if she has one."
        ),
    ],
    cards: Annotated[
        Path,
        typer.Option(help="カードを書き込むフォルダー / The folder for the cards, RESIDENT_ID.json each."),
    ],
) -> None:
    """住民を登録し、カードを発行します。

    Add given residents to the register and issue their cards; adds none if a line is not valid.
    """
    entries = list(_read(file))
    kept = Settings().card_keys
    with open_jlis() as jlis, nullcontext() if kept is None else KeyStock(kept) as stock:
        jlis.register.add(entry.resident() for entry in entries)
        for entry in entries:
            if entry.card is not None:
                _issue_all(jlis, entry.card, entry.resident_id, cards, stock)
    typer.echo(f"{len(entries)} residents, {sum(entry.card is not None for entry in entries)} cards")


def change(
    resident: _Resident,
    *,
    name: Annotated[str | None, typer.Option(help="氏名 / The name.")] = None,
    name_kana: Annotated[
        str | None,
        typer.Option(help="氏名カナ（4情報ではない） / The name in kana. Not one of the four items."),
    ] = None,
    postal_code: Annotated[
        str | None,
        typer.Option(help="郵便番号（4情報ではない） / The postal code. Not one of the four items."),
    ] = None,
    address: Annotated[str | None, typer.Option(help="住所 / The address.")] = None,
    birth_date: Annotated[
        date | None, typer.Option(parser=read_day, metavar="DAY", help="生年月日 / The birth date.")
    ] = None,
    sex: Annotated[str | None, typer.Option(help="性別 / 1 male, 2 female.")] = None,
) -> None:
    """住民の登録内容を変更します。

    Change a resident's items. A change of one of the four items (基本4情報) revokes the signature certificate.
    """
    items = ItemsChange(
        name=name,
        name_kana=name_kana,
        birth_date=birth_date,
        sex=sex,
        postal_code=postal_code,
        address=address,
    )
    with open_jlis() as jlis:
        _print_revoked(jlis.change_items(resident, items, system_clock()))


def record_death(
    resident: _Resident,
    on: Annotated[date, typer.Option(parser=read_day, metavar="DAY", help="死亡日 / The day of death.")],
) -> None:
    """住民の死亡を登録し、電子証明書をすべて失効させます。

    Record a resident's death and revoke all her certificates.
    """
    with open_jlis() as jlis:
        _print_revoked(jlis.record_death(resident, on, system_clock()))


def _read(file: Path) -> Iterator[ResidentWithCard]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                entry = ResidentWithCard.model_validate_json(line)
                if entry.card is not None:
                    entry.card.order(entry.resident_id)
            except (ValidationError, InvalidInput) as error:
                raise InvalidInput(f"Line {number} is not a valid resident.") from error
            yield entry


def _issue_all(jlis: Jlis, card: CardSpec, resident_id: str, cards: Path, stock: KeyStock | None) -> None:
    """Issue a card, or the card of a phone's holder and then the phone's certificates."""
    if card.carrier is Carrier.ANDROID:
        own = card.model_copy(update={"carrier": Carrier.CARD, "locked": False})
        _issue(jlis, own, resident_id, cards / f"{resident_id}-card.json", stock)
    _issue(jlis, card, resident_id, cards / f"{resident_id}.json", stock)


def _issue(jlis: Jlis, card: CardSpec, resident_id: str, out: Path, stock: KeyStock | None) -> None:
    """Issue a card and write its file in one transaction: only the file has the keys."""
    make_key = stock.maker(out.stem) if stock is not None else None
    with lock_files(out), jlis.store.unit():
        save_image(jlis.cards.issue(card.order(resident_id), noon_of(card.issued_on), make_key), out)


def _print_revoked(revoked: list[Record]) -> None:
    for record in revoked:
        typer.echo(f"revoked {record.ca} {record.id.serial}")


@contextmanager
def _output(out: Path | None) -> Iterator[BinaryIO]:
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with open_atomic(out) as file:
        yield file
