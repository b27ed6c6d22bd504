"""The words of the desk, Japanese first: labels of fields, questions, sentences.

What comes first on a screen is in `headlines`, the words for codes in `code_words`, the sentences for errors in the
contract's catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The same in both languages."""

    ja: str
    en: str

    def __str__(self) -> str:
        return f"{self.ja} / {self.en}"


INSURER = Words("保険者", "Insurer")
CERTIFICATE = Words("証の種類", "Certificate")
MEMBERSHIP = Words("記号・番号・枝番", "Symbol, number, branch")
NAME = Words("氏名", "Name")
ALIAS = Words("通称", "Alias")
SEX_ON_CERTIFICATE = Words("性別（証）", "Sex on the certificate")
INSURED_NAME = Words("被保険者（世帯主）", "Insured person")
BIRTH_DATE = Words("生年月日", "Born")
ADDRESS = Words("住所", "Address")
INSURED_DAYS = Words("資格期間", "Insured")
LOSS = Words("喪失日・事由", "Ended, reason")
ISSUED = Words("交付日", "Issued")
VALID_DAYS = Words("有効期間", "Certificate valid")
BURDEN = Words("負担割合", "Burden")
FROM_INSURER = Words("保険者から", "from the insurer")
ELDERLY_CERTIFICATE = Words("高齢受給者証", "elderly certificate")
BURDEN_MISSING = Words("届いていません。証で確認してください", "missing; look at the certificate")
BY_AGE = Words("年齢による。通知なし", "by age, not transmitted")
REIMBURSED_LATER = Words("あとで払い戻し", "reimbursed later")
LIMIT = Words("限度額区分", "Limit class")
LONG_TERM = Words("長期入院該当", "long-term from")
NONE_REGISTERED = Words("登録なし", "none registered")
SPECIFIC_DISEASE = Words("特定疾病", "Specific disease")
YEN_A_MONTH = Words("円（月額）", "yen a month")
ISSUE_NUMBER = Words("交付番号", "no.")
SELF_PAY = Words("本人支払額", "to pay")
REFERENCE_NUMBER = Words("照会番号", "Reference number")
AS_OF = Words("確認日", "As of")
KNOWN_AT = Words("この時点の登録内容", "As known at")
ELAPSED = Words("所要時間", "Elapsed")
REGISTERED = Words("初回登録を行いました", "The first registration was made")
TRIES_LEFT = Words("暗証番号の残り回数", "PIN tries left")
TAKE_CARD = Words("カードをお取りください", "Take the card")
CARD_PRESENT = Words("カードあり", "card")
CARD_ABSENT = Words("カードなし", "no card")

LADDER_HEAD = Words("他の確認方法", "Other ways")

LADDER: tuple[Words, ...] = (
    Words("患者さん自身のマイナポータル資格画面とカード", "the patient's own portal screen, with the card"),
    Words("資格情報のお知らせとカード", "the insurer's notice, with the card"),
    Words("過去の受診記録、または申立書", "a past visit, or a written statement"),
    Words("緊急時医療情報・資格確認機能", "the emergency function"),
)
"""What the desk may do instead, best first."""

BRANCH_NEEDED = Words("枝番を入力してください（不明なら空欄）", "Enter the branch number (empty if unknown)")
MEMBERSHIP_FIELD: dict[str, Words] = {
    "insurer_number": Words("保険者番号（6桁・8桁）", "Insurer number"),
    "symbol": Words("記号（なければ空欄）", "Symbol, if any"),
    "number": Words("番号", "Number"),
    "branch": Words("枝番（不明なら空欄）", "Branch, if known"),
    "birth_date": Words("生年月日（例：1980-05-17、S55.5.17）", "Born"),
}
TRY_AGAIN_IN = Words("再試行まで", "Try again in")
NOT_OF_THE_FORM = Words("入力を確認してください", "Please check")

BATCH = Words("受付番号", "Batch")
BATCH_PROCESSING = Words(
    "まだ処理中です。あとで --batch で続けてください", "Still processing; go on later with --batch"
)
REGISTERED_REFERENCE = Words("登録しました", "Registered")

PIN = Words("暗証番号（数字4桁）", "PIN (four digits)")
LAST_TRY = Words(
    "最後の1回です。間違えるとロックされます。続けますか", "This is the last try; a wrong PIN locks it. Go on"
)
AGREE_TO_REGISTER = Words(
    "このカードを健康保険証として利用登録します。患者さんは同意していますか",
    "The card is to be registered for insurance use. Does the patient agree",
)
CONSENT = Words("同意番号", "Consent")
CONSENT_ENDS = Words("同意の期限", "Consent ends at")
CONSENT_BASIS = Words("確認方法", "By")
CONSENT_GIVEN = Words("同意日時", "Given at")
CONSENT_ENDED = Words("終了", "Ended")
CONSENTED_TO = Words("同意した情報", "Consented to")
CARE = Words("診療区分", "Care")
UNTIL_WITHDRAWN = Words("取り消すまで", "when it is withdrawn")
THIS_ANSWER_ALONE = Words("この回答のみ", "in this answer alone")

AGREE_TO_ALL = Words("患者さんは、すべてに同意しますか", "Does the patient agree to all of it")
AGREE_TO_PART = Words("同意しますか", "agrees")

EMERGENCY_REASON = Words("同意を得られない理由（番号）", "Why she cannot be asked (number)")
EMERGENCY_NOTE = Words("理由の説明（記録されます）", "In words (goes on record)")
ONE_TIME_PASSWORD = Words("ワンタイムパスワード（6桁）", "One-time password (six digits)")
SEARCH_FIELD: dict[str, Words] = {
    "name": Words("氏名", "Name"),
    "name_kana": Words("氏名（カナ）（漢字がわかれば空欄）", "Reading, where the name is not known"),
    "birth_date": Words("生年月日", "Born"),
    "sex": Words("性別（1 男、2 女）", "Sex (1 male, 2 female)"),
    "address": Words("住所", "Address"),
}
ENTRY = Words("登録番号", "Entry")
RECORD = Words("記録", "Record")
KNOWN_FROM = Words("公開", "Known from")
