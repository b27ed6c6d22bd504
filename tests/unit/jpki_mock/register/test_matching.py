"""Comparison of attributes."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki_mock.register.matching import Attributes, match_key, normalise

KNOWN = Attributes("見本　花子", "ミホン　ハナコ", date(1980, 2, 17), "2", "架空県見本市中央１丁目２番３号")


@pytest.mark.parametrize(
    "same",
    [
        replace(KNOWN, name="見本 花子"),
        replace(KNOWN, name="見本花子"),
        replace(KNOWN, name_kana="ﾐﾎﾝ ﾊﾅｺ"),
        replace(KNOWN, address=" 架空県見本市 中央1丁目2番3号"),
    ],
)
def test_width_and_spaces_make_no_difference(same: Attributes) -> None:
    assert match_key(same) == match_key(KNOWN)


@pytest.mark.parametrize(
    "other",
    [
        replace(KNOWN, name="見本　葉子"),
        replace(KNOWN, name_kana="ミホン　ハナゴ"),
        replace(KNOWN, birth_date=date(1980, 2, 18)),
        replace(KNOWN, sex="1"),
        replace(KNOWN, address="架空県見本市中央１丁目２番４号"),
        replace(KNOWN, name="見本　花子ミホン", name_kana="ハナコ"),
    ],
)
def test_any_other_difference_counts(other: Attributes) -> None:
    assert match_key(other) != match_key(KNOWN)


@given(st.text())
def test_normalisation_is_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
