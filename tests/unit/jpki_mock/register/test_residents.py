"""Synthetic residents."""

import hashlib
import io
from collections import defaultdict
from itertools import islice, pairwise

import pytest

from jpki_mock.register.names import FAMILY_NAMES, RARE_FEMALE_NAMES, RARE_MALE_NAMES
from jpki_mock.register.residents import REFERENCE_DAY, first_residents, residents, write_lines

SAMPLE = list(first_residents(8_000, seed=1))


def written(people: int, seed: int) -> bytes:
    file = io.BytesIO()
    for _ in write_lines(first_residents(people, seed), file):
        pass
    return file.getvalue()


def age(number: int) -> float:
    return (REFERENCE_DAY - SAMPLE[number].birth_date).days / 365.2425


def test_a_seed_always_gives_the_same_file() -> None:
    # A published seed must continue to give the same people.
    assert (
        hashlib.sha256(written(200, seed=7)).hexdigest()
        == "80551ce5e8d2c4f2e411f795ecbbbf391d21309357e14176e8c736a6ad3e16f1"
    )


def is_rare(name: str) -> bool:
    try:
        name.encode("cp932")
    except UnicodeEncodeError:
        return True
    return False


def test_of_a_thousand_names_forty_four_have_a_character_that_shift_jis_lacks() -> None:
    rare = [number for number in range(len(SAMPLE)) if is_rare(SAMPLE[number].name)]
    assert len(rare) == round(len(SAMPLE) * 0.044)
    assert min(after - before for before, after in pairwise(rare)) >= 12
    assert {SAMPLE[number].name.split("\u3000")[1] for number in rare} == {
        name for name, _ in RARE_MALE_NAMES + RARE_FEMALE_NAMES
    }


def test_a_long_stream_begins_with_the_people_of_a_short_one() -> None:
    assert written(300, seed=7).startswith(written(100, seed=7))


def test_another_seed_gives_other_people_with_other_ids() -> None:
    ids = {resident.resident_id for resident in first_residents(100, 1)}
    assert ids.isdisjoint(resident.resident_id for resident in first_residents(100, 2))


def test_the_stream_is_endless() -> None:
    assert next(islice(residents(1), 20_000, None)).resident_id == "R1-00020001"


def test_all_people_are_visibly_synthetic() -> None:
    family_names = {name for name, _ in FAMILY_NAMES}
    assert all(resident.name.split("\u3000")[0] in family_names for resident in SAMPLE)
    assert all(resident.postal_code.startswith("000-") for resident in SAMPLE)
    assert all(resident.address.startswith(("架空県", "見本県", "仮名県")) for resident in SAMPLE)


@pytest.mark.parametrize(
    ("first", "last", "minimum", "maximum"), [(0, 14, 9, 13), (15, 64, 56, 64), (65, 120, 26, 31)]
)
def test_the_age_distribution_is_close_to_japans(first: int, last: int, minimum: int, maximum: int) -> None:
    inside = sum(first <= age(number) < last + 1 for number in range(len(SAMPLE)))
    assert minimum <= 100 * inside / len(SAMPLE) <= maximum


def test_nobody_is_born_after_the_reference_day_or_has_died() -> None:
    assert all(resident.birth_date <= REFERENCE_DAY and resident.died_on is None for resident in SAMPLE)


def test_a_household_shares_family_name_and_address_but_no_given_names() -> None:
    households = defaultdict(list)
    for resident in SAMPLE:
        family, given = resident.name.split("\u3000")
        households[family, resident.address].append(given)
    assert 1.8 < len(SAMPLE) / len(households) < 2.4
    assert all(len(set(given)) == len(given) for given in households.values())
