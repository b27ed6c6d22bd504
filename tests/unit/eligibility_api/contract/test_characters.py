"""Names at the borders: kana in one form, and Shift_JIS that marks what it cannot write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("ゔ", "ヴ"),
        ("みすゞ", "ミスヾ"),
        ("ﾍﾞｰﾀ", "ベータ"),
        ("ＡＢＣ", "ABC"),
        ("", ""),
    ],
)
def test_kana_come_in_one_form(written: str, normal: str) -> None:
    assert normalize_kana(written) == normal


@given(st.text())
def test_the_normal_form_of_kana_stays(text: str) -> None:
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
def test_what_shift_jis_cannot_write_is_marked(kept: str, at_the_border: str) -> None:
    assert replace_unencodable(kept) == at_the_border


@given(st.text())
def test_every_text_can_be_written_after_marking_and_reads_the_same(text: str) -> None:
    marked = replace_unencodable(text)
    assert marked.encode("cp932").decode("cp932") == marked
    assert replace_unencodable(marked) == marked


@given(st.text(min_size=1))
def test_nothing_is_left_out(text: str) -> None:
    assert replace_unencodable(text)


@given(st.text("試験見本シケンｼｹﾝ髙﨑", max_size=10))
def test_what_can_be_written_is_not_touched(text: str) -> None:
    assert replace_unencodable(text) == text
    assert REPLACEMENT not in replace_unencodable(text)
