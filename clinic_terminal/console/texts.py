"""Labels, questions and sentences of the reception's screens, Japanese first.

Headlines are in `outcomes`, the names of codes in `code_texts`, the sentences for errors in the catalogues. A
lone label is shown as `日本語 / English`, a sentence as two lines; details that stand inside a line of a history
are Japanese only.
"""

from __future__ import annotations

from clinic_terminal.bilingual import Bilingual

# -- One entitlement -----------------------------------------------------------------------------------------

INSURER = Bilingual("保険者", "Insurer")
CERTIFICATE = Bilingual("被保険者証区分", "Certificate")
MEMBERSHIP = Bilingual("記号・番号・枝番", "Symbol, number, branch")
RELATIONSHIP = Bilingual("本人・家族の別", "Insured or dependant")
NAME = Bilingual("氏名", "Name")
SEX = Bilingual("性別", "Sex")
ALIAS = Bilingual("通称", "Alias")
SEX_ON_CERTIFICATE = Bilingual("性別（券面）", "Sex on the certificate")
INSURED_NAME = Bilingual("被保険者（世帯主）", "Insured person")
BIRTH_DATE = Bilingual("生年月日", "Date of birth")
ADDRESS = Bilingual("住所", "Address")
INSURED_DAYS = Bilingual("資格期間", "Insured")
LOST_ON = Bilingual("資格喪失日", "First day without it")
REASON_OF_LOSS = Bilingual("喪失事由", "Reason of loss")
ISSUED = Bilingual("交付日", "Issued")
VALID_DAYS = Bilingual("有効期間", "Certificate valid")
REFERENCE_NUMBER = Bilingual("照会番号", "Reference number")
AS_OF = Bilingual("資格確認日", "As of")
KNOWN_AT = Bilingual("登録内容の基準日時", "As known at")
CERTIFICATE_EXPIRING = Bilingual(
    "電子証明書の有効期限は{expires_on}です。患者さんに、市区町村の窓口での早めの更新をご案内ください。",
    "The certificate expires on {expires_on}. Ask the patient to renew it soon at the municipal office.",
)
CERTIFICATE_IN_GRACE = Bilingual(
    "電子証明書の有効期限が{expires_on}に切れています。{renew_by}までは資格を確認できますが、診療・薬剤情報などは閲覧できません。"
    "患者さんに、市区町村の窓口での更新をご案内ください。",
    "The certificate expired on {expires_on}. Until {renew_by} the insurance can be checked with this card, and no"
    " medical information can be seen. Ask the patient to renew it at the municipal office.",
)

# -- What the patient pays -----------------------------------------------------------------------------------

BURDEN = Bilingual("負担割合", "Burden ratio")
FROM_INSURER = Bilingual("保険者の登録による割合", "registered by the insurer")
ELDERLY_CERTIFICATE = Bilingual("高齢受給者証", "elderly certificate")
BURDEN_MISSING = Bilingual(
    "負担割合の登録がありません。資格確認書・高齢受給者証などで確認してください",
    "No burden ratio is registered. See the eligibility certificate or the elderly certificate",
)
BY_AGE = Bilingual("年齢による割合。保険者からの登録なし", "by age; none registered by the insurer")
REIMBURSED_LATER = Bilingual(
    "窓口で10割負担、後日申請により払い戻し", "10/10 paid at the desk, reimbursed later on application"
)
LIMIT = Bilingual("限度額適用区分", "Limit class")
LIMIT_CERTIFICATE = Bilingual("限度額適用認定証区分", "Limit certificate")
LIMIT_DAYS = Bilingual("認定証の有効期間", "Limit certificate valid")
LONG_TERM = Bilingual("長期入院該当年月日", "Long-term hospital care from")
NONE_REGISTERED = Bilingual("登録なし", "none registered")
SPECIFIC_DISEASE = Bilingual("特定疾病療養受療証", "Specific disease")
SPECIFIC_DISEASE_DAYS = Bilingual("受療証の有効期間", "Specific disease valid")
MONTHLY_LIMIT = Bilingual("自己負担限度額", "Limit of own payment")
TICKET_NUMBER = Bilingual("交付番号", "number")
SELF_PAY = Bilingual("本人支払額", "own payment")

