"""A nation's claims of a month: one receipt file an insurer, out of the member files of a country."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from payer_mock.claims.claiming import corrected, receipts_of
from payer_mock.claims.institutions import Institutions
from payer_mock.claims.months import patient_month
from payer_mock.claims.patients import Patient, patient_of
from payer_mock.claims.receipt import Member, Receipt
from payer_mock.claims.sorting import Sorter
from payer_mock.claims.writing import examiner_of, write_sections, written
from payer_mock.country.files import UNREPORTED, Country, CountryError, member_file, read_rows

_LONGEST_LAG = 3
"""Months from treatment to claim."""

_LATE, _VERY_LATE = 0.015, 0.003
"""Of the patients' months: claimed two or three months after treatment (月遅れ請求)."""

_CLAIMED_AGAIN = 0.006
"""Claimed once more in the month after the first claim, with a correction (返戻再請求)."""

_WIDE = 0.15
"""Of them: symbol and number written in full width, whatever the insurer writes."""

_WITHOUT_BRANCH = 0.01
_TO_FULL_WIDTH = {ord("0") + digit: chr(ord("０") + digit) for digit in range(10)}
_FILE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class ClaimsFiles:
    """What was written for a claim month."""

    claim_month: date
    files: tuple[Path, ...]
    receipts: int


def write_claims_files(country_folder: Path, claim_month: date, out: Path) -> ClaimsFiles:
    """Write the receipt files of a claim month (its first day) into `out`. The same country gives the same bytes.

    Raises CountryError, OSError.
    """
    country = Country.load(country_folder)
    members = country_folder / country.month
    if not members.is_dir():
        raise CountryError("the country's member files are gone")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    claims = _Claims(Institutions(country.people), country.seed, claim_month)
    files, receipts = [], 0
    unreported = member_file(members, UNREPORTED)
    for source in sorted(members.glob("members-*.csv")):
        insurer_number = source.stem.removeprefix("members-")
        if source == unreported or not (sorter := claims.sorter(source, out)).count:
            continue
        path = out / f"claims-{insurer_number}-{claim_month:%Y-%m}.UKE"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            examiner = examiner_of(insurer_number)
            end_byte = int(insurer_number) % 2 == 0  # some programs write it, others do not
            receipts += write_sections(file, claim_month, examiner, sorter.sorted(), end_byte=end_byte)
        files.append(path)
    return ClaimsFiles(claim_month, tuple(files), receipts)


class _Claims:
    def __init__(self, institutions: Institutions, seed: int, claim_month: date) -> None:
        self._institutions = institutions
        self._seed = seed
        months = [claim_month]
        for _ in range(_LONGEST_LAG + 1):
            months.append((months[-1] - timedelta(days=1)).replace(day=1))
        self._treated = tuple(enumerate(months))[1:]

    def sorter(self, source: Path, folder: Path) -> Sorter:
        """The receipts of a member file's members, to be put in order."""
        sorter = Sorter(folder)
        for _, row in read_rows(source):
            patient = patient_of(row, self._institutions, self._seed)
            for lag, month in self._treated:
                for receipt in self._claimed(patient, month, lag):
                    sorter.add(written(receipt))
        return sorter

    def _claimed(self, patient: Patient, month: date, lag: int) -> Iterator[Receipt]:
        """What of a patient's month is claimed after `lag` months."""
        if not _overlaps(patient, month):
            return
        rng = Random(f"{patient.key} {month}")  # noqa: S311 - reproducible on purpose
        first, again = _lags(rng)
        if lag not in (first, again):
            return
        member = _as_written(patient.member, rng)
        done = patient_month(patient, month, self._institutions, rng)
        for receipt in receipts_of(member, month, done):
            yield receipt if lag == first else corrected(receipt)


def _overlaps(patient: Patient, month: date) -> bool:
    after = (month + timedelta(days=31)).replace(day=1)
    return patient.since < after and month < patient.until


def _lags(rng: Random) -> tuple[int, int | None]:
    """After how many months it is claimed, and claimed again."""
    late = rng.random()
    first = 1 + (late < _LATE) + (late < _VERY_LATE)
    return first, first + 1 if rng.random() < _CLAIMED_AGAIN else None


def _as_written(member: Member, rng: Random) -> Member:
    """The member as the institutions of a month write her."""
    wide, without_branch = rng.random() < _WIDE, rng.random() < _WITHOUT_BRANCH
    if member.on_aid_alone:
        return member
    if wide:
        number, symbol = member.number.translate(_TO_FULL_WIDTH), member.symbol
        member = replace(member, number=number, symbol=symbol and symbol.translate(_TO_FULL_WIDTH))
    return replace(member, branch=None) if without_branch else member
