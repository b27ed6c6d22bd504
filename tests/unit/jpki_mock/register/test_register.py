"""The register: matching people, and changes."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from jpki_mock.errors import InvalidInput, NotAllowed, NotFound
from jpki_mock.jlis import Jlis
from jpki_mock.register.matching import Attributes, Match
from jpki_mock.register.person_keys import PersonKeys
from jpki_mock.register.register import NOBODY, Found, ItemsChange
from jpki_mock.register.resident import Resident
from jpki_mock.settings import Settings
from tests.unit.jpki_mock.builders import ADULT, CHILD, NOW, a_resident, key_maker

TODAY = date(2026, 11, 23)


def attributes_of(resident: Resident) -> Attributes:
    return Attributes(resident.name, resident.name_kana, resident.birth_date, resident.sex, resident.address)


def test_exactly_one_match_returns_the_person_key(jlis: Jlis) -> None:
    assert jlis.register.match(attributes_of(a_resident())) == Found(
        Match.ONE, jlis.register.person_key(ADULT)
    )


def test_no_match(jlis: Jlis) -> None:
    assert jlis.register.match(attributes_of(a_resident(name="架空　花子"))) == NOBODY


def test_two_matches_are_ambiguous(jlis: Jlis) -> None:
    jlis.register.add([a_resident("R0-00000009", address="架空県見本市中央1丁目2番3号")])
    assert jlis.register.match(attributes_of(a_resident())) == Found(Match.AMBIGUOUS)


def test_after_a_change_only_the_new_items_match(jlis: Jlis) -> None:
    changed = jlis.register.change(ADULT, ItemsChange(address="架空県見本市本町９丁目"))
    assert jlis.register.find(ADULT) == changed
    assert jlis.register.match(attributes_of(a_resident()))[0] is Match.NONE
    assert jlis.register.match(attributes_of(changed))[0] is Match.ONE


@pytest.mark.parametrize(
    "change",
    [
        ItemsChange(),
        ItemsChange(sex="3"),
        ItemsChange(name=""),
        ItemsChange(name=a_resident().name, name_kana=a_resident().name_kana),
    ],
)
def test_an_invalid_change_is_rejected(jlis: Jlis, change: ItemsChange) -> None:
    with pytest.raises(InvalidInput):
        jlis.register.change(ADULT, change)
    assert jlis.register.find(ADULT) == a_resident()


def test_residents_who_have_died_are_still_matched(jlis: Jlis) -> None:
    jlis.register.record_death(ADULT, date(2026, 11, 20), TODAY)
    assert jlis.register.match(attributes_of(a_resident()))[0] is Match.ONE
    assert jlis.register.find(ADULT).died_on == date(2026, 11, 20)


def test_a_death_is_recorded_once(jlis: Jlis) -> None:
    jlis.register.record_death(ADULT, TODAY, TODAY)
    with pytest.raises(NotAllowed):
        jlis.register.record_death(ADULT, TODAY, TODAY)


@pytest.mark.parametrize("day", [date(1980, 2, 16), TODAY + timedelta(days=1)])
def test_a_death_before_birth_or_after_today_is_rejected(jlis: Jlis, day: date) -> None:
    with pytest.raises(InvalidInput):
        jlis.register.record_death(ADULT, day, TODAY)


def test_an_existing_resident_is_not_overwritten(jlis: Jlis) -> None:
    jlis.register.change(ADULT, ItemsChange(address="架空県見本市本町９丁目"))
    jlis.register.add([a_resident()])
    assert jlis.register.find(ADULT).address == "架空県見本市本町９丁目"


def test_many_people_are_matched_in_order(jlis: Jlis) -> None:
    people = [a_resident(f"R9-{n:08d}", name=f"架空　{n}") for n in range(1200)]
    jlis.register.add(people)
    found = jlis.register.match_all([attributes_of(person) for person in reversed(people)])
    assert found == [Found(Match.ONE, jlis.register.person_key(r.resident_id)) for r in reversed(people)]


def test_an_interrupted_import_keeps_the_index(tmp_path: Path) -> None:
    def breaking_off() -> Iterator[Resident]:
        yield a_resident()
        raise BrokenPipeError

    with Jlis(Settings(home=tmp_path), NOW, key_maker()) as jlis:
        with pytest.raises(BrokenPipeError):
            jlis.register.add(breaking_off())
        plan = jlis.store.rows("EXPLAIN QUERY PLAN SELECT 1 FROM residents WHERE match_key = x'00'")
    assert "residents_by_attributes" in plan[0]["detail"]


def test_an_unknown_resident_is_not_found(jlis: Jlis) -> None:
    with pytest.raises(NotFound):
        jlis.register.find("R0-99999999")


def test_residents_are_counted_by_the_beginning_of_their_ids(jlis: Jlis) -> None:
    jlis.register.add([a_resident("R7-00000001"), a_resident("R7-00000002"), a_resident("R77-0000001")])
    assert [jlis.register.count(prefix) for prefix in ("R7-", "R77-", "R_-", "%", "")] == [2, 1, 0, 0, 5]


def test_a_person_key_is_a_stable_pseudonym_of_one_resident(jlis: Jlis) -> None:
    key = jlis.register.person_key(ADULT)
    assert len(key) == 32
    assert int(key, 16) >= 0
    assert key == jlis.register.person_key(ADULT) != jlis.register.person_key(CHILD)


def test_another_register_has_another_key_for_the_same_resident(tmp_path: Path) -> None:
    one, other = (PersonKeys.open(tmp_path / name) for name in ("one", "other"))
    assert one.of("R0-1") != other.of("R0-1")


def test_keys_persist_over_a_restart(tmp_path: Path) -> None:
    assert PersonKeys.open(tmp_path / "one").of("R0-1") == PersonKeys.open(tmp_path / "one").of("R0-1")


def test_a_key_is_a_truncated_hmac() -> None:
    # Computed with OpenSSL: printf R0-1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:00..00 (32 bytes)
    assert PersonKeys(bytes(32)).of("R0-1") == "3168a87b8dfff6bffece896295933109"
