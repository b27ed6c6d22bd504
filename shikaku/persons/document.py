"""`python -m shikaku.persons.document`: writes `docs/test-persons.md` from the data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shikaku.persons.dataset import Dataset, Member, load_dataset
from shikaku.persons.person import ExpectedResult, Person, Question
from shikaku.stack import INSTITUTION_CODE, PIN

DOCUMENT = Path(__file__).parents[2] / "docs" / "test-persons.md"

_VALIDITY = {
    "1": "有効 / valid",
    "2": "無効 / not valid",
    "3": "無効（新しい資格あり）/ not valid, newer enrolment",
    "4": "該当資格なし / not found",
    "5": "複数該当 / several found",
    "6": "有効（医療券・調剤券の登録なし）/ valid, no ticket",
}

_HEAD = """# テスト患者 / Test persons

{count} synthetic persons with fixed names, numbers and cards; for every answer of the fund there is a person who gets it.
`python -m shikaku.persons.document` writes this page from `shikaku/persons/data/`. The expected answers are written by
hand from the [rules](rules.md), and a test compares each complete answer with them.

架空のテスト患者 {count}人です。氏名・番号・カードは固定で、支払基金のどの回答にも対応する患者がいます。
このページは `shikaku/persons/data/` から `python -m shikaku.persons.document` で作成します。期待する回答は
[規則](rules.md)から人が書いたもので、テストが回答全体と照合します。

## 使い方 / How to use them

`make demo` registers all of them: the residents at J-LIS, the cards in `var/demo/cards/` (PIN {pin}), the enrolments at
the fund. In another shell:

`make demo` は全員を登録します（住民は J-LIS、カードは `var/demo/cards/`、暗証番号は {pin}、加入者情報は支払基金）。
別のシェルで：

```
. var/demo.env
.venv/bin/clinic-terminal tap --card var/demo/cards/P01-valid.json
.venv/bin/clinic-terminal tap --card var/demo/cards/P42-turned-75.json --as-of DAY
.venv/bin/clinic-terminal lookup
```

`--json` prints the answer as it is in the interface. For a client of your own: `TERMINAL_CREDENTIAL` names the file of
a terminal's credential, `TERMINAL_FUND_URL` is the fund's address, and `/openapi.json` describes the interface. The
asking clinic is {institution_code}.

`--json` を付けると回答をそのままの形で表示します。自作のクライアントでは、端末の認証情報は `TERMINAL_CREDENTIAL` の
ファイル、支払基金のアドレスは `TERMINAL_FUND_URL`、インターフェイスは `/openapi.json` を使います。照会元の施設は
{institution_code} です。

## 読み方 / How to read the tables

