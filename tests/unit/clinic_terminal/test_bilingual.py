"""Bilingual texts, help texts, and tables that must be complete."""

from __future__ import annotations

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from clinic_terminal.bilingual import Bilingual, command_help, exhaustive, option_help


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def test_a_label_is_one_line_and_a_sentence_two() -> None:
    text = Bilingual("有効", "Valid")
    assert (str(text), text.lines) == ("有効 / Valid", "有効\nValid")


def test_a_member_without_an_entry_is_an_error() -> None:
    assert exhaustive(Colour, {Colour.RED: 1, Colour.BLUE: 2})[Colour.BLUE] == 2
    with pytest.raises(ValueError, match=r"Colour without an entry: .*blue"):
        exhaustive(Colour, {Colour.RED: 1})


def test_the_help_of_an_option_has_short_japanese_lines_and_ends_in_english() -> None:
    ja = "カードリーダーの代わりに使うカードファイルです。--card で指定し、省略すると読み取りを待ちます。"
    *japanese, english = option_help(ja, "Card file to use.").split("\n\n")
    assert max(cell_len(line) for line in japanese) <= 34
    assert len(japanese) > 1
    assert "".join("".join(japanese).split()) == "".join(ja.split())
    assert not any(line.startswith(("。", "、")) for line in japanese)
    assert english == "Card file to use."


def test_the_help_of_a_command_loses_its_line_breaks() -> None:
    text = command_help("一行目は\n続きます。", "One\nsentence.\n\nAnother.", "\b\nExit codes:\n  0 ok")
    assert text == "一行目は続きます。\n\nOne sentence.\n\nAnother.\n\n\b\nExit codes:\n  0 ok"


JAPANESE = st.text("あいうカナ漢字。、」abc--CARD 0～１", min_size=1, max_size=120).filter(str.strip)


@given(JAPANESE)
def test_the_lines_of_a_help_keep_every_character_in_order(ja: str) -> None:
    *lines, english = option_help(ja, "English.").split("\n\n")
    assert "".join("".join(lines).split()) == "".join(ja.split())
    assert english == "English."


@given(st.text("あいうカナ漢字。、」ー", min_size=1, max_size=120))
def test_a_line_of_a_help_is_short_and_does_not_begin_with_a_closing_character(ja: str) -> None:
    *lines, _ = option_help(ja, "English.").split("\n\n")
    shortened = [line for line in lines if len(line.rstrip("。、」ー")) > 1]
    assert all(cell_len(line.rstrip("。、」ー")) <= 34 for line in shortened)
    assert not any(line.startswith(("。", "、", "」", "ー")) for line in lines[1:])
