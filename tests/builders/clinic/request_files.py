"""Request files as the clinic's software writes them, and its view of results: plain text, and nothing of the codec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from tests.builders.clinic.samples import INSTITUTION

FILE_IDENTIFIER = "file-1"


def element(name: str, *content: str | None) -> str:
    """An element, left out where its text is None."""
    return f"<{name}>{''.join(map(str, content))}</{name}>" if None not in content else ""


def search_info(*, branch: str | None = "00", **changes: str | None) -> str:
    """The membership of `samples.enrolment()`."""
    values: dict[str, str | None] = {
        "InsurerNumber": "01130012",
        "InsuredCardSymbol": "12",
        "InsuredIdentificationNumber": "345",
        "InsuredBranchNumber": branch,
        "Birthdate": "19800203",
        "LimitApplicationCertificateRelatedConsFlg": "0",
    }
    rows = (element(name, value) for name, value in (values | changes).items())
    return element("QualificationConfirmSearchInfo", *rows)


def message(header: str, body: str, *, encoding: str = "UTF-8") -> bytes:
    codec = {"UTF-8": "utf-8", "Shift_JIS": "cp932"}[encoding]
    text = (
        f'<?xml version="1.0" encoding="{encoding}" standalone="no"?>\r\n'
        f"<XmlMsg>{element('MessageHeader', header)}{element('MessageBody', body)}</XmlMsg>\r\n"
    )
    return text.encode(codec)


def header(*, institution: str = INSTITUTION, day: str | None = "20260401") -> str:
    return (
        element("QualificationConfirmationDate", day)
        + element("MedicalInstitutionCode", institution)
        + element("ArbitraryFileIdentifier", FILE_IDENTIFIER)
    )


def look_up(*, encoding: str = "UTF-8", institution: str = INSTITUTION, **changes: str | None) -> bytes:
    """OQSsiquc01req."""
    return message(header(institution=institution), search_info(**changes), encoding=encoding)


def bulk(rows: int) -> bytes:
    """OQSmuquc01req, with so many persons of different numbers."""
    return message(
        header(), "".join(search_info(InsuredIdentificationNumber=str(n)) for n in range(1, rows + 1))
    )


def bulk_results(reception: str) -> bytes:
    """OQSmuquc02req."""
    return message(element("MedicalInstitutionCode", INSTITUTION), element("ReceptionNumber", reception))


def reference(number: str = "P-1") -> bytes:
    """OQSsiimm01req."""
    row = element("ReferenceNumber", number) + "".join(
        element(name, value)
        for name, value in {
            "InsurerNumber": "01130012",
            "InsuredCardSymbol": "12",
            "InsuredIdentificationNumber": "345",
            "InsuredBranchNumber": "00",
        }.items()
    )
    return message(header(day=None), element("ReferenceNumberRegistrationInfo", row))


def history(*, category: str = "2", months: tuple[str, str] = ("202511", "202604")) -> bytes:
    """YZKsiquc01req."""
    head = (
        element("MedicalInstitutionCode", INSTITUTION)
        + element("InsurerNumber", "01130012")
        + element("InsuranceCardSymbol", "12")
        + element("InsuredPersonIdentificationNumber", "345")
        + element("BranchNumber", "00")
        + element("ArbitraryFileIdentifier", FILE_IDENTIFIER)
    )
    body = (
        element("StartDate", months[0])
        + element("EndDate", months[1])
        + element("FileCategory", category)
        + element("PrDiInfClassification", "1")
    )
    return message(head, body)


_DECLARATION = re.compile(rb'\A<\?xml version="1\.0" encoding="(UTF-8|Shift_JIS)" standalone="no"\?>\r?\n?')


class ReadResult:
    """A result file as a client reads it: by element names, at any depth, in any order."""

    def __init__(self, content: bytes) -> None:
        found = _DECLARATION.match(content)
        assert found is not None, content[:80]
        self.encoding = found[1].decode()
        text = content[found.end() :].decode({"UTF-8": "utf-8", "Shift_JIS": "cp932"}[self.encoding])
        self.root = ElementTree.fromstring(text)
        assert self.root.tag == "XmlMsg"

    def __getitem__(self, name: str) -> str:
        """The text of the only element with this name."""
        [found] = self.root.iter(name)
        return found.text or ""

    def has(self, name: str) -> bool:
        return next(self.root.iter(name), None) is not None

    def texts(self, name: str) -> list[str]:
        return [found.text or "" for found in self.root.iter(name)]

    @property
    def error(self) -> str:
        """Our own code, wherever this kind of message has it."""
        for name in ("ErrorCode", "ProcessingResultCode", "ResultCode"):
            if self.has(name):
                return self[name]
        return ""

    def names(self) -> Iterator[str]:
        return (found.tag for found in self.root.iter())
