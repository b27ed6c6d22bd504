"""The size of a dataset: its bulk population, and the distribution of cards."""

from __future__ import annotations

import pytest

from jpki_mock.register.residents import first_residents
from loadtest.dataset.provision import DatasetSize, _cardholders


@pytest.mark.parametrize(
    ("people", "uploaded", "cards", "bulk", "bulk_cards"),
    [
        (3_000, 20_000, 1_000, 0, 0),
        (20_000, 20_000, 1_000, 0, 0),
        (1_000_000, 20_000, 1_000, 980_000, 980),
        (10_000_000, 20_000, 1_000, 9_980_000, 998),
        (10_000_000, 20_000, 1, 9_980_000, 0),
        (20_001, 20_000, 1_000, 1, 1),
        (400, 300, 60, 100, 15),
    ],
)
def test_the_bulk_population_has_its_share_of_the_cards(
    people: int, uploaded: int, cards: int, bulk: int, bulk_cards: int
) -> None:
    size = DatasetSize(people, cards, 8, uploaded)
    assert (size.bulk.people if size.bulk else 0) == bulk
    assert size.bulk_cards == bulk_cards


def test_cardholders_are_evenly_spaced_in_both() -> None:
    about = list(first_residents(300, seed=1))
    holders = _cardholders(DatasetSize(400, 60, 8, 300), about)
    ids = [holder.resident_id for holder in holders]
    assert len(set(ids)) == len(ids) == 60
    assert sum(one.startswith("C") for one in ids) == 15
    uploaded = [about.index(holder) for holder in holders if not holder.resident_id.startswith("C")]
    assert max(uploaded) > 260
