"""J-LIS's matching of member files' rows, restricted to certain residents (rules J1, J2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import NamedTuple

from jpki_mock.register.folding import Item, fold
from jpki_mock.register.matching import Attributes, Folded, differences, match_key
from jpki_mock.register.resident import Resident
from loadtest.dataset.member_files import Cells

Differences = frozenset[tuple[str, str]]
"""Items and kinds in which two spellings differ (rule J3)."""


class Match(NamedTuple):
    """The resident whom a row describes, and how she is spelled otherwise in the register."""

    person: str
    differences: Differences = frozenset()

    @property
    def is_variant(self) -> bool:
        """Whether the register only proposes her (rule R8)."""
        return bool(self.differences)


class RegisterMatching:
    """The residents about whom rows are asked, among all residents."""

    def __init__(self, about: Sequence[Resident], residents: Iterable[Resident]) -> None:
        """`residents`: all of them, among whom those `about` must be the only ones with their attributes."""
        self._about = {resident.resident_id for resident in about}
        self._prefilter = {_prefilter(r.name_kana, r.birth_date.isoformat()) for r in about}
        self._spelled: defaultdict[bytes, list[str]] = defaultdict(list)
        self._folded: defaultdict[bytes, list[tuple[Folded, str, Attributes]]] = defaultdict(list)
        for resident in residents:
            # The file may be large: the keys are computed only for residents who may equal one of `about`.
            if _prefilter(resident.name_kana, resident.birth_date.isoformat()) in self._prefilter:
                attributes = _attributes(resident)
                folded = Folded.of(attributes)
                self._spelled[match_key(attributes)].append(resident.resident_id)
                self._folded[folded.reading_key].append((folded, resident.resident_id, attributes))

    def match(self, cells: Cells) -> Match | None:
        """The resident whom a row describes; None where none of them or several match (rules J1, J2)."""
        if _prefilter(cells["name_kana"], cells["birth_date"]) not in self._prefilter:
            return None
        birth_date = date.fromisoformat(cells["birth_date"])
        attributes = Attributes(cells["name"], cells["name_kana"], birth_date, cells["sex"], cells["address"])
        spelled = self._spelled.get(match_key(attributes), [])
        if spelled:
            return self._only([Match(person) for person in spelled])
        folded = Folded.of(attributes)
        near = self._folded.get(folded.reading_key, [])
        return self._only(
            [
                Match(person, _differences(attributes, register))
                for register_folded, person, register in near
                if folded.fits(register_folded)
            ]
        )

    def _only(self, found: Sequence[Match]) -> Match | None:
        return found[0] if len(found) == 1 and found[0].person in self._about else None


def _differences(attributes: Attributes, register: Attributes) -> Differences:
    return frozenset((one.item.value, one.kind.value) for one in differences(attributes, register))


_fold_kana = lru_cache(maxsize=100_000)(partial(fold, Item.NAME_KANA))


def _prefilter(name_kana: str, birth_date: str) -> tuple[str, str]:
    return _fold_kana(name_kana), birth_date


def _attributes(r: Resident) -> Attributes:
    return Attributes(r.name, r.name_kana, r.birth_date, r.sex, r.address)
