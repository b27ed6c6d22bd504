"""The words of the desk, Japanese first: outcomes with their colour, mark and advice; labels of fields.

The sentences for errors are not here but in the contract's catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass

from eligibility_api.contract.codes import ReasonOfLoss, Relationship, Sex, Validity
from eligibility_api.contract.errors import Kind


@dataclass(frozen=True, slots=True)
class Words:
    """The same in both languages."""

    ja: str
    en: str

    def __str__(self) -> str:
        return f"{self.ja} / {self.en}"


@dataclass(frozen=True, slots=True)
class Headline:
    """What the desk sees first. The mark and the word tell the same as the colour; `name` is for programs."""

    name: str
    mark: str
    word: Words
    colour: str
    advice: Words | None = None


_LADDER = Words(
    "他の確認方法：患者さんのマイナポータル資格画面とカード → 資格情報のお知らせとカード"
    " → 過去の受診記録または申立書。",
    "Other ways: the patient's own portal screen with the card; the insurer's notice with the card; "
    "a past visit or a written statement.",
)

VALIDITY: dict[Validity, Headline] = {
    Validity.VALID: Headline("valid", "○", Words("有効", "Valid"), "green"),
    Validity.INVALID: Headline(
        "invalid",
        "×",
        Words("無効", "Not valid"),
        "red",
        Words(
            "喪失日と保険者を患者さんに伝え、新しい保険を確認してください。" + _LADDER.ja,
            "Tell the patient when and with whom the insurance ended; ask for the new one. " + _LADDER.en,
        ),
    ),
    Validity.INVALID_NEWER_EXISTS: Headline(
        "invalid-newer-exists",
        "×",
        Words("無効（新しい資格あり）", "Not valid (a newer insurance exists)"),
        "red",
        Words("新しい資格で、もう一度確認してください。", "Ask again for the newer insurance."),
    ),
    Validity.NOT_FOUND: Headline(
        "not-found",
        "－",
        Words("該当なし", "Nothing found"),
        "yellow",
        Words(
            "保険者の登録が間に合っていないことがあります。" + _LADDER.ja,
            "The insurer may not have registered it yet. " + _LADDER.en,
        ),
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

PROBLEM: dict[Kind, Headline] = {
    Kind.CARD: Headline("card-problem", "！", Words("カードを読めません", "Card not read"), "cyan"),
    Kind.REFUSAL: Headline("refused", "！", Words("受け付けられません", "Not accepted"), "magenta"),
    Kind.REQUEST: Headline("refused", "！", Words("受け付けられません", "Not accepted"), "magenta"),
    Kind.REGISTRATION: Headline(
        "first-registration-needed", "→", Words("初回登録が必要です", "First registration needed"), "cyan"
    ),
    Kind.TECHNICAL: Headline(
        "technical-failure", "…", Words("確認できません（通信）", "Cannot be checked (line)"), "blue", _LADDER
    ),
}

PIN_PROBLEM = Headline("card-problem", "！", Words("暗証番号", "PIN"), "cyan")
"""In place of `PROBLEM` where the card was read and it is the PIN that ended the tap."""

GIVEN_UP = Headline("given-up", "■", Words("中止しました", "Given up"), "white")

REASON_OF_LOSS: dict[ReasonOfLoss, Words] = {
    ReasonOfLoss.DEATH: Words("死亡", "death"),
    ReasonOfLoss.PUBLIC_ASSISTANCE: Words("生活保護受給", "public assistance"),
    ReasonOfLoss.OTHER_INSURANCE: Words("他保険への加入", "other insurance"),
    ReasonOfLoss.OTHER: Words("その他", "other"),
}

RELATIONSHIP: dict[Relationship, Words] = {
    Relationship.INSURED: Words("本人", "insured"),
    Relationship.DEPENDANT: Words("家族", "dependant"),
}

SEX: dict[Sex, Words] = {
    Sex.MALE: Words("男", "male"),
    Sex.FEMALE: Words("女", "female"),
    Sex.UNSET: Words("－", "not stated"),
}

INSURER = Words("保険者", "Insurer")
MEMBERSHIP = Words("記号・番号・枝番", "Symbol, number, branch")
NAME = Words("氏名", "Name")
BIRTH_DATE = Words("生年月日", "Born")
ADDRESS = Words("住所", "Address")
INSURED_DAYS = Words("資格期間", "Insured")
LOSS = Words("喪失日・事由", "Ended, reason")
AS_OF = Words("確認日", "As of")
ELAPSED = Words("所要時間", "Elapsed")
REGISTERED = Words("初回登録を行いました", "The first registration was made")
TRIES_LEFT = Words("暗証番号の残り回数", "PIN tries left")
TAKE_CARD = Words("カードをお取りください", "Take the card")
CARD_PRESENT = Words("カードあり", "card")
CARD_ABSENT = Words("カードなし", "no card")

PIN = Words("暗証番号（数字4桁）", "PIN (four digits)")
LAST_TRY = Words(
    "最後の1回です。間違えるとロックされます。続けますか", "This is the last try; a wrong PIN locks it. Go on"
)
AGREE_TO_REGISTER = Words(
    "このカードを健康保険証として利用登録します。患者さんは同意していますか",
    "The card is to be registered for insurance use. Does the patient agree",
)
