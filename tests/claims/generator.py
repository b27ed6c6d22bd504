"""Hypothesis strategies for valid claim files, in every form that the layouts allow."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from hypothesis import strategies as st

Draw = st.DrawFn

FIELDS = {
    "IR": {"IR": 9, "RE": 37, "HO": 14, "KO": 11, "SN": 8, "SY": 7, "SI": 43, "IY": 43, "TO": 47, "CO": 4, "SJ": 2, "GO": 3},
    "YK": {
        "YK": 8, "RE": 41, "HO": 13, "KO": 9, "SN": 8, "JD": 32, "MF": 32, "SH": 9, "CZ": 70, "IY": 9, "TO": 6, "CO": 2,
        "TK": 2, "KI": 113, "ST": 15, "GO": 3,
    },
}  # fmt: skip
"""Fields of the records; of another published record, none."""

INSURERS = ("01130012", "138057", "39131008", "12143210")
RECIPIENTS = ("1234566", "0000018", "9900002", "6543219")
ERAS = (
    ("1", date(1868, 1, 25), date(1912, 7, 30)),
    ("2", date(1912, 7, 30), date(1926, 12, 25)),
    ("3", date(1926, 12, 25), date(1989, 1, 7)),
    ("4", date(1989, 1, 8), date(2019, 4, 30)),
    ("5", date(2019, 5, 1), date(2050, 1, 1)),
)

codes = st.text("0123456789", min_size=9, max_size=9)
quantities = st.from_regex(r"[0-9]{1,5}(\.[0-9]{1,5})?", fullmatch=True)
maybe_quantities = st.just("") | quantities
membership_texts = st.text("見本架空０１２３ABC123-・", min_size=1, max_size=6).filter(
    lambda text: text.strip("-")
)
texts = st.text("見本架空ｼｹﾝ　 ①髙12", max_size=10)
counts = st.integers(1, 999)


class RecordWriter:
    """Writes records of one kind of section, with or without their empty trailing fields."""

    def __init__(self, draw: Draw, header: str) -> None:
        self.draw = draw
        self._widths = FIELDS[header]
        self.lines: list[str] = []

    def add(self, letters: str, *values: object) -> None:
        fields = ["" if value is None else str(value) for value in values]
        empty = [""] * (self._widths.get(letters, len(fields)) - len(fields))
        self.lines.append(",".join((letters, *fields, *empty[: self.draw(st.integers(0, len(empty)))])))

    def pass_over(self) -> None:
        """Perhaps a record that a history does not need."""
        if self.draw(st.integers(0, 3)) == 0:
            self.add(self.draw(st.sampled_from(["KH", "MN", "EX", "JD", "MF", "NI"])), self.draw(texts))

    def day(self, day: date) -> str:
        """A day in the western calendar, or in an era that has begun by then."""
        eras = [
            f"{era}{day.year - first.year + 1:02d}{day:%m%d}"
            for era, first, _ in ERAS
            if first <= day and day.year - first.year < 99
        ]
        return self.draw(st.sampled_from([f"{day.year}{day:%m%d}", *eras]))

    def month(self, first: date) -> str:
        """A month in the western calendar, or in the era in which it ends."""
        last = first.replace(day=monthrange(first.year, first.month)[1])
        era, begin, _ = next(era for era in ERAS if era[1] <= last <= era[2])
        return self.draw(
            st.sampled_from([f"{first:%Y%m}", f"{era}{first.year - begin.year + 1:02d}{first:%m}"])
        )

    def days_of(self, month: date) -> list[str]:
        """The fields of the days of a month."""
        last = monthrange(month.year, month.month)[1]
        of_day = self.draw(st.dictionaries(st.integers(1, last), st.integers(0, 999), max_size=4))
        return [str(of_day.get(day, "")) for day in range(1, 32)] if of_day else []


@st.composite
def files(draw: Draw) -> tuple[bytes, str]:
    """A file, and the number of the insurer that sends it."""
    insurer = draw(st.sampled_from(INSURERS))
    lines: list[str] = []
    for section in range(draw(st.integers(1, 3))):
        lines += _section(draw, insurer, section)
    end = draw(st.sampled_from(["\r\n", "\n"]))
    tail = draw(st.sampled_from([end, "", f"{end}\x1a", f"{end}{end}"]))
    return (end.join(lines) + tail).encode("cp932"), insurer


def _section(draw: Draw, insurer: str, section: int) -> Sequence[str]:
    header = draw(st.sampled_from(["IR", "YK"]))
    writer = RecordWriter(draw, header)
    claimed = draw(st.dates(date(2019, 6, 1), date(2030, 12, 1))).replace(day=1)
    code = f"{draw(st.integers(0, 999_999)):06d}{section}"
    if header == "IR":
        writer.add("IR", 1, "13", "1", code, "", draw(texts), writer.month(claimed), "00")
    else:
        writer.add("YK", 1, "13", "4", code, draw(texts), writer.month(claimed), "00")
    points = count = 0
    for place in range(1, draw(st.integers(0, 4)) + 1):
        of_claim, payers = _claim(writer, header, insurer, claimed, place)
        points, count = points + of_claim, count + payers
    writer.lines.append(f"GO,{count},{points},99")
    return writer.lines


def _claim(writer: RecordWriter, header: str, insurer: str, claimed: date, place: int) -> tuple[int, int]:
    """Write a claim; returns its points and its payers, each of which 総件数 counts."""
    draw = writer.draw
    month = draw(st.dates(date(2019, 1, 1), claimed)).replace(day=1)
    last = month.replace(day=monthrange(month.year, month.month)[1])
    born = draw(st.dates(date(1868, 1, 25), month) | st.just(last))
    head = [
        place, f"{'4' if header == 'YK' else '1'}{draw(st.integers(100, 999))}", writer.month(month), draw(texts), 1,
        writer.day(born),
    ]  # fmt: skip
    if header == "YK" and draw(st.booleans()):
        head += [
            "",
            "",
            "13",
            draw(st.sampled_from("13")),
            f"{draw(st.integers(0, 9_999_999)):07d}",
            draw(texts),
        ]
    writer.add("RE", *head)
    points = draw(st.integers(0, 10**8 - 1))
    payers = _payers(writer, insurer, place, points)
    if header == "YK":
        _prescriptions(writer, month, last)
    else:
        _treatment(writer, month)
    return points, payers


def _payers(writer: RecordWriter, insurer: str, place: int, points: int) -> int:
    draw = writer.draw
    writer.pass_over()
    if insurer.startswith("12"):
        other = draw(st.booleans())
        if other:
            writer.add("KO", "54136015", draw(st.sampled_from(RECIPIENTS)), "", 1, points)
        writer.add("KO", insurer, RECIPIENTS[place - 1], "", 1, points)
        return 1 + other
    symbol = draw(st.just("") | membership_texts)
    number = f"{draw(membership_texts)}{place}"
    transferred = draw(st.booleans())
    if transferred:
        writer.add("HO", "06130017", draw(membership_texts), f"9{place}", 1, points)
    else:
        writer.add("HO", f"{insurer:>8}", symbol, f"{number}{draw(st.sampled_from(['', ' ']))}", 1, points)
    public = draw(st.booleans())
    if public:
        # With an insurance the numbers of a public expense do not matter.
        writer.add("KO", draw(st.sampled_from(["54136015", "54136016", ""])), draw(texts), "", 1)
    if transferred:
        kind = draw(st.sampled_from(["04", "05", "11", "12"]))
        writer.add("SN", 1, kind, insurer, symbol, number, draw(st.sampled_from(["", "02"])))
    for branch in draw(st.lists(st.sampled_from(["", "00", "01", "12"]), max_size=2)):
        writer.add("SN", 1, "01", f"{insurer:>8}", symbol, number, branch)
    if draw(st.booleans()):
        writer.add("SN", 2, "01", "54136015", "", "", "77", "1234566")
    if draw(st.booleans()):
        writer.add("SN", 1, "01", "", "", "", draw(st.sampled_from(["", "03"])))
    if draw(st.booleans()):
        writer.add("SN", 1, "09", "06130017", "別", "0", "66")
    return 1 + public


def _treatment(writer: RecordWriter, month: date) -> None:
    draw = writer.draw
    for _ in range(draw(st.integers(0, 3))):
        began = draw(st.just("") | st.dates(date(1950, 1, 1), date(2030, 1, 1)).map(writer.day))
        modifiers = draw(st.sampled_from(["", "1057", "20581057"]))
        writer.add(
            "SY", draw(codes)[:7], began, draw(st.sampled_from(["", *"1234"])), modifiers, draw(texts),
            draw(st.sampled_from(["", "01"])),
        )  # fmt: skip
    has_act = False
    for _ in range(draw(st.integers(0, 10))):
        writer.pass_over()
        letters = draw(st.sampled_from(["SI", "IY", "IY", "TO", "CO", "CO", "SJ"]))
        act = draw(st.sampled_from(["", "", "21", "22", "50"] if has_act else ["21", "13"]))
        if letters == "SJ":
            writer.add("SJ", "01", draw(texts))
            continue
        has_act = True
        if letters == "CO":
            writer.add("CO", act, 1, "810000001", draw(texts))
            continue
        values = [act, 1, draw(codes), draw(maybe_quantities)]
        values += [draw(st.just("") | counts), draw(st.just("") | counts)]
        values += [""] * (10 if letters == "TO" else 6)
        writer.add(letters, *values, *writer.days_of(month))


def _prescriptions(writer: RecordWriter, first: date, last: date) -> None:
    draw = writer.draw
    any_day = st.dates(date(2019, 1, 1), date(2030, 1, 1)).map(writer.day)
    days = st.dates(first, last).map(writer.day)
    for place in range(1, draw(st.integers(0, 3)) + 1):
        usage = draw(st.sampled_from(["", "003", "43", "900"]))
        writer.add("SH", f"{place:02d}", draw(st.sampled_from("12345679")), usage, draw(texts))
        for _ in range(draw(st.integers(1, 3))):
            for _ in range(draw(st.integers(1, 2))):
                writer.add("CZ", 1, draw(st.just("") | any_day), draw(days), 1, draw(counts))
            _items(writer)
    if draw(st.booleans()):
        writer.add("KI", "20260901", 1)
        writer.add("ST", 1)


def _items(writer: RecordWriter) -> None:
    """What was dispensed together: a medicine or a material, and more of them."""
    draw = writer.draw
    for letters in [draw(st.sampled_from(["IY", "TO"])), *draw(st.lists(_ITEMS, max_size=3))]:
        writer.pass_over()
        if letters in {"CO", "TK"}:
            writer.add(letters, "810000001", draw(texts))
        else:
            writer.add(letters, 1, draw(codes), draw(maybe_quantities))


_ITEMS = st.sampled_from(["IY", "IY", "TO", "CO", "TK"])