# -- Around an answer ----------------------------------------------------------------------------------------

ELAPSED = Bilingual("所要時間", "Elapsed")
WITHOUT_CONSENT = Bilingual("同意なし", "without consent")
ACCESS_REFUSED = Bilingual("認められず", "refused")
REGISTERED = Bilingual("利用登録を行いました", "The card was registered for insurance use")
TRIES_LEFT = Bilingual("暗証番号を入力できる残り回数", "PIN tries left")
TAKE_CARD = Bilingual("カードをお取りください", "Take the card")
CARD_PRESENT = Bilingual("カードあり", "card")
CARD_ABSENT = Bilingual("カードなし", "no card")
TIMINGS: dict[str, Bilingual] = {
    "total": Bilingual("合計", "total"),
    "waiting": Bilingual("操作の待ち時間", "waiting for people"),
    "card": Bilingual("カード", "card"),
    "network": Bilingual("通信・支払基金", "network and fund"),
    "software": Bilingual("端末ソフトウェア", "software"),
}
"""Shares of a tap's time, by the field of `Timings`."""

TO_PATIENT = Bilingual("患者さんへのご案内", "To the patient")
ALTERNATIVES_HEAD = Bilingual("他の確認方法", "Other ways to confirm the insurance")
ALTERNATIVES: tuple[Bilingual, ...] = (
    Bilingual("資格確認書", "the eligibility certificate (資格確認書)"),
    Bilingual(
        "患者さんのマイナポータルの資格情報画面とマイナンバーカード",
        "the patient's own Mynaportal screen, with the My Number Card",
    ),
    Bilingual(
        "資格情報のお知らせとマイナンバーカード",
        "the insurer's notice (資格情報のお知らせ), with the My Number Card",
    ),
    Bilingual(
        "過去の受診歴の聞き取り、または被保険者資格申立書",
        "a past visit, or a written statement by the patient",
    ),
    Bilingual("緊急時医療情報・資格確認機能", "the emergency function"),
)
"""What the reception may do instead, best first."""

# -- Look-ups by number, batches, reference numbers ----------------------------------------------------------

BRANCH_NEEDED = Bilingual(
    "枝番を入力してください（不明なら空欄）", "Enter the branch number (empty if unknown)"
)
MEMBERSHIP_FIELD: dict[str, Bilingual] = {
    "insurer_number": Bilingual("保険者番号（6桁・8桁）", "Insurer number"),
    "symbol": Bilingual("記号（なければ空欄）", "Symbol, if any"),
    "number": Bilingual("番号", "Number"),
    "branch": Bilingual("枝番（不明なら空欄）", "Branch, if known"),
    "birth_date": Bilingual("生年月日（例：1980-05-17、S55.5.17）", "Date of birth"),
}
CHECK_INPUT = Bilingual("入力を確認してください：", "Please check:")
BATCH = Bilingual("一括照会の受付番号", "Batch")
BATCH_PROCESSING = Bilingual(
    "処理中です。時間をおいて、--batch にこの番号を付けて再実行してください",
    "Still processing. Run again later with --batch and this number",
)
REGISTERED_REFERENCE = Bilingual("登録しました", "Registered")

# -- PIN, registration, consent ------------------------------------------------------------------------------

PIN = Bilingual("暗証番号（数字4桁）", "PIN (four digits)")
LAST_TRY = Bilingual(
    "入力できるのはあと1回です。間違えるとロックされます。続けますか？",
    "This is the last try; a wrong PIN locks the card. Go on?",
)
YES_OR_NO = Bilingual("（はい y／いいえ N）", " [y/N]")
AGREE_TO_REGISTER = Bilingual(
    "このカードを健康保険証として利用登録します。患者さんは同意していますか？",
    "The card is to be registered for insurance use. Does the patient agree?",
)
AGREE = Bilingual("患者さんは、上の内容に同意しますか？", "Does the patient agree to the above?")
CONSENT_CHOICE = Bilingual(
    "患者さんの選択（1：上のすべての情報に同意する　2：項目ごとに選ぶ　3：同意しない）",
    "The patient's choice (1: all of the above, 2: one by one, 3: no consent)",
)
CONSENT = Bilingual("同意番号", "Consent")
CONSENT_BEGINS = Bilingual("閲覧の開始", "Consent begins at")
CONSENT_ENDS = Bilingual("同意の期限", "Consent ends at")
CONSENT_BASIS = Bilingual("本人確認方法", "Identified by")
CONSENT_GIVEN = Bilingual("同意日時", "Given at")
CONSENT_ENDED = Bilingual("終了日時", "Ended at")
CONSENT_END_REASON = Bilingual("終了の理由", "Reason")
CONSENTED_TO = Bilingual("同意した情報", "Consented to")
CARE = Bilingual("診療区分", "Care")
UNTIL_WITHDRAWN = Bilingual("取り消すまで", "until it is withdrawn")
THIS_ANSWER_ALONE = Bilingual("この回答のみ", "this answer only")

