"""The sections of a report: titles, pictures and tables of its figures, in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from eligibility_api.audit.report import details
from eligibility_api.audit.report.figures import REASONS, Figures
from eligibility_api.audit.report.phrases import Phrases
from eligibility_api.contract.codes import Category
from eligibility_api.domain.dates import JAPAN

MAX_SHOWN = 20
"""Rows of a table on the page; the CSV file has all of them."""

_MAX_BARS = 10
_CLAIMS_KNOWN_AFTER = timedelta(days=11)
"""Claims of a month count from the eleventh of the next one (OQS 7.3)."""

Cell = str | int
PictureRows = Sequence[tuple[str, float, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: column titles, rows, and how many rows there are in all. Numbers are integers."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    total: int | None = None
    """The number of rows, if not all are shown."""
    is_listed: bool = True
    """Whether the CSV file has all of them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart of rows of label, value and its text; `by_day`: columns along the days, else bars."""

    id: str
    title: str
    rows: PictureRows
    by_day: bool = False

    @property
    def total(self) -> int:
        """The sum of its values."""
        return round(sum(value for _, value, _ in self.rows))


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the page. `limit`: so many entries are listed although there are more."""

    id: str
    title: str
    lead: str
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not any(table.rows for table in self.tables)


def sections(figures: Figures, phrases: Phrases) -> Iterator[Section]:
    """All sections, in the order of the page."""
    makers: tuple[Callable[[Figures, Phrases], Section], ...] = (
        _accesses, _exceptional, _unclaimed, _consents, _refusals, _runs, _wrong, _insurers, _privileged,
    )  # fmt: skip
    for make in makers:
        yield make(figures, phrases)


def local(instant: datetime, *, seconds: bool = False) -> str:
    """An instant in Japan's time."""
    return (
        f"{instant.astimezone(JAPAN):%Y-%m-%d %H:%M:%S}"
        if seconds
        else f"{instant.astimezone(JAPAN):%Y-%m-%d %H:%M}"
    )


def _table(
    p: Phrases, columns: str, rows: Iterable[tuple[Cell, ...]], title: str = "", *, total: int | None = None
) -> Table:
    """A table with the first rows of `rows`. `columns`: the keys of its titles."""
    found = list(rows)
    of = total if total is not None else len(found)
    shown = found[:MAX_SHOWN]
    return Table(
        title,
        tuple(p(f"column.{name}") for name in columns.split()),
        shown,
        of if of > len(shown) else None,
        of <= len(found),
    )


def _bars(id: str, title: str, rows: Iterable[tuple[str, int]]) -> Picture:
    return Picture(id, title, [(label, float(n), f"{n:,}") for label, n in list(rows)[:_MAX_BARS]])


def _days(id: str, title: str, figures: Figures, counts: dict[Any, int]) -> Picture:
    rows = [
        (f"{day.month}/{day.day}", float(counts.get(day, 0)), f"{counts.get(day, 0):,}")
        for day in figures.period.days
    ]
    return Picture(id, title, rows, by_day=True)


def _facility(figures: Figures, code: str) -> str:
    """A facility as a bar's label."""
    name = figures.names.get(code)
    return f"{name} {code}" if name else code


def _accesses(figures: Figures, p: Phrases) -> Section:
    by_reason = figures.by_reason
    all_accesses = sum(by_reason.values())
    reasons = [(p(f"reason.{reason}"), number) for reason, number in by_reason.items() if number]
    used = [reason for reason in REASONS if by_reason[reason]]
    busiest = figures.busiest()
    rows: list[tuple[Cell, ...]] = [
        (
            code,
            figures.names.get(code, ""),
            *(figures.accesses[code][REASONS.index(reason)] for reason in used),
            sum(figures.accesses[code]),
            figures.refused_accesses[code],
        )
        for code in busiest[:MAX_SHOWN]
    ]
    return Section(
        "accesses",
        p("accesses.title"),
        p("accesses.lead"),
        [
            _bars("by-reason", p("accesses.by-reason"), sorted(reasons, key=lambda one: -one[1])),
            _days("by-day", p("accesses.by-day"), figures, figures.accesses_by_day),
        ],
        [
            _table(
                p,
                "reason accesses share",
                [(name, number, f"{number / all_accesses:.1%}") for name, number in reasons],
                p("accesses.by-reason"),
            ),
            Table(
                p("accesses.by-facility"),
                (
                    p("column.facility"), p("column.name"), *(p(f"reason.{reason}") for reason in used),
                    p("column.total"), p("column.refused"),
                ),
                rows,
                len(busiest) if len(busiest) > len(rows) else None,
            ),
        ],
    )  # fmt: skip


def _exceptional(figures: Figures, p: Phrases) -> Section:
    codes = sorted(figures.exceptional, key=lambda code: (-figures.exceptional[code].total(), code))
    names = ("emergency.permit", "disaster.permit", "disaster.search", "visual-check", "refused")
    return Section(
        "exceptional",
        p("exceptional.title"),
        p("exceptional.lead"),
        [
            _days(f"{series}-by-day", p(f"exceptional.{series}-by-day"), figures, figures.exceptional_by_day[series])
            for series in ("without-consent", "visual-check")
            if series in figures.exceptional_by_day
        ],
        [
            _table(
                p,
                "facility name permits disaster-permits disaster-searches visual refused",
                [(code, figures.names.get(code, ""), *(figures.exceptional[code][name] for name in names)) for code in codes],
                p("exceptional.by-facility"),
            ),
            _table(
                p,
                "kind reason outcome count",
                [
                    (p.kind(kind), p.of("emergency", reason), p.outcome(outcome), number)
                    for (kind, reason, outcome), number in figures.permits.most_common()
                ],
                p("exceptional.permits"),
            ),
        ],
    )  # fmt: skip