- Each row is one question: how it is asked, then the validity (or the problem's code) and the insurers of the results in
  order, with what the rules add. / 1行が1つの照会です。照会方法、資格有効性（または問題のコード）、結果の保険者の順です。
- "By number" uses the numbers of the membership; different ones are named. /
  by number は、その加入の記号・番号で照会します。異なる値は記してあります。
- Days are as written, or relative to the day on which the demo was started: `today-20d`; `month-start`; `Y-76-06-15` is
  15 June 76 years before that year; `L-76-02-29` is 29 February of the last leap year not after that, and
  `L-76+75-03-01` is 1 March 75 years later. So boundary days stay boundary days. /
  日付は固定か、demo を開始した日からの相対日です（Y：その年から、L：直前の閏年から）。
- *with the limit certificate* marks a look-up by number with the desk's flag. By card it is shown without being asked for. /
  *with the limit certificate* は、番号による照会で限度額の表示を求めたものです。カードでは同意なしで表示されます。
- **過去の制度 / history** marks a person who is impossible today; the codes stay, for earlier data. /
  **過去の制度 / history** の患者は現在の制度にはありません（区分のコードは過去のデータのために残しています）。
- *before* marks a question asked before the later changes (*later*); `make demo` has the state after them. /
  *before* は後の変更（*later*）より前の照会です。`make demo` は変更後の状態です。
"""

_SPELLED = ("name", "name_kana", "address")
"""Items that an insurer may spell otherwise than the register."""

_CHANGES = {
    "end": "the insurer ends {of} ({items})",
    "correct": "the insurer corrects {of} ({items})",
    "confirm": "the insurer confirms {of}",
    "suspend": "the card is suspended",
    "revoke": "the card is revoked",
    "renew": "the card is renewed (`{card}-renewed.json`)",
    "lock": "three wrong PINs lock the card",
    "die": "the person dies ({items})",
}


def document(data: Dataset) -> str:
    """The page in Markdown. `data`: with its days as written."""
    head = _HEAD.format(count=len(data.persons), pin=PIN, institution_code=INSTITUTION_CODE)
    return "\n".join([head, *_index(data), *_themes(data)])


def _index(data: Dataset) -> Iterator[str]:
    yield "## 目次 / Themes\n"
    yield "| 患者 / persons | テーマ / theme |"
    yield "|---|---|"
    for (ja, en), persons in data.groups.items():
        first, last = (f"[{one.label}](#{one.id.lower()})" for one in (persons[0], persons[-1]))
        yield f"| {first if first == last else f'{first}–{last}'} | {ja}<br>{en} |"
    yield ""


def _themes(data: Dataset) -> Iterator[str]:
    for (ja, en), persons in data.groups.items():
        yield f"## {ja}\n\n{en}\n"
        for person in persons:
            yield from _person(data, person)


def _person(data: Dataset, person: Person) -> Iterator[str]:
    yield f"### {person.id}\n"
    ja, en = person.purpose
    yield f"{_escaped(ja)} / {_escaped(en)}\n"
    card = f"`{person.card_file}`" if person.has_card else "—"
    yield f"- 氏名 / name: {_escaped(person.name)}（{person.kana}）、生年月日 / born: {person.birth_date}"
    yield f"- カード / card: {card}"
    if person.history is not None:
        yield f"- **過去の制度 / history:** {person.history[0]} / {person.history[1]}"
    yield from (f"- 加入 / membership {line}" for line in _memberships(data, person))
    yield from (f"- 変更 / *later:* {line}" for line in _changes(person))
    if person.paper is not None:
        paper = (
            "資格情報のお知らせ / notice"
            if person.paper == "notice"
            else f"資格確認書 / certificate (`{person.paper}`)"
        )
        yield f"- 書面 / paper: {paper}"
    yield from (f"- 記録 / recorded: {line}" for line in _recorded(person))
    yield "\n| 照会 / question | 回答 / answer |\n|---|---|"
    for question in person.questions:
        note = f" ({question.note[1]})" if question.note else ""
        yield f"| {', '.join(_how(question))} | {_answer(data, person, question)}{note} |"
    for check in person.checks:
        fact = "重複あり / duplicate" if check.duplicate else "重複なし / no duplicate"
        yield f"| 重複投薬等チェック / check before {check.drug} | {fact} |"
    for history in person.histories:
        shown = ", ".join((*history.kinds, *history.drugs)) or "なし / nothing"
        yield f"| 同意に基づく閲覧 / under a consent: {history.resource} | {shown} |"
    yield ""


def _recorded(person: Person) -> Iterator[str]:
    for one in person.prescriptions:
        yield f"他院の処方 / another clinic's prescription {one.drug} ({one.on})"
    for claim in person.claims:
        acts = ", ".join(
            [*(f"{act.kind} {act.code}" for act in claim.acts), *([claim.drug] if claim.drug else [])]
        )
        day = f"前々月{claim.day}日 / day {claim.day} of the month before the last"
        yield f"レセプト / claim ({day}): {'、'.join(claim.diseases)}; {acts}"


def _memberships(data: Dataset, person: Person) -> Iterator[str]:
    for of, given in enumerate(person.enrolments, start=1):
        items = data.enrolment(person, of, "before")
        name = data.insurers[given.insurer].name
        days = f"{items['acquired_on']} – {items['lost_on'] or ''}".strip()
        late = ", registered late" if given.late else ""
        spelled = "".join(f", {item} {given.items[item]}" for item in _SPELLED if item in given.items)
        yield f"{of}: {name} {items['insurer_number']} {_numbers(items)} ({days}{late}{spelled})"


def _numbers(items: dict[str, str | None]) -> str:
    symbol = f"{items['symbol']}・" if items["symbol"] else ""
    branch = f"-{items['branch']}" if items["branch"] else ""
    return f"{symbol}{items['number']}{branch}"


def _changes(person: Person) -> Iterator[str]:
    for change in person.changes:
        items = ", ".join(f"{name} {_item(value)}" for name, value in change.items.items())
        yield _CHANGES[change.kind].format(of=change.of, items=items, card=person.id)


def _item(value: object) -> str:
    """An item's value; of a group its items in brackets."""
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {item}' for name, item in value.items())})"
    return str(value)


def _how(question: Question) -> Iterator[str]:
    if question.when == "before":
        yield "*before*"
    if question.by == "number":
        yield f"by number {question.of}"
        yield from (f"{name} {value or 'left out'}" for name, value in question.numbers.items())
    else:
        yield "visual check" if question.by == "visual-check" else "card"
    if question.card == "old":
        yield "the old one"
    if question.agrees:
        yield "agreeing to the registration"
    if question.limit:
        yield "with the limit certificate"
    if question.as_of:
        yield f"as of {question.as_of}"
    if question.known:
        yield "as known before"


def _answer(data: Dataset, person: Person, question: Question) -> str:
    if question.problem:
        return f"`{question.problem}`"
    assert question.validity is not None
    results = "; ".join(_result(data, person, question, one) for one in question.expected_results)
    remark = f"; renew by {question.renewal.renew_by}" if question.renewal else ""
    return (
        f"**{question.validity}** {_VALIDITY[question.validity]}"
        + (f": {results}" if results else "")
        + remark
    )


def _result(data: Dataset, person: Person, question: Question, expected: ExpectedResult) -> str:
    insurer = data.insurers[person.enrolments[expected.of - 1].insurer]
    items = data.enrolment(person, expected.of, question.known or question.when)
    notes = list(_notes(items, expected))
    return insurer.name + (f" ({', '.join(notes)})" if notes else "")


def _notes(items: Member, expected: ExpectedResult) -> Iterator[str]:
    if expected.burden_expected:
        elderly = (items["elderly_certificate"] if expected.elderly else None) or {}
        ratio = items["burden_ratio"] or elderly.get("burden_ratio")
        yield f"{ratio // 10}割 / {ratio} %" if ratio else "ratio missing"
    if expected.limit:
        yield f"limit {items['limit_certificate']['limit_class']}"
    if expected.preschool:
        yield "pre-school"
    if not expected.address:
        yield "no address"
    if expected.tickets:
        yield "ticket"
    if expected.ended_by_law_on:
        yield f"lost {expected.ended_by_law_on} by law"


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(document(load_dataset()), encoding="utf-8")
