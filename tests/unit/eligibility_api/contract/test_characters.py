"""Normalised kana, and conversion to Shift_JIS with replacement characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.bounds import MAX_EXPANSION, MAX_TEXT_LENGTH
from eligibility_api.contract.characters import REPLACEMENT, normalize_kana, replace_unencodable


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("シケン ミホン", "シケン ミホン"),
        ("ｼｹﾝ ﾐﾎﾝ", "シケン ミホン"),
        ("ｼｹﾝ　ﾐﾎﾝ", "シケン ミホン"),
        ("しけん　みほん", "シケン ミホン"),
        (" シケン　 ミホン ", "シケン ミホン"),
        ("ﾊﾞﾊﾟｳﾞ", "バパヴ"),
        ("ば\u3099", "バ\u3099"),
        ("か\u3099", "ガ"),
        ("か゛", "ガ"),
        ("カ゛ ハ゜", "ガ パ"),
        ("ｶ゛ﾊ゜", "ガパ"),
        ("は\u309a", "パ"),
        ("わ゛", "ヷ"),
        ("ワ゛", "ヷ"),
        ("\U0001f200", "ホカ"),
        ("ゔ", "ヴ"),
        ("みすゞ", "ミスヾ"),
        ("ﾍﾞｰﾀ", "ベータ"),
        ("ＡＢＣ", "ABC"),
        ("", ""),
    ],
)
def test_kana_are_normalised(written: str, normal: str) -> None:
    assert normalize_kana(written) == normal


VOICED = {
    "ガ": "カ゛",
    "ヴ": "ウ゛",
    "ジ": "シ゛",
    "ボ": "ホ゛",
    "パ": "ハ゜",
    "ペ": "ヘ゜",
    "ヺ": "ヲ゛",
    "ヾ": "ヽ゛",
}


@pytest.mark.parametrize("letter", VOICED)
@pytest.mark.parametrize("mark", ["separate", "combining", "half-width", "hiragana"])
def test_a_sound_mark_is_a_part_of_its_letter_however_it_is_written(letter: str, mark: str) -> None:
    base, separate = VOICED[letter][0], VOICED[letter][1]
    combining = {"゛": "\u3099", "゜": "\u309a"}[separate]
    written = {
        "separate": base + separate,
        "combining": base + combining,
        "half-width": base + {"゛": "ﾞ", "゜": "ﾟ"}[separate],
        "hiragana": (chr(ord(base) - 0x60)) + separate,
    }[mark]
    assert normalize_kana(written) == letter


@given(st.text("かはわゝカ゛゜\u3099\u309aﾞﾟ　 ｶﾊａ", max_size=10))
def test_normalising_sound_marks_is_idempotent(text: str) -> None:
    assert normalize_kana(normalize_kana(text)) == normalize_kana(text)


@given(st.text(max_size=MAX_TEXT_LENGTH // MAX_EXPANSION))
def test_normalising_kana_is_idempotent(text: str) -> None:
    assert normalize_kana(normalize_kana(text)) == normalize_kana(text)


@pytest.mark.parametrize(
    ("kept", "at_the_border"),
    [
        ("試験　見本", "試験　見本"),
        ("髙﨑", "髙﨑"),
        ("\ufa19谷", "\ufa19谷"),
        ("𠮷野", "●野"),
        ("𠮷𠮷", "●●"),
        ("葛\U000e0100城", "●城"),
        ("か\u3099", "が"),
        ("①Ⅲ㈱", "①Ⅲ㈱"),
        ("1〜2", "1～2"),
        ("1−2", "1－2"),
        ("¥", "￥"),
        ("é", "●"),
        ("한", "●"),
        ("👪", "●"),
        ("", ""),
    ],
)
def test_characters_missing_in_shift_jis_are_replaced(kept: str, at_the_border: str) -> None:
    assert replace_unencodable(kept) == at_the_border


@given(st.text())
def test_every_replaced_text_survives_encoding(text: str) -> None:
    marked = replace_unencodable(text)
    assert marked.encode("cp932").decode("cp932") == marked
    assert replace_unencodable(marked) == marked


@given(st.text(min_size=1))
def test_no_character_is_dropped(text: str) -> None:
    assert replace_unencodable(text)


@given(st.text("試験見本シケンｼｹﾝ髙﨑", max_size=10))
def test_encodable_text_is_unchanged(text: str) -> None:
    assert replace_unencodable(text) == text
    assert REPLACEMENT not in replace_unencodable(text)
