"""The table of outcomes: exit code, meaning in `--help`, and headline of each in one row.

Exit codes, screens, JSON reports and help texts derive from it. A validity, a kind of problem or a change
status without a row fails when this module is imported.
"""

from __future__ import annotations

from dataclasses import dataclass

from clinic_terminal.bilingual import Bilingual, exhaustive
from clinic_terminal.queries.appointments import ChangeStatus
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.errors import ErrorKind, ShikakuError


@dataclass(frozen=True, slots=True)
class ExitRow:
    """An exit code and what it means."""

    exit_code: int
    meaning: Bilingual


@dataclass(frozen=True, slots=True)
class Headline(ExitRow):
    """An outcome as the reception sees it first.

    Mark and text have the same meaning as the colour; `name` is for programs; `alternatives`: the other ways
    to confirm an insurance are listed below it; `ended`: what is shown with it no longer holds on the day.
    """

    name: str
    mark: str
    text: Bilingual
    colour: str
    advice: Bilingual | None = None
    alternatives: bool = False
    ended: bool = False


VALIDITY = exhaustive(
    Validity,
    {
        Validity.VALID: Headline(
            0, Bilingual("有効", "valid"), "valid", "○", Bilingual("有効", "Valid"), "green"
        ),
        Validity.INVALID: Headline(
            12,
            Bilingual("無効", "not valid"),
            "invalid",
            "×",
            Bilingual("無効", "Not valid"),
            "red",
            Bilingual("新しい加入先を患者さんに確認してください。", "Ask the patient for the new insurance."),
            alternatives=True,
            ended=True,
        ),
        Validity.INVALID_NEWER_EXISTS: Headline(
            13,
            Bilingual("無効（新しい資格あり）", "not valid, a newer insurance exists"),
            "invalid-newer-exists",
            "×",
            Bilingual("無効（新しい資格あり）", "Not valid (a newer insurance exists)"),
            "red",
            Bilingual(
                "新しい資格の記号・番号で、もう一度照会してください。",
                "Look up again by the symbol and number of the newer insurance.",
            ),
            alternatives=True,
            ended=True,
        ),
        Validity.NOT_FOUND: Headline(
            14,
            Bilingual("該当資格なし", "nothing found"),
            "not-found",
            "－",
            Bilingual("該当資格なし", "Nothing found"),
            "yellow",
            Bilingual(
                "番号と生年月日を確認してください。保険者の登録がまだの場合もあります。",
                "Check the numbers and the date of birth. The insurer may not have registered the person yet.",
            ),
            alternatives=True,
        ),
        Validity.AMBIGUOUS: Headline(
            15,
            Bilingual("複数該当", "several persons found"),
            "ambiguous",
            "？",
            Bilingual("複数該当", "Several found"),
            "magenta",
            Bilingual(
                "枝番を確認して、もう一度照会してください。", "Ask for the branch number and look up again."
            ),
        ),
        Validity.VALID_UNREGISTERED: Headline(
            16,
            Bilingual("有効（医療券・調剤券の登録なし）", "valid, no ticket registered"),
            "valid-unregistered",
            "○",
            Bilingual("有効（医療券・調剤券の登録なし）", "Valid (no ticket registered)"),
            "green",
            Bilingual(
                "福祉事務所に登録状況を確認してください。", "Ask the welfare office about the registration."
            ),
        ),
    },
)

_CARD_OR_READER = Bilingual("カード・カードリーダー・暗証番号の問題", "problem with card, reader or PIN")
_REFUSED = Bilingual("支払基金が受け付けない、または入力内容の誤り", "refused by the fund, or invalid input")
_TECHNICAL = Bilingual(
    "通信・システム障害で確認できない", "could not be checked: connection or system failure"
)

PROBLEM = exhaustive(
    ErrorKind,
    {
        ErrorKind.CARD: Headline(
            20,
            _CARD_OR_READER,
            "card-problem",
            "！",
            Bilingual("カードを読み取れません", "Card not read"),
            "cyan",
        ),
        ErrorKind.REFUSAL: Headline(
            30, _REFUSED, "refused", "！", Bilingual("この操作はできません", "Not permitted"), "magenta"
        ),
        ErrorKind.REQUEST: Headline(
            30,
            _REFUSED,
            "refused",
            "！",
            Bilingual("入力内容を確認してください", "Check the input"),
            "magenta",
        ),
        ErrorKind.REGISTRATION: Headline(
            31,
            Bilingual("利用登録が必要", "registration for insurance use needed"),
            "first-registration-needed",
            "→",
            Bilingual("利用登録が必要です", "Registration for insurance use needed"),
            "cyan",
        ),
        ErrorKind.TECHNICAL: Headline(
            40,
            _TECHNICAL,
            "technical-failure",
            "…",
            Bilingual(
                "確認できません（通信・システム障害）", "Cannot be checked (connection or system failure)"
            ),
            "blue",
            alternatives=True,
        ),
    },
)

