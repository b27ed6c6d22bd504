"""The register proposes the only resident whose folded items are equal (rules J2, J4, J5)."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki_mock.jlis import Jlis
from jpki_mock.register import folding, matching
from jpki_mock.register.folding import Item, Kind
from jpki_mock.register.matching import Attributes, Difference, Folded, Match
from jpki_mock.register.person_keys import PersonKeys
from jpki_mock.register.register import NOBODY, Found, ItemsChange, Register
from jpki_mock.settings import Settings
from jpki_mock.store import Store
from tests.unit.jpki_mock.builders import NOW, a_resident, key_maker

HER = "R0-00000077"
SPELLED = Attributes(
    "髙橋　𠮷子", "タカハシ　ショウコ", date(1990, 4, 1), "2", "架空県見本市中央１丁目２番３号"
)
KIND = Difference(Item.NAME, Kind.CHARACTER)


@pytest.fixture
def her(jlis: Jlis) -> str:
    """The person key of a resident whose name has rare characters."""
    jlis.register.add([resident_of(HER, SPELLED)])
    return jlis.register.person_key(HER)


def resident_of(resident_id: str, attributes: Attributes) -> Any:
    items = {name: getattr(attributes, name) for name in Attributes.__slots__}
    return a_resident(resident_id, **items)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ({"name": "高橋　吉子"}, [(Item.NAME, Kind.CHARACTER)]),
        ({"name": "高橋　●子"}, [(Item.NAME, Kind.CHARACTER), (Item.NAME, Kind.MISSING)]),
        ({"name": "●橋　●子"}, [(Item.NAME, Kind.MISSING)]),
        ({"name_kana": "タカハシ　シヨウコ"}, [(Item.NAME_KANA, Kind.KANA)]),
        ({"address": "見本市中央1-2-3"}, [(Item.ADDRESS, Kind.ADDRESS)]),
        ({"address": "架空県見●市中央１丁目２番３号"}, [(Item.ADDRESS, Kind.MISSING)]),
        (
            {
                "name": "高橋　吉子",
                "name_kana": "タカハシ　シヨウコ",
                "address": "架空県見本市中央一丁目二番三号",
            },
            [(Item.NAME, Kind.CHARACTER), (Item.NAME_KANA, Kind.KANA), (Item.ADDRESS, Kind.ADDRESS)],
        ),
    ],
    ids=range(7),
)
def test_another_spelling_is_a_proposal_with_items_and_kinds(
    jlis: Jlis, her: str, written: dict[str, Any], named: list[tuple[Item, Kind]]
) -> None:
    found = jlis.register.match(replace(SPELLED, **written))
    assert found == Found(Match.VARIANT, her, tuple(Difference(*one) for one in named))


def test_the_spelling_of_the_register_is_no_proposal(jlis: Jlis, her: str) -> None:
    assert jlis.register.match(SPELLED) == Found(Match.ONE, her)


@pytest.mark.parametrize(
    "wrong",
    [
        {"birth_date": date(1990, 4, 2)},
        {"sex": "1"},
        {"name_kana": "タカハシ　ヨシコ"},
        {"address": "見本市中央1-2-4"},
        {"name": "高橋　良子"},
        {"name": "●●　●●"},
        {"name": "高橋　●"},
        {"name": "高橋　●子", "address": "見本市中央1-2-4"},
        {"name": "高橋　●子", "name_kana": "タカハシ　ヨシコ"},
        {"address": "見本県見本市中央1-2-3"},  # A city of the same name in another prefecture
        {"address": "見本縣見本市中央1-2-3", "name": "高橋　●子"},
        {"name": "高橋　●子", "address": "見本市中央1-●-3"},  # The lot by a tenth of the guesses
    ],
    ids=range(12),
)
def test_nobody_is_proposed_whose_items_do_not_all_match(jlis: Jlis, her: str, wrong: dict[str, Any]) -> None:
    assert jlis.register.match(replace(SPELLED, name="高橋　吉子")).person_key == her
    assert jlis.register.match(replace(SPELLED, **({"name": "高橋　吉子"} | wrong))) == NOBODY


@pytest.mark.parametrize("written", ["高橋　吉子", "●橋　吉子"])
def test_of_two_residents_neither_is_proposed(jlis: Jlis, her: str, written: str) -> None:
    jlis.register.add([resident_of("R0-00000078", replace(SPELLED, name="髙橋　吉子"))])
    assert jlis.register.match(replace(SPELLED, name=written)) == Found(Match.AMBIGUOUS)
    assert jlis.register.match(SPELLED) == Found(Match.ONE, her)


KYO, KIYO = ("見本　京", "ミホン　キョウ"), ("見本　恭", "ミホン　キヨウ")
SAITO, OTHER_SAITO = ("齋藤　翔", "サイトウ　ショウ"), ("斎藤　翔", "サイトウ　ショウ")


@pytest.mark.parametrize(
    ("twins", "asked", "match", "found"),
    [
        ((KYO, KIYO), ("見本　京", "ミホン　キヨウ"), Match.VARIANT, 0),
        ((KYO, KIYO), ("見本　恭", "ミホン　キョウ"), Match.VARIANT, 1),
        ((KYO, KIYO), ("見本　●", "ミホン　キヨウ"), Match.AMBIGUOUS, None),
        ((KYO, KIYO), ("●本　京", "ミホン　キヨウ"), Match.VARIANT, 0),
        ((SAITO, OTHER_SAITO), ("斉藤　翔", "サイトウ　シヨウ"), Match.AMBIGUOUS, None),
        ((SAITO, OTHER_SAITO), ("●藤　翔", "サイトウ　ショウ"), Match.AMBIGUOUS, None),
        ((SAITO, OTHER_SAITO), ("斎藤　翔", "サイトウ　ショウ"), Match.ONE, 1),
    ],
    ids=range(7),
)
def test_twins_of_one_address_are_never_taken_for_each_other(
    jlis: Jlis,
    twins: tuple[tuple[str, str], tuple[str, str]],
    asked: tuple[str, str],
    match: Match,
    found: int | None,
) -> None:
    """Rules J1, J2, J4: born on one day, of one sex, with readings or family names that fold alike."""
    ids = ["R0-00000081", "R0-00000082"]
    people = [replace(SPELLED, name=name, name_kana=kana) for name, kana in (*twins, asked)]
    jlis.register.add(map(resident_of, ids, people[:2]))
    answer = jlis.register.match(people[2])
    assert (answer.match, answer.person_key) == (
        match,
        None if found is None else jlis.register.person_key(ids[found]),
    )


def test_a_changed_item_is_folded_anew(jlis: Jlis, her: str) -> None:
    jlis.register.change(HER, ItemsChange(name="濱田　𠮷子"))
    assert jlis.register.match(replace(SPELLED, name="高橋　吉子")) == NOBODY
    assert jlis.register.match(replace(SPELLED, name="浜田　吉子")).person_key == her


def test_many_people_are_matched_in_their_order(jlis: Jlis, her: str) -> None:
    asked = [
        replace(SPELLED, name="高橋　●子"),
        None,
        replace(SPELLED, name="高橋　花子"),
        SPELLED,
        replace(SPELLED, name="高橋　吉子"),
    ]
    found = jlis.register.match_all(asked)
    assert [each.match for each in found] == [Match.VARIANT, Match.NONE, Match.NONE, Match.ONE, Match.VARIANT]
    assert {each.person_key for each in found} == {her, None}


NAMES = ["髙橋", "高橋", "●橋", "渡邊", "渡邉", "渡辺", "見本", "見●"]
KANA = ["ショウコ", "シヨウコ", "しょうこ", "ショーコ"]
PLACES = ["１丁目２番３号", "1-2-3", "架空県1-2-3", "見本縣1-2-3", "一丁目二番三号", "1-23", "12-3"]
people = st.builds(
    Attributes,
    st.sampled_from(NAMES),
    st.sampled_from(KANA),
    st.just(date(1990, 4, 1)),
    st.just("1"),
    st.sampled_from(PLACES),
)


@given(residents=st.lists(people, max_size=6), asked=people)
def test_nobody_is_merged_with_another_resident(
    residents: list[Attributes], asked: Attributes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Found is exactly one who is spelled equally, else exactly one whose folded items fit; compared with the words."""
    store = Store(tmp_path_factory.mktemp("home") / "jpki.sqlite")
    register = Register(store, PersonKeys(bytes(32)))
    register.add(resident_of(f"R0-{n:08d}", each) for n, each in enumerate(residents))
    keys = [register.person_key(f"R0-{n:08d}") for n in range(len(residents))]
    found = register.match(asked)
    store.close()
    spelled = [key for key, each in zip(keys, residents, strict=True) if each == asked]
    folded = [
        key for key, each in zip(keys, residents, strict=True) if Folded.of(asked).fits(Folded.of(each))
    ]
    if spelled:
        expected = (Match.ONE, spelled[0]) if len(spelled) == 1 else (Match.AMBIGUOUS, None)
    elif folded:
        expected = (Match.VARIANT, folded[0]) if len(folded) == 1 else (Match.AMBIGUOUS, None)
    else:
        expected = (Match.NONE, None)
    assert found[:2] == expected


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("高橋　花子", {}), ("高橋　●恵", {}), ("高橋　吉子", {"address": "見本県見本市中央1-2-3"})],
    ids=["folded", "missing", "prefecture"],
)
def test_the_work_of_a_wrong_guess_does_not_depend_on_how_much_of_it_is_right(
    jlis: Jlis, her: str, name: str, wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one wrong item, or with every one: as many statements, and as many texts folded. Rule J5."""
    nearly = replace(SPELLED, name=name, **wrong)
    nothing = Attributes(name, "ダレカ　サン", date(1955, 5, 5), "1", "架空県見本市中央９丁目９番９号")

    def work(asked: Attributes) -> tuple[int, int]:
        folds: list[object] = []
        statements: list[object] = []
        monkeypatch.setattr(matching, "fold", counted(folding.fold, folds))
        monkeypatch.setattr(jlis.store, "rows", counted(jlis.store.rows, statements))
        assert jlis.register.match(asked) == NOBODY
        monkeypatch.undo()
        return len(folds), len(statements)

    assert work(nearly) == work(nothing)


def counted(call: Callable[..., Any], calls: list[object]) -> Callable[..., Any]:
    def counting(*arguments: Any) -> Any:
        calls.append(arguments)
        return call(*arguments)

    return counting


def test_a_register_of_the_first_release_is_folded_when_it_is_opened(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with Jlis(settings, NOW, key_maker()) as jlis:
        jlis.register.add([resident_of(HER, SPELLED)])
        key = jlis.register.person_key(HER)
    file = sqlite3.connect(tmp_path / "jpki.sqlite")
    file.executescript(
        "DROP INDEX residents_by_folded_attributes; DROP INDEX residents_by_reading;"
        "ALTER TABLE residents DROP COLUMN folded_key; ALTER TABLE residents DROP COLUMN reading_key;"
        "PRAGMA user_version = 0;"
    )
    file.close()

    for _ in range(2):
        with Jlis(settings, NOW, key_maker()) as jlis:
            found = [jlis.register.match(replace(SPELLED, name=name)) for name in ("高橋　吉子", "高橋　●子")]
            assert [each.person_key for each in found] == [key, key]
            assert jlis.store.folding_version == folding.VERSION


def test_other_rules_of_folding_fold_all_residents_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path)
    with monkeypatch.context() as before:
        before.setattr(matching, "fold", lambda _, text: text)
        before.setattr(folding, "VERSION", folding.VERSION - 1)
        with Jlis(settings, NOW, key_maker()) as jlis:
            jlis.register.add([resident_of(HER, SPELLED)])
            assert jlis.register.match(replace(SPELLED, name="高橋　吉子")) == NOBODY
    with Jlis(settings, NOW, key_maker()) as jlis:
        assert jlis.register.match(replace(SPELLED, name="高橋　吉子")).match is Match.VARIANT


@pytest.mark.parametrize("column", ["match_key", "folded_key", "reading_key"])
def test_residents_are_found_by_an_index(jlis: Jlis, column: str) -> None:
    plan = jlis.store.rows(f"EXPLAIN QUERY PLAN SELECT * FROM residents WHERE {column} IN (x'00', x'01')")
    assert plan[0]["detail"].startswith("SEARCH residents USING INDEX")
