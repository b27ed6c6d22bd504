"""Folded forms of names, readings and addresses (rules J2 to J5)."""

import tomllib
import unicodedata
from collections import Counter
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki_mock.register.folding import (
    MAX_LENGTH,
    Item,
    Kind,
    fits,
    fold,
    has_missing,
    needed_kinds,
    prefecture,
)

NAME, KANA, ADDRESS = Item.NAME, Item.NAME_KANA, Item.ADDRESS

# The insurer's spelling, the register's, and the kinds that make them equal (J3).
EQUAL = [
    (NAME, "見本　花子", "見本花子", []),
    (NAME, "ＭＩＨＯＮ", "MIHON", []),
    (NAME, "試験　吉子", "試験　𠮷子", [Kind.CHARACTER]),
    (NAME, "見本　高崎", "見本　髙﨑", [Kind.CHARACTER]),
    (NAME, "渡辺　斉", "渡邊　齋", [Kind.CHARACTER]),
    (NAME, "渡邉　斎", "渡辺　齊", [Kind.CHARACTER]),
    (NAME, "浜沢　広", "濱澤　廣", [Kind.CHARACTER]),
    (NAME, "国友　桜", "國友　櫻", [Kind.CHARACTER]),
    (NAME, "神戸　福", "神戸　福", []),  # Compatibility ideographs: NFKC
    (NAME, "葛城　一", "葛\U000e0100城　一", [Kind.CHARACTER]),
    (NAME, "見本　さくら", "見本　サクラ", [Kind.KANA]),
    (NAME, "Mihon Sample", "MIHON SAMPLE", [Kind.CASE]),
    (NAME, "MIHON SAMPLE ANNA", "MIHON SAMPLE-ANNA", [Kind.PUNCTUATION]),
    (NAME, "O'MIHON", "Ｏ’ＭＩＨＯＮ", [Kind.PUNCTUATION]),
    (NAME, "高橋　●子", "髙橋　𠮷子", [Kind.CHARACTER, Kind.MISSING]),
    (NAME, "●　一", "𠮷　一", [Kind.MISSING]),
    (KANA, "ミホン シヨウタ", "ミホン ショウタ", [Kind.KANA]),
    (KANA, "ミホン リツカ", "ミホン リッカ", [Kind.KANA]),
    (KANA, "ﾐﾎﾝ ｼﾖｳﾀ", "ミホン ショウタ", [Kind.KANA]),
    (KANA, "ミホン ミヅホ", "ミホン ミズホ", [Kind.KANA]),
    (KANA, "ミホン ヱツコ", "ミホン エツコ", [Kind.KANA]),
    (KANA, "ミホン かおる", "ミホン カオル", [Kind.KANA]),
    (KANA, "マリア アンナ", "マリア・アンナ", [Kind.PUNCTUATION]),
    (KANA, "ユ-コ", "ユーコ", [Kind.PUNCTUATION]),
    (ADDRESS, "架空県見本市中央１－２－３", "架空県見本市中央1-2-3", []),
    (ADDRESS, "架空県見本市中央1‐2‐3", "架空県見本市中央1-2-3", [Kind.PUNCTUATION]),
    (ADDRESS, "架空県見本市中央1ー2ー3", "架空県見本市中央1-2-3", [Kind.PUNCTUATION]),
    (ADDRESS, "架空県見本市中央一丁目二番三号", "架空県見本市中央１丁目２番３号", [Kind.ADDRESS]),
    (ADDRESS, "架空県見本市中央1-2-3", "架空県見本市中央１丁目２番３号", [Kind.ADDRESS]),
    (ADDRESS, "架空県見本市中央1丁目2番地の3", "架空県見本市中央１丁目２番３号", [Kind.ADDRESS]),
    (ADDRESS, "見本市中央1-2-3-101", "架空県見本市中央１丁目２番３号　１０１号室", [Kind.ADDRESS]),
    (ADDRESS, "見本市中央1-2-3 101", "架空県見本市中央１丁目２番３号　１０１号室", [Kind.ADDRESS]),
    (ADDRESS, "想定郡例示町仮想二十三番地", "想定郡例示町大字仮想23", [Kind.ADDRESS]),
    (ADDRESS, "想定郡空想村雛形十番", "想定郡空想村字雛形10", [Kind.ADDRESS]),
    (ADDRESS, "見本市霞が浦二〇一番地", "見本市霞ヶ浦201番地", [Kind.ADDRESS]),
    (ADDRESS, "見本市山の内1", "見本市山ノ内1", [Kind.KANA]),
    (ADDRESS, "見本市国広1-2", "架空県見本市國廣一丁目二番", [Kind.ADDRESS, Kind.CHARACTER]),
    (ADDRESS, "見本市●町1-2", "見本市𠮷町1-2", [Kind.MISSING]),
    (NAME, "見本　●男", "見本　𰻞男", [Kind.MISSING]),
    (NAME, "見本　●男", "見本　﨟男", [Kind.MISSING]),
]

