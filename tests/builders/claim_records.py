"""Splits a claim file into sections and records, and checks the published number of fields of every record."""

from __future__ import annotations

from dataclasses import dataclass, field

FIELDS = {
    "1": {"IR": 9, "RE": 37, "HO": 14, "KO": 11, "SN": 8, "SY": 7, "SI": 43, "IY": 43, "TO": 47, "CO": 4, "GO": 3},
    "4": {"YK": 8, "RE": 41, "HO": 13, "KO": 9, "SN": 8, "JD": 32, "MF": 32, "SH": 9, "CZ": 70, "IY": 9, "KI": 113, "GO": 3},
}  # fmt: skip
"""Number of fields by fee table and record, from the published layouts."""

Line = list[str]


@dataclass
class Section:
    """One institution's section: header, records of its claims, trailer. Each line begins with its letters."""

    header: Line
    claims: list[list[Line]] = field(default_factory=list)
    trailer: Line = field(default_factory=list)

    @property
    def table(self) -> str:
        return self.header[3]

    @property
    def institution_code(self) -> str:
        return "".join(self.header[2:5])


def parse_sections(content: bytes) -> list[Section]:
    """The sections of a file, which ends with a line end, or a line end and the byte 0x1A."""
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
            sections[-1].claims.append([line])
        else:
            sections[-1].claims[-1].append(line)
    return sections


def of(claim: list[Line], letters: str) -> list[Line]:
    """A claim's records of one kind."""
    return [line for line in claim if line[0] == letters]


def check_form(section: Section) -> None:
    """Assert that every record has its number of fields, and that numbers and trailer agree with the claims."""
    for line in (
        section.header,
        section.trailer,
        *(line for claim in section.claims for line in claim),
    ):
        assert len(line) - 1 == FIELDS[section.table][line[0]], line[0]
    assert [claim[0][1] for claim in section.claims] == [
        str(place) for place in range(1, len(section.claims) + 1)
    ]
    payers = sum(len(of(claim, "HO")) + len(of(claim, "KO")) for claim in section.claims)
    points = sum(int((of(claim, "HO") or of(claim, "KO"))[0][5]) for claim in section.claims)
    assert section.trailer[1:] == [str(payers), str(points), "99"]
