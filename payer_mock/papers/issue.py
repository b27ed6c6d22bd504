"""Issues papers for all current members of a file.

PDF files of up to 500 pages, readable by their owner only.
"""

from __future__ import annotations

from collections.abc import Set
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from eligibility_api.contract.identifiers import membership_key
from eligibility_api.contract.insurer_client import InsurerClient
from payer_mock.members.reader import Member, MemberFile
from payer_mock.papers.contents import certificate, notice
from payer_mock.papers.page import PaperPage, PdfDocument
from payer_mock.private_files import create_private

_PAGES_PER_FILE = 500

MemberKey = tuple[str, str, str, str]
"""Symbol, number, branch and birth date, folded: identifies a member of the fund's list in the insurer's own
file.
"""


@dataclass(frozen=True, slots=True)
class IssuedPapers:
    """The number of papers of each kind, and of rows that no paper could be issued for."""

    certificates: int
    notices: int
    passed_over: int

    def as_json(self) -> dict[str, int]:
        """The object that `--json` prints."""
        return asdict(self)


def member_key(symbol: str | None, number: str, branch: str | None, birth_date: str) -> MemberKey:
    """A member's key; absent parts are empty."""
    return membership_key(symbol or ""), membership_key(number), branch or "", birth_date


def members_without_card(client: InsurerClient) -> frozenset[MemberKey]:
    """The fund's whole list of members without a valid bound certificate, who need a 資格確認書.

    Raises ShikakuError.
    """
    keys: set[MemberKey] = set()
    after = None
    while True:
        page = client.paper_certificates(after)
        keys.update(
            member_key(need.symbol, need.number, need.branch, need.birth_date.isoformat())
            for need in page.members
        )
        after = page.next
        if after is None:
            return frozenset(keys)


def write_papers(
    members: Path, needs: Set[MemberKey], folder: Path, today: date, insurer_name: str | None = None
) -> IssuedPapers:
    """Write a 資格確認書 for each current member among `needs`, and a 資格情報のお知らせ for each other one.

    Raises ShikakuError of a file that cannot be read, OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    bad_rows = 0
    with (
        closing(_PagedFiles(folder, "eligibility-certificates")) as certificates,
        closing(_PagedFiles(folder, "eligibility-notices")) as notices,
    ):
        for block in MemberFile(members).blocks():
            bad_rows += block.rows - len(block.records)
            for member in block.records:
                if not _is_insured(member, today):
                    continue
                row = member.cells
                key = member_key(row.get("symbol"), row["number"], row.get("branch"), row["birth_date"])
                if key in needs:
                    certificates.add(certificate(row, insurer_name))
                else:
                    notices.add(notice(row, insurer_name))
        return IssuedPapers(certificates.pages, notices.pages, bad_rows)


def _is_insured(member: Member, day: date) -> bool:
    begun = member.joining.acquired_on <= day
    return begun and (member.leaving is None or day < member.leaving.lost_on)


class _PagedFiles:
    """PDF files of one kind of paper, a new one after every 500 pages.

    Deletes the folder's outdated files of that kind.
    """

    def __init__(self, folder: Path, name: str) -> None:
        for outdated in folder.glob(f"{name}-[0-9]*.pdf"):
            outdated.unlink()
        self._folder = folder
        self._name = name
        self._document: PdfDocument | None = None
        self._file: BinaryIO | None = None
        self.pages = 0

    def add(self, page: PaperPage) -> None:
        """Add a paper."""
        if self._document is None:
            number = self.pages // _PAGES_PER_FILE + 1
            self._file = create_private(self._folder / f"{self._name}-{number:04d}.pdf")
            self._document = PdfDocument(self._file)
        self._document.add(page)
        self.pages += 1
        if self.pages % _PAGES_PER_FILE == 0:
            self.close()

    def close(self) -> None:
        """Write the file that is open, if any."""
        if self._document is not None and self._file is not None:
            with self._file:
                self._document.close()
            self._document = self._file = None
