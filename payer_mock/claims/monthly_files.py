"""Writes the claim files of a month, one per insurer, from the member files of a synthetic population."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from payer_mock.claims.billing import claims_of_month, resubmitted
from payer_mock.claims.claim import Claim, Member
from payer_mock.claims.claim_file import encode_claim, examiner_of, write_sections
from payer_mock.claims.claim_sorter import ClaimSorter
from payer_mock.claims.episodes import patient_month
from payer_mock.claims.institutions import Institutions
from payer_mock.claims.patients import Patient, patient_of
from payer_mock.population.files import UNREPORTED, Population, member_file, read_rows
from payer_mock.private_files import create_private

_MAX_LAG_MONTHS = 3
"""Maximum months from treatment to claim."""

_LATE, _VERY_LATE = 0.015, 0.003
"""Share of patients' months that are claimed two and three months after treatment (月遅れ請求)."""

_RESUBMITTED = 0.006
"""Share that is claimed again in the next month, with a correction (返戻再請求)."""

_FULL_WIDTH = 0.15
"""Share with symbol and number in full width, however the insurer writes them."""

_WITHOUT_BRANCH = 0.01
_TO_FULL_WIDTH = {ord("0") + digit: chr(ord("０") + digit) for digit in range(10)}


@dataclass(frozen=True, slots=True)
class ClaimFiles:
    """The files written for a claim month, and the number of claims in them."""

    claim_month: date
    files: tuple[Path, ...]
    claims: int


def write_claim_files(population_folder: Path, claim_month: date, out: Path) -> ClaimFiles:
    """Write the claim files of a claim month (its first day) into `out`.

    The same population gives the same bytes. Raises PopulationError, OSError.
    """
    population = Population.load(population_folder)
    members = population.members(population_folder)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    generator = _MonthlyClaims(Institutions(population.people), population.seed, claim_month)
    files, claims = [], 0
    unreported = member_file(members, UNREPORTED)
    for source in sorted(members.glob("members-*.csv")):
        insurer_number = source.stem.removeprefix("members-")
        if source == unreported or not (sorter := generator.sorter(source, out)).count:
            continue
        path = out / f"claims-{insurer_number}-{claim_month:%Y-%m}.UKE"
        with create_private(path) as file:
            examiner = examiner_of(insurer_number)
            end_byte = int(insurer_number) % 2 == 0  # some programs write the byte, others do not
            claims += write_sections(file, claim_month, examiner, sorter.sorted(), end_byte=end_byte)
        files.append(path)
    return ClaimFiles(claim_month, tuple(files), claims)


class _MonthlyClaims:
    """Generates the claims that are submitted in one claim month."""

    def __init__(self, institutions: Institutions, seed: int, claim_month: date) -> None:
        self._institutions = institutions
        self._seed = seed
        months = [claim_month]
        for _ in range(_MAX_LAG_MONTHS + 1):
            months.append((months[-1] - timedelta(days=1)).replace(day=1))
        self._treated = tuple(enumerate(months))[1:]

    def sorter(self, source: Path, folder: Path) -> ClaimSorter:
        """The claims of a member file's members, ready to be sorted by institution."""
        sorter = ClaimSorter(folder)
        for _, row in read_rows(source):
            patient = patient_of(row, self._institutions, self._seed)
            for lag, month in self._treated:
                for claim in self._claimed(patient, month, lag):
                    sorter.add(encode_claim(claim))
        return sorter

    def _claimed(self, patient: Patient, month: date, lag: int) -> Iterator[Claim]:
        """The claims for a treatment month that are submitted `lag` months later."""
        if not _overlaps(patient, month):
            return
        rng = Random(f"{patient.key} {month}")  # noqa: S311 - reproducible on purpose
        first, again = _lags(rng)
        if lag not in (first, again):
            return
        member = _as_claimed(patient.member, rng)
        drawn = patient_month(patient, month, self._institutions, rng)
        for claim in claims_of_month(member, month, drawn):
            yield claim if lag == first else resubmitted(claim)


def _overlaps(patient: Patient, month: date) -> bool:
    after = (month + timedelta(days=31)).replace(day=1)
    return patient.since < after and month < patient.until


def _lags(rng: Random) -> tuple[int, int | None]:
    """Months until the first claim, and until the resubmission if there is one."""
    late = rng.random()
    first = 1 + (late < _LATE) + (late < _VERY_LATE)
    return first, first + 1 if rng.random() < _RESUBMITTED else None


def _as_claimed(member: Member, rng: Random) -> Member:
    """The member's symbol, number and branch as the institutions of a month write them."""
    wide, without_branch = rng.random() < _FULL_WIDTH, rng.random() < _WITHOUT_BRANCH
    if member.on_medical_aid_only:
        return member
    if wide:
        number, symbol = member.number.translate(_TO_FULL_WIDTH), member.symbol
        member = replace(member, number=number, symbol=symbol and symbol.translate(_TO_FULL_WIDTH))
    return replace(member, branch=None) if without_branch else member
