"""What the tests of receipt files share: a file taken apart, and the published number of fields of every record."""

from __future__ import annotations

from dataclasses import dataclass, field

FIELDS = {
    "1": {"IR": 9, "RE": 37, "HO": 14, "KO": 11, "SN": 8, "SY": 7, "SI": 43, "IY": 43, "TO": 47, "CO": 4, "GO": 3},
    "4": {"YK": 8, "RE": 41, "HO": 13, "KO": 9, "SN": 8, "JD": 32, "MF": 32, "SH": 9, "CZ": 70, "IY": 9, "KI": 113, "GO": 3},
}  # fmt: skip
"""By fee table, counted in the published layouts."""

Line = list[str]


@dataclass
class Section:
    """One institution's claim: its header, its receipts' records, its trailer. Letters first in each line."""

    header: Line
    receipts: list[list[Line]] = field(default_factory=list)
    trailer: Line = field(default_factory=list)

    @property
    def table(self) -> str:
        return self.header[3]

    @property
    def institution_code(self) -> str:
        return "".join(self.header[2:5])


def taken_apart(content: bytes) -> list[Section]:
    """The sections of a file, which ends with a line end or the byte 0x1A behind it."""
    text = content.removesuffix(b"\x1a").decode("cp932")
    assert text.endswith("\r\n")
    sections: list[Section] = []
    for text_line in text.removesuffix("\r\n").split("\r\n"):
        line = text_line.split(",")
        if line[0] in ("IR", "YK"):
            sections.append(Section(line))
        elif line[0] == "GO":
            sections[-1].trailer = line
        elif line[0] == "RE":
            sections[-1].receipts.append([line])
        else:
            sections[-1].receipts[-1].append(line)
    return sections


def of(receipt: list[Line], letters: str) -> list[Line]:
    """A receipt's records of one kind."""
    return [line for line in receipt if line[0] == letters]


def check_form(section: Section) -> None:
    """Every record has its fields; numbers and the trailer count what is there."""
    for line in (
        section.header,
        section.trailer,
        *(line for receipt in section.receipts for line in receipt),
    ):
        assert len(line) - 1 == FIELDS[section.table][line[0]], line[0]
    assert [receipt[0][1] for receipt in section.receipts] == [
        str(place) for place in range(1, len(section.receipts) + 1)
    ]
    points = sum(int((of(receipt, "HO") or of(receipt, "KO"))[0][5]) for receipt in section.receipts)
    assert section.trailer[1:] == [str(len(section.receipts)), str(points), "99"]
