"""The insurers of a population: as many of each kind as Japan has, scaled down with the population.

Numbers have the form of their kind (法別番号 and prefecture) and a valid check digit; names begin with 架空
(fictitious).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from eligibility_api.contract.numbers import check_digit

POPULATION_OF_JAPAN = 125_000_000
"""The population that the full counts refer to."""

PREFECTURES = 47

ASSOCIATION_OF_ALL = "01130012"
"""The number of the one insurer that stands for 協会けんぽ."""


class Scheme(Enum):
    """The kinds of insurance (制度), and medical aid."""

    HEALTH_ASSOCIATION = "協会けんぽ"
    SOCIETY = "健康保険組合"
    MUTUAL_AID = "共済組合"
    MUNICIPAL = "市町村国保"
    TRADE_ASSOCIATION = "国保組合"
    LATE_ELDERLY = "後期高齢者医療"
    WELFARE_OFFICE = "福祉事務所"

    @property
    def by_employment(self) -> bool:
        """Whether it insures employees, with their families as dependants (被用者保険)."""
        return self in _BY_EMPLOYMENT


_BY_EMPLOYMENT = frozenset({Scheme.HEALTH_ASSOCIATION, Scheme.SOCIETY, Scheme.MUTUAL_AID})


@dataclass(frozen=True, slots=True)
class Insurer:
    """An insurer (保険者)."""

    number: str
    name: str
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class _Kind:
    scheme: Scheme
    count: int
    """In all of Japan."""
    form: str
    """The number without its check digit; `p`: prefecture, `n`: sequence number within the prefecture."""
    first: int
    name: str


_KINDS = (
    _Kind(Scheme.SOCIETY, 1431, "06{p:02d}{n:03d}", 101, "架空第{k}健康保険組合"),
    _Kind(Scheme.MUNICIPAL, 1716, "{p:02d}{n:03d}", 1, "架空第{k}市町村国民健康保険"),
    _Kind(Scheme.TRADE_ASSOCIATION, 164, "{p:02d}{n:03d}", 301, "架空第{k}国民健康保険組合"),
    _Kind(Scheme.LATE_ELDERLY, PREFECTURES, "39{p:02d}{n:03d}", 0, "架空第{k}後期高齢者医療広域連合"),
    _Kind(Scheme.MUTUAL_AID, 20, "31{p:02d}{n:03d}", 0, "架空第{k}国家公務員共済組合"),
    _Kind(Scheme.MUTUAL_AID, 63, "32{p:02d}{n:03d}", 0, "架空第{k}地方職員共済組合"),
    _Kind(Scheme.MUTUAL_AID, 1, "33{p:02d}{n:03d}", 0, "架空警察共済組合"),
    _Kind(Scheme.MUTUAL_AID, 1, "34{p:02d}{n:03d}", 0, "架空私立学校共済事業団"),
    _Kind(Scheme.WELFARE_OFFICE, 1250, "12{p:02d}{n:03d}", 101, "架空第{k}福祉事務所"),
)


class Insurers:
    """The insurers of a population, by scheme."""

    def __init__(self, people: int) -> None:
        """Create at least one insurer of each kind, and no more than Japan has."""
        self._by_scheme: dict[Scheme, list[Insurer]] = {scheme: [] for scheme in Scheme}
        health_association = Insurer(ASSOCIATION_OF_ALL, "架空健康保険協会", Scheme.HEALTH_ASSOCIATION)
        self._by_scheme[health_association.scheme].append(health_association)
        for kind in _KINDS:
            self._by_scheme[kind.scheme] += _of_kind(kind, people)

    def __iter__(self) -> Iterator[Insurer]:
        for insurers in self._by_scheme.values():
            yield from insurers

    def by_size(self, scheme: Scheme, share: float) -> Insurer:
        """An insurer of a scheme for `share` in [0, 1): a few large ones have most members, as in reality."""
        insurers = self._by_scheme[scheme]
        return insurers[int(len(insurers) * share * share)]

    def by_place(self, scheme: Scheme, place: int) -> Insurer:
        """The insurer of a scheme that is responsible for place number `place`."""
        insurers = self._by_scheme[scheme]
        return insurers[place % len(insurers)]


def _of_kind(kind: _Kind, people: int) -> Iterator[Insurer]:
    for place in range(min(kind.count, max(1, round(kind.count * people / POPULATION_OF_JAPAN)))):
        prefecture, n = place % PREFECTURES + 1, kind.first + place // PREFECTURES
        digits = kind.form.format(p=prefecture, n=n)
        yield Insurer(f"{digits}{check_digit(digits)}", kind.name.format(k=place + 1), kind.scheme)