DIFFERENT = [
    (NAME, "見本　花子", "見本　葉子"),
    (NAME, "見本　花子", "見本　花"),
    (NAME, "田中　一", "田中　二"),
    (NAME, "●●　●", "見本　一"),  # Too many
    (NAME, "●●　一", "見本　一"),
    (NAME, "●本　花子", "本　花子"),  # One character, not none
    (NAME, "●　花子", "見本　花子"),  # Not two
    (NAME, "見本　花子", "見本　●子"),  # The register lacks no character
    (NAME, "見本　●くら", "見本　さくら"),  # No system lacks a kana,
    (NAME, "MIHON　●NNA", "MIHON　ANNA"),  # a letter,
    (ADDRESS, "見本市中央1-●-3", "見本市中央1-2-3"),  # or a digit
    (ADDRESS, "見本市中央●丁目2番3号", "見本市中央１丁目２番３号"),
    (ADDRESS, "見本市中央二丁目●番地", "見本市中央二丁目三番地"),
    (KANA, "ミホン ハナ●", "ミホン ハナコ"),
    (KANA, "ミホン ハマサキ", "ミホン ハマザキ"),
    (KANA, "ミホン ユウコ", "ミホン ユコ"),
    (ADDRESS, "見本市中央1-23", "見本市中央12-3"),
    (ADDRESS, "見本市中央1-2-3", "見本市中央1-2-4"),
    (ADDRESS, "見本市中央1-2-3", "見本市中央1-2"),
    (ADDRESS, "見本市中央一丁目", "見本市中央二丁目"),
    (ADDRESS, "見本市一番町2", "見本市二番町2"),
    (ADDRESS, "架空県見本市中央1", "架空県試験市中央1"),
]


def equal(item: Item, text: str, register: str) -> bool:
    return fits(fold(item, text), fold(item, register))


@pytest.mark.parametrize(("item", "text", "register", "kinds"), EQUAL, ids=range(len(EQUAL)))
def test_spellings_of_one_item_are_equal_after_folding_and_the_kinds_are_named(
    item: Item, text: str, register: str, kinds: list[Kind]
) -> None:
    assert equal(item, text, register)
    assert needed_kinds(item, text, register) == kinds


@pytest.mark.parametrize(("item", "text", "register"), DIFFERENT, ids=range(len(DIFFERENT)))
def test_different_items_stay_different(item: Item, text: str, register: str) -> None:
    assert not equal(item, text, register)


