"""How insurers spell members: a small share otherwise than the register, and always the same member alike."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from jpki_mock.register.matching import Attributes, Difference, Folded, differences, match_key
from jpki_mock.register.names import RARE_FEMALE_NAMES, RARE_MALE_NAMES
from jpki_mock.register.residents import first_residents
from payer_mock.population.residents import Person
from payer_mock.population.spelling import MISSING, ORDINARY, as_insurers_write

PEOPLE = [
    Person(r.name, r.name_kana, r.birth_date, r.sex, r.postal_code, r.address)
    for r in first_residents(20_000, seed=3)
]
SPELLED = [(person, as_insurers_write(person)) for person in PEOPLE]
CHANGED = [(register, written) for register, written in SPELLED if register != written]


def attributes(person: Person) -> Attributes:
    return Attributes(person.name, person.name_kana, person.birth_date, person.sex, person.address)


def test_about_one_of_a_hundred_members_is_spelled_otherwise_in_every_kind() -> None:
    kinds: Counter[Difference] = Counter()
    for register, written in CHANGED:
        kinds.update(differences(attributes(written), attributes(register)))
    shares = {(str(item), str(kind)): count / len(PEOPLE) for (item, kind), count in kinds.items()}
    assert 0.008 < len(CHANGED) / len(PEOPLE) < 0.016
    assert shares.keys() == {
        ("name", "character"),
        ("name", "missing"),
        ("name_kana", "kana"),
        ("address", "address"),
    }
    assert all(0.0004 < share < 0.008 for share in shares.values())


def test_every_spelling_is_proposed_by_the_register_and_not_equal_to_it() -> None:
    assert CHANGED
    for register, written in CHANGED:
        assert match_key(attributes(written)) != match_key(attributes(register))
        assert Folded.of(attributes(written)).fits(Folded.of(attributes(register)))


def test_a_household_shares_its_spelling_of_the_address() -> None:
    spelled = {register.address: set[str]() for register, _ in SPELLED}
    for register, written in SPELLED:
        spelled[register.address].add(written.address)
    assert max(map(len, spelled.values())) == 1


def test_a_spelling_depends_on_the_person_alone() -> None:
    assert [as_insurers_write(person) for person in PEOPLE[:500]] == [written for _, written in SPELLED[:500]]


def test_every_rare_name_has_an_ordinary_spelling() -> None:
    for name, _ in RARE_MALE_NAMES + RARE_FEMALE_NAMES:
        ordinary = name.translate(ORDINARY)
        assert ordinary != name
        assert ordinary.encode("cp932").decode("cp932") == ordinary


@pytest.mark.parametrize("day", range(1, 29))
def test_one_character_at_most_is_missing(day: int) -> None:
    person = Person("見本　𠮷男", "ミホン　ヨシオ", date(1980, 5, day), "1", "000-0010", "架空県見本市")
    assert as_insurers_write(person).name in {"見本　𠮷男", "見本　吉男", f"見本　{MISSING}男"}
