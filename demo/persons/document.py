"""`python -m demo.persons.document`: writes `docs/test-persons.md` out of the data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from demo.house import INSTITUTION_CODE, PIN
from demo.persons.person import Asked, Person, Shown
from demo.persons.stage import Stage, stage

DOCUMENT = Path(__file__).parents[2] / "docs" / "test-persons.md"

_VALIDITY = {
    "1": "有効",
    "2": "無効",
    "3": "無効（新しい資格あり）",
    "4": "該当資格なし",
    "5": "複数該当",
    "6": "有効（未登録）",
}

_HEAD = """# Test persons

{count} persons with stable names, numbers and cards, for every answer that the fund can give. This page is made from
`demo/persons/data/` by `python -m demo.persons.document`. The answers there are written by hand from the
[rules](rules.md); a test taps or asks each person and holds the whole answer against them.

## How to use them

`make demo` puts all of them into the house: the residents into J-LIS's register, the cards into `var/demo/cards/` (PIN
{pin}), the enrolments at the fund. In another shell:

```
. var/demo.env
.venv/bin/clinic-terminal tap --card var/demo/cards/P01-valid.json
.venv/bin/clinic-terminal tap --card var/demo/cards/P42-turned-75.json --as-of DAY
.venv/bin/clinic-terminal lookup
```

`--json` prints the answer as it travels. For a program of your own: the credential of a terminal is the file named by
`TERMINAL_CREDENTIAL`, the fund's address is `TERMINAL_FUND_URL`, the interface is at `/openapi.json`. The clinic that asks
is {institution_code}.

- Each row of *asked → answered* is one question: how it is asked, then validity (or the problem's code) and the insurers of
  the results in their order, with what the rules make of them.
- "By number" asks with the numbers of the membership, unless it says which differ.
- Days are as written, or told from the day on which the demo was started: `today-20d`; `month-start`; `Y-76-06-15` is
  15 June 76 years before that day's year; `L-76-02-29` is 29 February of the last leap year not after that, and
  `L-76+75-03-01` 1 March 75 years later. So edges of days stay edges.
- A question marked *before* is asked before what happens later. `make demo` has the state after it.
"""

_WHAT_HAPPENS = {
    "end": "the insurer ends {of} ({items})",
    "correct": "the insurer corrects {of} ({items})",
    "confirm": "the insurer confirms {of}",
    "suspend": "her card is suspended",
    "revoke": "her card is revoked",
    "renew": "her card is renewed (`{card}-renewed.json`)",
    "lock": "three wrong PINs lock her card",
    "die": "she dies ({items})",
}


def document(data: Stage) -> str:
    """The page, Markdown. `data` with its days as they are written."""
    head = _HEAD.format(count=len(data.persons), pin=PIN, institution_code=INSTITUTION_CODE)
    return "\n".join([head, *_lines(data)])


def _lines(data: Stage) -> Iterator[str]:
    for about, persons in data.groups.items():
        yield f"## {about}\n"
        yield "| id, name | shows | card | memberships | asked → answered |"
        yield "|---|---|---|---|---|"
        for person in persons:
            yield "| " + " | ".join(_row(data, person)) + " |"
        yield ""


def _row(data: Stage, person: Person) -> Iterator[str]:
    yield f"**{person.id}**<br>{_escaped(person.name)}<br>{person.kana}<br>born {person.birth_date}"
    yield "<br>".join(_escaped(text) for text in person.shows)
    yield f"`{person.card_file}`" if person.has_card else "—"
    yield "<br>".join([*_memberships(data, person), *_changes(person)]) or "—"
    yield "<br>".join(_question(data, person, asked) for asked in person.asked)


def _memberships(data: Stage, person: Person) -> Iterator[str]:
    for of, enrolled in enumerate(person.enrolled, start=1):
        items = data.enrolment(person, of, "before")
        name = data.insurers[enrolled.insurer].name
        days = f"{items['acquired_on']} to {items['lost_on'] or ''}".strip()
        late = ", told late" if enrolled.late else ""
        yield f"{of}. {name} {items['insurer_number']} {_numbers(items)} ({days}{late})"


def _numbers(items: dict[str, str | None]) -> str:
    symbol = f"{items['symbol']}・" if items["symbol"] else ""
    branch = f"-{items['branch']}" if items["branch"] else ""
    return f"{symbol}{items['number']}{branch}"


def _changes(person: Person) -> Iterator[str]:
    for change in person.changes:
        items = ", ".join(f"{name} {value}" for name, value in change.items.items())
        text = _WHAT_HAPPENS[change.kind].format(of=change.of, items=items, card=person.id)
        yield f"*later:* {text}"


def _question(data: Stage, person: Person, asked: Asked) -> str:
    how = ", ".join(_how(asked))
    why = f" ({asked.why})" if asked.why else ""
    return f"{how} → {_answer(data, person, asked)}{why}"


def _how(asked: Asked) -> Iterator[str]:
    if asked.when == "before":
        yield "*before*"
    if asked.by == "number":
        yield f"by number {asked.of}"
        yield from (f"{name} {value or 'left out'}" for name, value in asked.numbers.items())
    else:
        yield "visual check" if asked.by == "visual-check" else "card"
    if asked.card == "old":
        yield "the old one"
    if asked.limit:
        yield "with consent"
    if asked.as_of:
        yield f"as of {asked.as_of}"
    if asked.known:
        yield "as known before"


def _answer(data: Stage, person: Person, asked: Asked) -> str:
    if asked.problem:
        return f"`{asked.problem}`"
    assert asked.validity is not None
    shown = "; ".join(_result(data, person, one) for one in asked.results)
    return f"**{asked.validity}** {_VALIDITY[asked.validity]}" + (f": {shown}" if shown else "")


def _result(data: Stage, person: Person, shown: Shown) -> str:
    insurer = data.insurers[person.enrolled[shown.of - 1].insurer]
    notes = list(_notes(data, person, shown))
    return insurer.name + (f" ({', '.join(notes)})" if notes else "")


def _notes(data: Stage, person: Person, shown: Shown) -> Iterator[str]:
    items = data.enrolment(person, shown.of)
    if shown.burden_expected:
        elderly = items["elderly_certificate"] or {}
        ratio = items["burden_ratio"] or elderly.get("burden_ratio")
        yield f"{ratio} %" if ratio else "ratio missing"
    if shown.limit:
        yield f"limit {items['limit_certificate']['limit_class']}"
    if shown.preschool:
        yield "pre-school"
    if not shown.address:
        yield "no address"
    if shown.tickets:
        yield "ticket"
    if shown.ended_by_law_on:
        yield f"lost {shown.ended_by_law_on} by law"


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(document(stage()), encoding="utf-8")
