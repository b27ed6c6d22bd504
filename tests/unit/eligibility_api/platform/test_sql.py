"""Named parameters are numbered where they first occur; everything else in a statement stays as it is."""

from __future__ import annotations

import pytest

from eligibility_api.platform.sql import Statement


@pytest.mark.parametrize(
    ("source", "text", "names"),
    [
        ("SELECT 1", "SELECT 1", ()),
        ("SELECT :b, :a", "SELECT $1, $2", ("b", "a")),
        ("SELECT :a, :b, :a", "SELECT $1, $2, $1", ("a", "b")),
        ("SELECT :a_2::text[]", "SELECT $1::text[]", ("a_2",)),
        ("SELECT now()::date, x::text", "SELECT now()::date, x::text", ()),
        ("WHERE (a,b)=(:a,:ab)", "WHERE (a,b)=($1,$2)", ("a", "ab")),
        ("to_char(x, 'HH24:mi')", "to_char(x, 'HH24:mi')", ()),
        ("-- Read: all\nSELECT :a", "-- Read: all\nSELECT $1", ("a",)),
    ],
)
def test_parameters_are_numbered_where_they_first_occur(
    source: str, text: str, names: tuple[str, ...]
) -> None:
    statement = Statement.of(source)
    assert (statement.source, statement.text, statement.names) == (source, text, names)


def test_values_are_in_the_order_of_the_numbers_and_others_are_left_out() -> None:
    statement = Statement.of("SELECT :b, :a, :b")
    assert statement.parameters({"a": 1, "b": 2, "c": 3}) == [2, 1]


def test_a_parameter_without_a_value_is_a_defect() -> None:
    with pytest.raises(KeyError):
        Statement.of("SELECT :a, :b").parameters({"a": 1})