def _unclaimed(figures: Figures, p: Phrases) -> Section:
    found = {code: one for code, one in figures.unclaimed.items() if one.without_claim}
    codes = sorted(found, key=lambda code: (-found[code].without_claim, code))
    kinds = [
        (p.kind(kind), one.looked_up, one.without_claim, f"{one.without_claim / one.looked_up:.1%}")
        for kind, one in sorted(figures.unclaimed_by_kind.items())
    ]
    following = (figures.period.last.replace(day=1) + timedelta(days=32)).replace(day=1)
    known = following + _CLAIMS_KNOWN_AFTER <= figures.made_at.astimezone(JAPAN).date()
    return Section(
        "unclaimed",
        p("unclaimed.title"),
        p("unclaimed.lead"),
        [
            _bars(
                "unclaimed-by-facility",
                p("unclaimed.chart"),
                [(_facility(figures, code), found[code].without_claim) for code in codes],
            )
        ],
        [
            _table(p, "kind looked-up without-claim share", kinds, p("unclaimed.by-kind")),
            _table(
                p,
                "facility name looked-up without-claim share",
                [
                    (code, figures.names.get(code, ""), one.looked_up, one.without_claim, f"{one.without_claim / one.looked_up:.1%}")
                    for code in codes
                    for one in (found[code],)
                ],
                p("unclaimed.by-facility"),
            ),
        ],
        () if known else (p("unclaimed.provisional"),),
    )  # fmt: skip


def _consents(figures: Figures, p: Phrases) -> Section:
    rows = [
        (
            p.category(category),
            figures.consents[category, "pin"],
            figures.consents[category, "visual-check"],
            figures.withdrawn[category],
        )
        for category in Category
        if figures.consents[category, "pin"]
        or figures.consents[category, "visual-check"]
        or figures.withdrawn[category]
    ]
    ends = [(p.of("end", reason), number) for reason, number in figures.ends.most_common()]
    ended = figures.ends.total()
    return Section(
        "consents",
        p("consents.title"),
        p("consents.lead", given=f"{figures.given:,}", ended=f"{ended:,}"),
        [
            _bars(
                "consents-by-category", p("consents.by-category"), [(row[0], row[1] + row[2]) for row in rows]
            )
        ],
        [
            _table(p, "category given-pin given-visual withdrawn", rows, p("consents.categories")),
            _table(p, "reason count", ends, p("consents.ends")),
        ],
    )


def _refusals(figures: Figures, p: Phrases) -> Section:
    ordered = figures.refusals.most_common()
    rows = [(p.of("point", point), p.cause(cause), cause, number) for (point, cause), number in ordered]
    return Section(
        "refusals",
        p("refusals.title"),
        p("refusals.lead"),
        [_bars("refusals-by-cause", p("refusals.chart"), [(row[1], row[3]) for row in rows])],
        [_table(p, "point cause code count", rows)],
    )


def _runs(figures: Figures, p: Phrases) -> Section:
    runs = sorted(figures.runs, key=lambda run: (-run.misses, run.first))
    rows = [
        (
            run.institution_code or "",
            figures.names.get(run.institution_code or "", ""),
            str(run.client_id)[:8],
            p.kind(run.kind),
            local(run.first, seconds=True),
            local(run.last, seconds=True),
            run.misses,
        )
        for run in runs
    ]
    labels = [
        (f"{run.first.astimezone(JAPAN):%m-%d %H:%M} {run.institution_code}", run.misses) for run in runs
    ]
    return Section(
        "runs",
        p("runs.title"),
        p("runs.lead", misses=f"{figures.misses:,}", found=f"{figures.runs_found:,}"),
        [_bars("runs-longest", p("runs.chart"), labels)],
        [_table(p, "facility name terminal kind first last misses", rows, total=figures.runs_found)],
    )


def _wrong(figures: Figures, p: Phrases) -> Section:
    rows = [
        (
            local(row.recorded_at),
            p.kind(row.kind),
            row.insurer_number or "",
            row.institution_code,
            row.institution_name,
            row.answers,
            local(row.last_at),
        )
        for row in figures.wrong
    ]
    columns = "changed kind insurer facility name answers last-answer"
    table = _table(p, columns, rows, total=figures.wrong_found)
    return Section("wrong", p("wrong.title"), p("wrong.lead"), (), [table])


def _insurers(figures: Figures, p: Phrases) -> Section:
    rows = [
        (number, figures.names.get(number, ""), p.kind(kind), count)
        for (number, kind), count in figures.insurers.most_common()
    ]
    table = _table(p, "insurer name kind count", rows)
    return Section("insurers", p("insurers.title"), p("insurers.lead"), (), [table])


def _privileged(figures: Figures, p: Phrases) -> Section:
    kinds = [(p.kind(kind), number) for kind, number in figures.operations_by_kind.most_common()]
    rows = [
        (
            local(one.recorded_at),
            p.kind(one.kind),
            details.who(one),
            details.subject(one),
            details.content(one, p),
        )
        for one in sorted(
            figures.operations, key=lambda one: (figures.operations_by_kind[one.kind], one.recorded_at)
        )
    ]
    total = figures.operations_by_kind.total()
    return Section(
        "privileged",
        p("privileged.title"),
        p("privileged.lead"),
        (),
        [
            _table(p, "kind count", kinds, p("privileged.by-kind")),
            _table(p, "at kind who subject content", rows, p("privileged.list"), total=total),
        ],
    )  # fmt: skip
