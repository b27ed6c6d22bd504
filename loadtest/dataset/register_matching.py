"""J-LIS's matching of member files' rows, restricted to certain residents (rules J1, J2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import NamedTuple

from jpki_mock.register.folding import Item, fold
from jpki_mock.register.matching import Attributes, Folded, match_key
from jpki_mock.register.resident import Resident
from loadtest.dataset.member_files import Cells


class Match(NamedTuple):
    """The resident whom a row describes, and whether she is spelled otherwise in the register."""

    person: str
    is_variant: bool


class RegisterMatching:
    """The residents about whom rows are asked, among all residents."""

    def __init__(self, about: Sequence[Resident], residents: Iterable[Resident]) -> None:
        """`residents`: all of them, among whom those `about` must be the only ones with their attributes."""
        self._about = {resident.resident_id for resident in about}
        self._prefilter = {_prefilter(r.name_kana, r.birth_date.isoformat()) for r in about}
        self._spelled: defaultdict[bytes, list[str]] = defaultdict(list)
        self._folded: defaultdict[bytes, list[tuple[Folded, str]]] = defaultdict(list)
        for resident in residents:
            # The file may be large: the keys are computed only for residents who may equal one of `about`.
            if _prefilter(resident.name_kana, resident.birth_date.isoformat()) in self._prefilter:
                attributes = _attributes(resident)
                folded = Folded.of(attributes)
                self._spelled[match_key(attributes)].append(resident.resident_id)
                self._folded[folded.reading_key].append((folded, resident.resident_id))

    def match(self, cells: Cells) -> Match | None:
        """The resident whom a row describes; None where none of them or several match (rules J1, J2)."""
        if _prefilter(cells["name_kana"], cells["birth_date"]) not in self._prefilter:
            return None
        birth_date = date.fromisoformat(cells["birth_date"])
        attributes = Attributes(cells["name"], cells["name_kana"], birth_date, cells["sex"], cells["address"])
        spelled = self._spelled.get(match_key(attributes), [])
        if spelled:
            return self._only(spelled, is_variant=False)
        folded = Folded.of(attributes)
        near = self._folded.get(folded.reading_key, [])
        return self._only([person for register, person in near if folded.fits(register)], is_variant=True)

    def _only(self, found: Sequence[str], *, is_variant: bool) -> Match | None:
        return Match(found[0], is_variant) if len(found) == 1 and found[0] in self._about else None


_fold_kana = lru_cache(maxsize=100_000)(partial(fold, Item.NAME_KANA))


def _prefilter(name_kana: str, birth_date: str) -> tuple[str, str]:
    return _fold_kana(name_kana), birth_date


def _attributes(r: Resident) -> Attributes:
    return Attributes(r.name, r.name_kana, r.birth_date, r.sex, r.address)