NOT_CONFIRMABLE = Headline(
    30,
    _REFUSED,
    "not-confirmable",
    "…",
    Bilingual("資格を確認できません", "Cannot be confirmed"),
    "blue",
    alternatives=True,
)
"""Of `eligibility-not-confirmable`: nothing about the person was decided."""

CARD_REFUSED = Headline(
    30,
    _REFUSED,
    "refused",
    "！",
    Bilingual("このカードでは確認できません", "Cannot be checked with this card"),
    "magenta",
)
"""Of a refusal that concerns the card, its certificate or its registration."""

PIN_PROBLEM = Headline(
    20,
    _CARD_OR_READER,
    "card-problem",
    "！",
    Bilingual("暗証番号を確認できません", "PIN not verified"),
    "cyan",
)
"""The card was read, and the PIN ended the tap."""

GIVEN_UP = Headline(
    1,
    Bilingual(
        "中止（待機中・質問中の Ctrl-C、患者さんの不同意など）", "given up at a question or while waiting"
    ),
    "given-up",
    "■",
    Bilingual("中止しました", "Given up"),
    "white",
)

CONSENT_GIVEN = Headline(
    0,
    Bilingual("同意を登録", "consent registered"),
    "given",
    "○",
    Bilingual("同意を登録しました", "Consent registered"),
    "green",
)
CONSENT_DECLINED = Headline(
    0,
    Bilingual("同意なし", "no consent"),
    "declined",
    "－",
    Bilingual("同意は得られませんでした", "No consent"),
    "yellow",
)
CONSENT_REFUSED = Headline(
    30,
    _REFUSED,
    "refused",
    "！",
    Bilingual("同意を登録できません", "Consent not registered"),
    "magenta",
)

OWN_ACCESS = Headline(
    0,
    Bilingual("コードを作成", "code made"),
    "code-made",
    "○",
    Bilingual("コードを作りました", "Code made"),
    "green",
)

HISTORY = Headline(
    0, Bilingual("表示した", "shown"), "shown", "○", Bilingual("閲覧できます", "Access permitted"), "green"
)
DONE = Headline(0, Bilingual("完了", "done"), "done", "○", Bilingual("完了しました", "Done"), "green")

CHANGE_STATUS = exhaustive(
    ChangeStatus,
    {
        ChangeStatus.OK: Headline(
            0,
            Bilingual("確認が必要な予約なし", "nothing to ask"),
            "ok",
            "○",
            Bilingual("変更なし", "OK"),
            "green",
        ),
        ChangeStatus.CHANGED: Headline(
            0,
            Bilingual("確認が必要な予約なし", "nothing to ask"),
            "changed",
            "△",
            Bilingual("変更あり", "Changed"),
            "yellow",
        ),
        ChangeStatus.TO_ASK: Headline(
            10,
            Bilingual("患者さんへの確認が必要な予約あり", "some to ask about"),
            "to-ask",
            "？",
            Bilingual("要確認", "To ask"),
            "magenta",
        ),
    },
)

ALL_REGISTERED = ExitRow(0, Bilingual("すべて登録", "all registered"))
SOME_NOT_REGISTERED = ExitRow(10, Bilingual("登録できない番号あり", "some not registered"))
STILL_PROCESSING = ExitRow(11, Bilingual("一括照会は処理中", "batch still processing"))
USAGE = ExitRow(2, Bilingual("使い方・ファイル・設定の誤り", "wrong usage, file or settings"))
ENDED = ExitRow(
    0, Bilingual("Ctrl-C または終了シグナルによる終了", "ended by Ctrl-C or a termination signal")
)
SIGNALS = (
    ExitRow(129, Bilingual("SIGHUP による終了", "ended by SIGHUP")),
    ExitRow(130, Bilingual("質問の前後の Ctrl-C", "Ctrl-C before or after a question")),
    ExitRow(143, Bilingual("SIGTERM による終了", "ended by SIGTERM")),
)

_CARD_CODES = frozenset({"card-not-usable", "signature-invalid"})
_CARD_PREFIXES = ("certificate-", "registration-")


def of_problem(problem: ShikakuError) -> Headline:
    """The headline of what went wrong. None of them looks like a validity."""
    code, kind = problem.code, problem.entry.kind
    if code.startswith("pin-"):
        return PIN_PROBLEM
    if code == "eligibility-not-confirmable":
        return NOT_CONFIRMABLE
    if kind is ErrorKind.REFUSAL and (code in _CARD_CODES or code.startswith(_CARD_PREFIXES)):
        return CARD_REFUSED
    return PROBLEM[kind]
