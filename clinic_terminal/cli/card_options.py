"""Options of the commands that read a card, and the tap that they describe.

Reader, PIN, visual check, the patient's agreement. What is consented to is in `consent_options.py`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from clinic_terminal.bilingual import Bilingual, option_help
from clinic_terminal.card.channel import CardConnection
from clinic_terminal.cli import tap_files
from clinic_terminal.cli.common import Dependencies, Terminal, require, require_tty_or, usage_error
from clinic_terminal.console.prompts import InteractivePrompts, StdinPrompts
from clinic_terminal.visit.own_access import OwnAccessOutcome, own_access
from clinic_terminal.visit.prompts import Prompts
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.errors import ShikakuError

MAX_OPERATOR_LENGTH = 60
"""As in the contract's visual check."""


def _parse_operator(text: str) -> str:
    """The operator's name without surrounding spaces. Raises typer.BadParameter."""
    name = text.strip()
    if not 1 <= len(name) <= MAX_OPERATOR_LENGTH:
        raise usage_error(
            f"職員の氏名は1～{MAX_OPERATOR_LENGTH}文字です。", f"1 to {MAX_OPERATOR_LENGTH} characters"
        )
    return name


ReaderName = Annotated[
    str | None,
    typer.Option(
        "--reader",
        help=option_help(
            "使用するカードリーダーの名前（省略時：カードのあるカードリーダー）。",
            "Reader to use; default: the only one with a card.",
        ),
    ),
]
CardImage = Annotated[
    Path | None,
    typer.Option(
        "--card",
        help=option_help(
            "カードリーダーの代わりに使うカードファイル。", "Card file to use instead of a reader."
        ),
    ),
]
PinStdin = Annotated[
    bool,
    typer.Option(
        "--pin-stdin",
        help=option_help(
            "暗証番号を標準入力から1回だけ受け取る。最後の1回には使わない。",
            "PIN from standard input: one try, never the last one.",
        ),
    ),
]
LastTry = Annotated[
    bool,
    typer.Option(
        "--last-try",
        help=option_help(
            "--pin-stdin の暗証番号を最後の1回にも使う。",
            "With --pin-stdin: use even the last try of the PIN.",
        ),
    ),
]
Register = Annotated[
    bool,
    typer.Option(
        "--register",
        help=option_help(
            "必要なら利用登録を行う（患者さんは同意済み）。",
            "Register the card for insurance use if needed; the patient agrees.",
        ),
    ),
]
VisualCheck = Annotated[
    bool,
    typer.Option(
        "--visual-check",
        help=option_help("職員が顔を目視確認した。", "A member of staff compared the face."),
    ),
]
Operator = Annotated[
    str | None,
    typer.Option(
        "--operator",
        parser=_parse_operator,
        metavar="NAME",
        help=option_help("職員の氏名（記録されます）。", "Name of the member of staff; recorded."),
    ),
]
Wait = Annotated[
    float,
    typer.Option(
        "--wait",
        min=0,
        max=600,
        metavar="SECONDS",
        help=option_help("カードを待つ秒数。", "Seconds to wait for a card."),
    ),
]
Agree = Annotated[
    bool,
    typer.Option(
        "--agree",
        help=option_help(
            "患者さんは同意文を読み、すべてに同意済み。",
            "The patient has read the text of the consent and agreed to all of it.",
        ),
    ),
]


@dataclass(frozen=True, slots=True)
class CardOptions:
    """How a card is read, as a command's options specify it.

    `agree`: the program has the patient's agreement.
    """

    reader: str | None
    card: Path | None
    pin_stdin: bool
    last_try: bool
    register: bool
    visual_check: bool
    operator: str | None
    wait: float
    agree: bool = False

    def validate(self, *, consents: bool) -> None:
        """Check that the options fit together. Raises typer.BadParameter."""
        require(
            self.reader is None or self.card is None,
            "--reader と --card は同時に指定できません。",
            "--reader and --card exclude each other",
        )
        require(
            self.operator is not None or not self.visual_check,
            "--visual-check には --operator が必要です。",
            "--visual-check needs --operator",
        )
        require(
            self.pin_stdin or not self.last_try,
            "--last-try は --pin-stdin と一緒に指定してください。",
            "--last-try goes with --pin-stdin",
        )
        require(
            consents or not self.agree,
            "--agree は --consent と一緒に指定してください。",
            "--agree goes with --consent",
        )
        require_tty_or(
            "--pin-stdin", given=self.visual_check or self.pin_stdin, what=Bilingual("暗証番号", "the PIN")
        )
        require_tty_or(
            "--agree",
            given=self.agree or not consents,
            what=Bilingual("患者さんの同意", "the patient's agreement"),
        )

    def tap(self, dependencies: Dependencies, terminal: Terminal, request: TapRequest) -> TapOutcome:
        """Sign in, open the card, tap, and keep what the tap leaves at this terminal."""
        fund, watch = terminal.fund, terminal.watch
        try:
            connection = self._signed_in_card(dependencies, terminal)
        except ShikakuError as problem:
            return TapOutcome(watch.timings(), problem=problem)
        except KeyboardInterrupt:
            return TapOutcome(watch.timings())
        outcome = tap(connection, fund, self._prompts(), request, watch)
        code = fund.credential.institution_code
        tap_files.keep(terminal.settings, code, outcome, dependencies.clock(), request)
        return outcome

    def own_access(self, dependencies: Dependencies, terminal: Terminal) -> OwnAccessOutcome:
        """Sign in, open the card, and obtain a one-time code for its holder; this terminal keeps nothing."""
        watch = terminal.watch
        try:
            connection = self._signed_in_card(dependencies, terminal)
        except ShikakuError as problem:
            return OwnAccessOutcome(watch.timings(), problem=problem)
        except KeyboardInterrupt:
            return OwnAccessOutcome(watch.timings())
        return own_access(connection, terminal.fund, self._prompts(), watch)

    def _signed_in_card(self, dependencies: Dependencies, terminal: Terminal) -> CardConnection:
        """The card, once the terminal has signed in.

        The sign-in comes first: a connection problem is reported before anybody is asked for a card or a PIN.
        """
        with terminal.watch.step("sign-in"):
            terminal.fund.sign_in()
        with terminal.watch.step("card", waiting=True):
            return self._open_card(dependencies)

    def _open_card(self, dependencies: Dependencies) -> CardConnection:
        if self.card:
            return dependencies.open_card_file(self.card)
        return dependencies.open_reader_card(self.reader, self.wait)

    def _prompts(self) -> Prompts:
        # A visual check needs no PIN: a program that makes it has nobody to ask for the registration.
        if self.pin_stdin or (self.visual_check and not sys.stdin.isatty()):
            return StdinPrompts(sys.stdin, self.register, self.last_try, self.agree)
        return InteractivePrompts(self.register, self.agree)