@pytest.mark.parametrize(
    ("address", "folded"),
    [
        ("架空県見本市中央１丁目２番３号", "見本市中央1-2-3"),
        ("見本市三番町一丁目", "見本市三番町1"),
        ("見本市六番丁5", "見本市六番丁5"),
        ("見本市二の宮三丁目", "見本市二ノ宮3"),
        ("千代田町九段南", "千代田町九段南"),
        ("見本市中央千二百三十四番地", "見本市中央1234"),
        ("見本市中央1-2見本ハイツ101号室", "見本市中央1-2見本ハイツ101"),
    ],
)
def test_numbers_of_an_address_are_read_and_names_of_places_stay(address: str, folded: str) -> None:
    assert fold(ADDRESS, address) == folded


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("架空県見本市中央1", "架空県"),
        ("　東京都　府中市1", "東京都"),
        ("見本縣府中市1", "見本県"),
        ("府中市1", ""),
        ("山県市中央1", ""),
        ("", ""),
    ],
)
def test_the_prefecture_of_an_address(address: str, found: str) -> None:
    """Rule J3."""
    assert prefecture(address) == found


@pytest.mark.parametrize(
    ("text", "counts"),
    [("●子", True), ("●●一二", True), ("●●●一二三", False), ("●●一", False), ("●", False), ("花子", False)],
)
def test_a_missing_character_counts_only_with_others(text: str, counts: bool) -> None:
    assert has_missing(text) is counts


HARD = "一二三丁目番地号の1-23ー〜・ 'ァヶが大字県市町村見本ﾞﾟǅßİﬀ㍿㈱①⑴ﷺΆ゙́ͅⅫ●"
texts = st.text(max_size=40) | st.text(alphabet=HARD, max_size=30)


@given(st.sampled_from(list(Item)), texts)
def test_folding_is_idempotent(item: Item, text: str) -> None:
    folded = fold(item, text)
    if len(folded) <= MAX_LENGTH:
        assert fold(item, folded) == folded


def equal_by(item: Item, text: str, register: str, kinds: list[Kind]) -> bool:
    return fits(fold(item, text, kinds), fold(item, register, kinds), any_one=Kind.MISSING in kinds)


@given(st.sampled_from(EQUAL), st.sampled_from(EQUAL))
def test_the_kinds_that_are_named_suffice_and_each_of_them_is_needed(
    one: tuple[Item, str, str, list[Kind]], other: tuple[Item, str, str, list[Kind]]
) -> None:
    item = one[0]
    text, register = one[1] + other[1], one[2] + other[2]
    if equal(item, text, register):
        kinds = needed_kinds(item, text, register)
        assert equal_by(item, text, register, kinds)
        assert not any(equal_by(item, text, register, [k for k in kinds if k is not kind]) for kind in kinds)


@given(st.sampled_from(list(Item)), texts)
def test_one_spelling_needs_no_kind(item: Item, text: str) -> None:
    assert needed_kinds(item, text, text) == []


def test_a_text_longer_than_an_item_is_refused_before_any_work() -> None:
    fold(NAME, "あ" * MAX_LENGTH)
    with pytest.raises(ValueError, match="longer"):
        fold(NAME, "あ" * (MAX_LENGTH + 1))


@pytest.mark.parametrize(
    "text", ["1" * 200, "1 " * 100, "一" * 200, "-" * 200, "1-" * 100, "の" * 200, "ﷺ" * 200]
)
def test_texts_of_the_maximum_length_are_folded_quickly(text: str) -> None:
    """Each of them takes less than a millisecond or two; a quadratic pattern would take seconds."""
    folded = fold(ADDRESS, text)
    assert len(folded) <= 18 * MAX_LENGTH


def groups() -> list[str]:
    table = tomllib.loads((files("jpki_mock.register") / "variants.toml").read_text(encoding="utf-8"))
    return [group for part in table.values() for group in part]


def test_each_variant_is_in_one_group_and_normalised() -> None:
    found = groups()
    counted = Counter(character for group in found for character in group)
    assert len(found) > 300
    assert [character for character, count in counted.items() if count > 1] == []
    assert [group for group in found if len(group) < 2 or unicodedata.normalize("NFKC", group) != group] == []


def test_every_variant_of_the_table_is_folded() -> None:
    for group in groups():
        assert {fold(NAME, f"見{character}") for character in group} == {f"見{group[0]}"}
