"""What the desk sees first: one word with its colour and mark, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_terminal.console.words import Words
from clinic_terminal.desk.appointments import Standing
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.errors import ErrorKind, ShikakuError


@dataclass(frozen=True, slots=True)
class Headline:
    """What the desk sees first. The mark and the word tell the same as the colour; `name` is for programs; `ladder`
    tells that the other ways to confirm an insurance are shown.
    """

    name: str
    mark: str
    word: Words
    colour: str
    advice: Words | None = None
    ladder: bool = False


VALIDITY: dict[Validity, Headline] = {
    Validity.VALID: Headline("valid", "○", Words("有効", "Valid"), "green"),
    Validity.INVALID: Headline(
        "invalid",
        "×",
        Words("無効", "Not valid"),
        "red",
        Words("新しい保険を確認してください。", "Ask for the new insurance."),
        ladder=True,
    ),
    Validity.INVALID_NEWER_EXISTS: Headline(
        "invalid-newer-exists",
        "×",
        Words("無効（新しい資格あり）", "Not valid (a newer insurance exists)"),
        "red",
        Words("新しい資格で、もう一度確認してください。", "Ask again for the newer insurance."),
        ladder=True,
    ),
    Validity.NOT_FOUND: Headline(
        "not-found",
        "－",
        Words("該当なし", "Nothing found"),
        "yellow",
        Words(
            "番号と生年月日を確かめてください。保険者の登録が間に合っていないこともあります。",
            "Compare the numbers and the birth date; the insurer may not have registered it yet.",
        ),
        ladder=True,
    ),
    Validity.AMBIGUOUS: Headline(
        "ambiguous",
        "？",
        Words("複数該当", "Several found"),
        "magenta",
        Words("枝番を確認して、もう一度照会してください。", "Ask for the branch number and look up again."),
    ),
    Validity.VALID_UNREGISTERED: Headline(
        "valid-unregistered",
        "○",
        Words("有効（未登録）", "Valid (ticket not registered)"),
        "green",
        Words("医療券について福祉事務所に確認してください。", "Ask the welfare office about the ticket."),
    ),
}

PROBLEM: dict[ErrorKind, Headline] = {
    ErrorKind.CARD: Headline("card-problem", "！", Words("カードを読めません", "Card not read"), "cyan"),
    ErrorKind.REFUSAL: Headline("refused", "！", Words("受け付けられません", "Not accepted"), "magenta"),
    ErrorKind.REQUEST: Headline("refused", "！", Words("受け付けられません", "Not accepted"), "magenta"),
    ErrorKind.REGISTRATION: Headline(
        "first-registration-needed", "→", Words("初回登録が必要です", "First registration needed"), "cyan"
    ),
    ErrorKind.TECHNICAL: Headline(
        "technical-failure",
        "…",
        Words("確認できません（通信）", "Cannot be checked (line)"),
        "blue",
        ladder=True,
    ),
}

PROBLEM_BY_CODE: dict[str, Headline] = {
    "eligibility-not-confirmable": Headline(
        "not-confirmable", "…", Words("確認できません", "Cannot be confirmed"), "blue", ladder=True
    ),
}
"""In place of `PROBLEM`, where its word would mislead."""

PIN_PROBLEM = Headline("card-problem", "！", Words("暗証番号", "PIN"), "cyan")
"""In place of `PROBLEM` where the card was read and it is the PIN that ended the tap."""

GIVEN_UP = Headline("given-up", "■", Words("中止しました", "Given up"), "white")

CONSENT_GIVEN = Headline("given", "○", Words("同意を登録しました", "Consent registered"), "green")
CONSENT_DECLINED = Headline("declined", "－", Words("同意なし", "No consent"), "yellow")
CONSENT_REFUSED = Headline(
    "refused", "！", Words("同意を登録できません", "Consent not registered"), "magenta"
)

HISTORY = Headline("shown", "○", Words("閲覧できます", "May be looked at"), "green")

DONE = Headline("done", "○", Words("受け付けました", "Done"), "green")

STANDING: dict[Standing, Headline] = {
    Standing.OK: Headline("ok", "○", Words("変わりなし", "OK"), "green"),
    Standing.CHANGED: Headline("changed", "△", Words("変更あり", "Changed"), "yellow"),
    Standing.TO_ASK: Headline("to-ask", "？", Words("要確認", "To ask"), "magenta"),
}


def of_problem(problem: ShikakuError) -> Headline:
    """The headline of what went wrong. None of them looks like a validity."""
    if problem.code.startswith("pin-"):
        return PIN_PROBLEM
    return PROBLEM_BY_CODE.get(problem.code, PROBLEM[problem.entry.kind])
