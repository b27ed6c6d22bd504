"""What every command with a card has: the options at the reader, those of a consent, and one tap made of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clinic_terminal.card.port import CardConnection
from clinic_terminal.cli.common import Surroundings, Terminal, require, require_person_or
from clinic_terminal.console.prompts import PipedPrompts, TypedPrompts
from clinic_terminal.visit.prompts import Prompts
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Category
from eligibility_api.contract.consent import ConsentCare, Language
from eligibility_api.contract.errors import ShikakuError

OPERATOR_LENGTH_MAX = 60
"""As the contract's visual check has it."""


class CareName(StrEnum):
    """The forms of care for which a patient can consent, as an option names them."""

    OUTPATIENT = "outpatient"
    HOME_VISIT = "home-visit"
    ONLINE = "online"

    @property
    def code(self) -> ConsentCare:
        """診療区分."""
        return _CARES[self]


_CARES: dict[CareName, ConsentCare] = {
    CareName.OUTPATIENT: Care.OUTPATIENT,
    CareName.HOME_VISIT: Care.HOME_VISIT,
    CareName.ONLINE: Care.ONLINE,
}
_EVERYTHING = "all"


def _operator(text: str) -> str:
    """The operator's name, without spaces around it. Raises typer.BadParameter."""
    name = text.strip()
    if not 1 <= len(name) <= OPERATOR_LENGTH_MAX:
        raise typer.BadParameter(f"1 to {OPERATOR_LENGTH_MAX} characters")
    return name


def read_categories(text: str) -> tuple[Category, ...]:
    """Categories by their names with commas between, or all. Raises typer.BadParameter."""
    names = [name.strip() for name in text.split(",")]
    if unknown := sorted(set(names) - {*Category, _EVERYTHING}):
        known = ", ".join(Category)
        raise typer.BadParameter(f"{', '.join(unknown)}: none of {_EVERYTHING}, {known}")
    return tuple(one for one in CATEGORIES if _EVERYTHING in names or one in names)


ReaderName = Annotated[
    str | None, typer.Option("--reader", help="Reader to use; else the only one with a card.")
]
CardImage = Annotated[Path | None, typer.Option("--card", help="Card image to use instead of a reader.")]
PinStdin = Annotated[
    bool, typer.Option("--pin-stdin", help="PIN from standard input; one try, never the last one.")
]
LastTry = Annotated[
    bool, typer.Option("--last-try", help="With --pin-stdin: spend even the last try of the PIN.")
]
Register = Annotated[
    bool, typer.Option("--register", help="The patient agrees to the first registration, if needed.")
]
VisualCheck = Annotated[bool, typer.Option("--visual-check", help="Staff compared the face.")]
Operator = Annotated[
    str | None,
    typer.Option("--operator", parser=_operator, metavar="NAME", help="Who does it; recorded."),
]
Wait = Annotated[float, typer.Option("--wait", min=0, max=600, help="Seconds to wait for a card.")]
Agree = Annotated[
    bool,
    typer.Option("--agree", help="The patient was shown the words of the consent and agreed to all of it."),
]
Consent = Annotated[
    str | None,
    typer.Option(
        "--consent", metavar="all|CATEGORY,…", help=f"Ask for consent to this: {', '.join(CATEGORIES)}."
    ),
]
CareOption = Annotated[
    CareName, typer.Option("--care", help="For which care: decides how long the consent lasts.")
]
LanguageOption = Annotated[Language, typer.Option("--language", help="In which the patient reads the words.")]


@dataclass(frozen=True, slots=True)
class AtReader:
    """How a card is read, as a command's options say it. `agree`: a program has the patient's agreement."""

    reader: str | None
    card: Path | None
    pin_stdin: bool
    last_try: bool
    register: bool
    visual_check: bool
    operator: str | None
    wait: float
    agree: bool = False

    def check(self, *, consents: bool) -> None:
        """Hold the options against each other. Raises typer.BadParameter."""
        require(self.reader is None or self.card is None, "--reader and --card exclude each other")
        require(self.operator is not None or not self.visual_check, "--visual-check needs --operator")
        require(self.pin_stdin or not self.last_try, "--last-try goes with --pin-stdin")
        require(consents or not self.agree, "--agree goes with --consent")
        require_person_or("--pin-stdin", given=self.visual_check or self.pin_stdin, what="the PIN")
        require_person_or("--agree", given=self.agree or not consents, what="the patient's agreement")

    def tap(self, around: Surroundings, terminal: Terminal, request: TapRequest) -> TapOutcome:
        """Sign in first: a dead line is told before anybody is asked for a card or a PIN."""
        fund, watch = terminal.fund, terminal.watch
        try:
            with watch.step("sign-in"):
                fund.sign_in()
            with watch.step("card", waiting=True):
                connection = self._open_card(around)
        except ShikakuError as problem:
            return TapOutcome(watch.timings(), problem=problem)
        except KeyboardInterrupt:
            return TapOutcome(watch.timings())
        return tap(connection, fund, self._prompts(), request, watch)

    def _open_card(self, around: Surroundings) -> CardConnection:
        return (
            around.open_card_file(self.card) if self.card else around.open_reader_card(self.reader, self.wait)
        )

    def _prompts(self) -> Prompts:
        if self.pin_stdin:
            return PipedPrompts(sys.stdin, self.register, self.last_try, self.agree)
        return TypedPrompts(self.register, self.agree)