# -- Access without consent ----------------------------------------------------------------------------------

EMERGENCY_REASON = Bilingual("同意を得られない理由（番号）", "Why the patient cannot be asked (number)")
NOTHING_HOLDS = Bilingual("有効な資格はありません", "no valid insurance")
DISASTER_CONSENT = Bilingual(
    "薬剤情報などを閲覧する根拠（番号、空欄なら閲覧しない）",
    "Ground for reading the history (number; empty: do not read)",
)
EMERGENCY_NOTE = Bilingual("理由の説明（記録されます）", "Explanation (recorded)")
ONE_TIME_PASSWORD = Bilingual("ワンタイムパスワード（6桁）", "One-time password (six digits)")
SEARCH_FIELD: dict[str, Bilingual] = {
    "name": Bilingual("氏名", "Name"),
    "name_kana": Bilingual("氏名カナ（漢字氏名が分かれば空欄）", "Reading, if the name is not known"),
    "birth_date": Bilingual("生年月日", "Date of birth"),
    "sex": Bilingual("性別（1：男、2：女）", "Sex (1: male, 2: female)"),
    "address": Bilingual("住所", "Address"),
}
SUMMARY = Bilingual(
    "救急用サマリーのみ：受診歴・薬剤3か月、処方・調剤45日、手術・透析・健診5年",
    "Summary only: visits and medicines 3 months, prescriptions and dispensings 45 days, surgery, dialysis and check-ups 5"
    " years",
)
PERMIT_ENDS = Bilingual("閲覧の期限", "Access ends at")

# -- Prescriptions and dispensings ---------------------------------------------------------------------------

ENTRY = Bilingual("登録番号", "Entry")
RECORD = Bilingual("記録番号", "Record")
KNOWN_FROM = Bilingual("反映日時", "Known from")

# -- The check of duplicate medication ------------------------------------------------------------------------

DUPLICATE = Bilingual("重複投薬", "Duplicate medication")
CONTRAINDICATED = Bilingual("併用禁忌", "Contraindicated combination")
FOUND = Bilingual("該当あり", "found")
NOT_FOUND = Bilingual("該当なし", "none")
NOT_DECIDED = Bilingual("判定できません", "cannot be decided")
CHECK_INCOMPLETE = Bilingual(
    "登録された処方・調剤が多いため、新しいものだけを確認しました。お薬手帳などでも確認してください。",
    "This patient has too many entries: only the newest were compared. Check other sources too.",
)

# -- Rows of a history ---------------------------------------------------------------------------------------

ROWS = "件"
NOTHING_FOUND = Bilingual("この期間の情報はありません", "Nothing in these months")
NO_PROVIDER = Bilingual("この情報の提供元はありません", "No provider of this information")
NO_NAME = "医薬品マスターに名称なし"
NO_INGREDIENT = "成分コードなし"
OVERLAP = Bilingual("！服用期間の重なり", "OVERLAPPING DAYS")
SAME_INGREDIENT = "別の処方元・同じ成分"
GENERIC = "後発品"
DAYS_OF_SUPPLY = "日分"
DOSES = "回分"
TIMES = "回"
PRESCRIBER = "処方元"
DISPENSER = "調剤薬局"
PROVIDER = "実施施設"
OWN_FACILITY = "自施設"
CLAIMED = "請求"
DAYS_OLD = "日前の登録"
EARLIER_READER = "旧版で読取り：要確認"
