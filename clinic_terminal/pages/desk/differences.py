"""What an answer says otherwise than the chart, item by item, and what becomes of it.

An item is compared by the text that is shown of it. A text with ● is never taken over: the character that the fund
could not send is in the chart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console.insurance import Item, items
from clinic_terminal.store.records import Chart, Visit
from eligibility_api.contract.member_items import Enrolment

UNSHOWN = "●"
"""What stands for a character that could not be transmitted."""

NOTHING = "－"


class Decision(StrEnum):
    """What became of a difference."""

    OPEN = "open"
    TAKEN_OVER = "taken-over"
    KEPT = "kept"
    PASSED = "passed"
    """Nobody decided it before a newer visit of the person came: it is decided there."""
    BLOCKED = "blocked"
    """It has ●, and stays in the chart as it is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An item that differs. `same_kana`: of a name with ●, whether its reading agrees with the chart's."""

    label: Bilingual
    chart: str
    now: Bilingual
    decision: Decision
    same_kana: bool = False


def differences(visit: Visit, chart: Chart | None) -> list[Difference]:
    """The differences of a visit's answer to the chart as it was then, in the order in which the items are shown.

    `chart`: as it is now.
    """
    enrolment = visit.enrolment
    if enrolment is None or chart is None:
        return []
    former, found = charted(visit.chart or chart), []
    for label, now in shown(items(enrolment)).items():
        was = visit.taken_over.get(label.ja, former.get(label.ja, NOTHING))
        if was != now.ja:
            found.append(_difference(visit, enrolment, label, was, now, newest=is_newest(visit, chart)))
    return found


def is_newest(visit: Visit, chart: Chart) -> bool:
    """Whether no later visit of the chart's person is known: what an older one says changes no chart."""
    return chart.newest in ("", visit.visit_id)


def charted(chart: Chart) -> dict[str, str]:
    """The texts that a chart has, by label."""
    return {label.ja: text.ja for label, text in shown(items(chart.enrolment)).items()} | chart.taken_over


def shown(found: Iterable[Item]) -> Mapping[Bilingual, Bilingual]:
    """The text of each label; where there are several, or more lines, all of them."""
    texts: dict[Bilingual, Bilingual] = {}
    label = None
    for item in found:
        label = item.label or label
        if label is not None:
            above = texts.get(label)
            texts[label] = item.value if above is None else _joined(above, item.value)
    return texts


def _joined(above: Bilingual, below: Bilingual) -> Bilingual:
    return Bilingual(f"{above.ja}、{below.ja}", f"{above.en}, {below.en}")


def _difference(
    visit: Visit, enrolment: Enrolment, label: Bilingual, was: str, now: Bilingual, *, newest: bool
) -> Difference:
    decision = Decision.OPEN if newest else Decision.PASSED
    if UNSHOWN in now.ja:
        decision = Decision.BLOCKED
    elif label.ja in visit.taken_over:
        decision = Decision.TAKEN_OVER
    elif label.ja in visit.kept:
        decision = Decision.KEPT
    kana = enrolment.name_kana
    return Difference(label, was, now, decision, kana is not None and was.endswith(f"（{kana}）"))
