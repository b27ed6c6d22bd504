"""The words of a history (薬剤情報 …), Japanese first."""

from __future__ import annotations

from clinic_terminal.console.words import Words

ROWS = Words("件", "rows")
NOTHING = Words("この期間の情報はありません", "Nothing in these months")
NO_NAME = Words("名称の登録なし", "not in the drug master")
NO_KEY = Words("成分コードなし", "without ingredient code")
DUPLICATE = Words("！重複", "DUPLICATE")
SAME_INGREDIENT = Words("別の処方元・同じ成分", "other prescriber")
GENERIC = Words("後発", "generic")
DAYS_OF_SUPPLY = Words("日分", "days")
DOSES = Words("回分", "doses")
TIMES = Words("回", "times")
PRESCRIBED = Words("処方", "by")
DISPENSED = Words("調剤", "from")
GIVEN = Words("実施", "at")
OWN = Words("自施設", "own")
CLAIMED = Words("請求", "claimed")
DAYS_OLD = Words("日前の登録", "days old")
MAIN = Words("主傷病", "main")
BEGAN = Words("開始", "began")
PERMIT_ENDS = Words("閲覧の期限", "Until")
