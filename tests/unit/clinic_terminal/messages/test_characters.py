"""Half-width kana, full-width spaces, and what an encoding lacks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_terminal.messages.characters import Encoding, half_width_kana, wide_spaces
from clinic_terminal.messages.codes import CharacterCode
from eligibility_api.contract.characters import normalize_kana

KATAKANA = st.text(
    st.characters(min_codepoint=0x30A1, max_codepoint=0x30F4) | st.sampled_from("ー "), min_size=1
)


@pytest.mark.parametrize(
    ("text", "half"),
    [
        ("ミホン　ハナコ", "ﾐﾎﾝ ﾊﾅｺ"),
        ("ガギグゲゴ パピプペポ", "ｶﾞｷﾞｸﾞｹﾞｺﾞ ﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ"),
        ("ヴァイオリン", "ｳﾞｧｲｵﾘﾝ"),
        ("キョウスケ　ッャュョ", "ｷｮｳｽｹ ｯｬｭｮ"),
        ("ヰヱヲ ヵヶヮ", "ｲｴｦ ｶｹﾜ"),
        ("スーパー・マン", "ｽｰﾊﾟｰ･ﾏﾝ"),
        ("みほん", "ﾐﾎﾝ"),
        ("ﾐﾎﾝ  ﾊﾅｺ", "ﾐﾎﾝ ﾊﾅｺ"),
        ("ＲＯＢＥＲＴ", "ROBERT"),
        ("カ\u3099", "ｶﾞ"),
    ],
)
def test_kana_become_half_width(text: str, half: str) -> None:
    assert half_width_kana(text) == half


@given(KATAKANA)
def test_half_width_kana_stay_themselves_and_are_in_cp932(text: str) -> None:
    half = half_width_kana(text)
    assert half_width_kana(half) == half
    half.encode("cp932")


@given(KATAKANA.filter(lambda text: not set(text) & set("ヮヵヶヰヱ")))
def test_the_reading_can_be_compared_as_before(text: str) -> None:
    assert normalize_kana(half_width_kana(text)) == normalize_kana(text)


@pytest.mark.parametrize(
    ("text", "wide"),
    [("試験 有効", "試験　有効"), (" 試験　有効 ", "試験　有効"), ("JOHN F DOE", "JOHN　F　DOE")],
)
def test_the_spaces_of_a_name_are_full_width(text: str, wide: str) -> None:
    assert wide_spaces(text) == wide


@pytest.mark.parametrize(
    ("encoding", "text", "written"),
    [
        (Encoding.SHIFT_JIS, "𠮷田", "●田"),
        (Encoding.SHIFT_JIS, "髙﨑", "髙﨑"),
        (Encoding.SHIFT_JIS, "①Ⅲ㈱", "①Ⅲ㈱"),
        (Encoding.SHIFT_JIS, "1\u301c2\u2212", "1\uff5e2\uff0d"),
        (Encoding.SHIFT_JIS, "葛\U000e0100城", "●城"),
        (Encoding.SHIFT_JIS, "é", "●"),
        (Encoding.UTF_8, "𠮷田é", "𠮷田é"),
        (Encoding.UTF_8, "a\ufffeb\uffff", "a●b●"),
    ],
)
def test_a_character_that_the_encoding_lacks_is_marked(encoding: Encoding, text: str, written: str) -> None:
    assert encoding.writable(text) == written
    assert written.encode(encoding.codec).decode(encoding.codec) == written


def test_encodings_have_the_codes_of_the_table() -> None:
    assert {encoding.name: encoding.value for encoding in Encoding} == {
        code.name: code.value for code in CharacterCode
    }
