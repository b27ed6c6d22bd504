"""The command `people`: residents as given, with their cards, many at once."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jpki_mock.authority.keys import KeyProfile
from jpki_mock.authority.values import Carrier
from jpki_mock.card.card_file import held
from jpki_mock.card.image import save_image
from jpki_mock.cli.common import noon_of, open_jlis
from jpki_mock.errors import InvalidInput
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import CardOrder
from jpki_mock.register.resident import Resident


class GivenCard(BaseModel):
    """What a card shall be like; as the options of `issue`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    pin: str | None = "1234"
    sign_pin: str = "ABC123"
    carrier: Carrier = Carrier.CARD
    key: Literal["rsa", "p384"] = "rsa"
    signature: bool = True
    locked: bool = False
    issued_on: date | None = None

    def order(self, resident_id: str) -> CardOrder:
        """The order for a resident. Raises InvalidInput."""
        return CardOrder(
            resident_id=resident_id,
            pin=self.pin,
            sign_pin=self.sign_pin,
            carrier=self.carrier,
            key=KeyProfile.P384 if self.key == "p384" else KeyProfile.RSA,
            signature=self.signature,
            locked=self.locked,
        )


class GivenPerson(Resident):
    """A line of the file: a resident, and her card if she has one."""

    resident_id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")
    card: GivenCard | None = None

    def resident(self) -> Resident:
        """Her line in the register."""
        return Resident.model_validate(self.model_dump(exclude={"card"}))


def add_to(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(people)


def people(
    file: Annotated[Path, typer.Argument(help="JSON lines: a resident, with `card` if she has one.")],
    cards: Annotated[Path, typer.Option(help="The folder for the cards, RESIDENT_ID.json each.")],
) -> None:
    """Take given residents into the register and issue their cards; nobody, if one line is not right."""
    given = list(_read(file))
    with open_jlis() as jlis:
        jlis.register.add(person.resident() for person in given)
        for person in given:
            if person.card is not None:
                _issue(jlis, person.card, person.resident_id, cards / f"{person.resident_id}.json")
    typer.echo(f"{len(given)} residents, {sum(person.card is not None for person in given)} cards")


def _read(file: Path) -> Iterator[GivenPerson]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                person = GivenPerson.model_validate_json(line)
                if person.card is not None:
                    person.card.order(person.resident_id)
            except (ValidationError, InvalidInput) as error:
                raise InvalidInput(f"Line {number} is no resident.") from error
            yield person


def _issue(jlis: Jlis, card: GivenCard, resident_id: str, out: Path) -> None:
    """Make a card and write its file, both or neither: the keys are in the file alone."""
    with held(out), jlis.store.unit():
        save_image(jlis.cards.issue(card.order(resident_id), noon_of(card.issued_on)), out)
