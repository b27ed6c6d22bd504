"""Formulas of figures, and that evaluating them by hand gives their values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.planning.arithmetic import Figure, Step, number, total
from tests.unit.loadtest.planning.by_hand import evaluated, is_right

LEAVES = st.floats(min_value=1e-4, max_value=1e9).map(number)
FIGURES = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(inner, inner).map(lambda two: two[0] + two[1])
        | st.tuples(inner, inner).map(lambda two: two[0] * two[1])
        | st.tuples(inner, inner).map(lambda two: two[0] / two[1])
        | inner.map(Figure.ceil)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        (1210, "/s", 4, "1,210/s"),
        (762.34, "/s", 4, "762.3/s"),
        (0.00012345, "", 3, "0.000123"),
        (1234567.0, "B", 4, "1,235,000 B"),
        (274_600_000, "", None, "274,600,000"),
        (0.3714, "", None, "0.3714"),
        (349_500, "", None, "349,500"),
        (0.0, "µs", 3, "0 µs"),
    ],
)
def test_a_number_has_the_value_of_its_text(value: float, unit: str, digits: int | None, text: str) -> None:
    figure = number(value, unit, digits)
    assert figure.text == text
    assert figure.value == evaluated(text)


@pytest.mark.parametrize(
    ("figure", "text", "value"),
    [
        ((number(2) + number(3)) * number(4), "(2 + 3) × 4", 20),
        (number(12) / (number(2) * number(3)), "12 ÷ (2 × 3)", 2),
        (number(12) / number(2) * number(3), "12 ÷ 2 × 3", 18),
        (number(9) - (number(2) + number(3)), "9 − (2 + 3)", 4),
        (number(9) - number(2) * number(3), "9 − 2 × 3", 3),
        ((number(5) / number(2)).ceil() * number(3), "⌈5 ÷ 2⌉ × 3", 9),
        (total([number(1), number(2), number(3)]), "1 + 2 + 3", 6),
        (total([]), "0", 0),
        # In floating point this product is above the whole number or not, by the order of its factors.
        (
            (number(19_010_000) * (number(1e-4) * number(1e-4) * number(12_280_000))).ceil(),
            "⌈19,010,000 × 0.0001 × 0.0001 × 12,280,000⌉",
            2_334_428,
        ),
    ],
)
def test_brackets_are_set_where_they_are_needed(figure: Figure, text: str, value: float) -> None:
    assert (figure.text, float(figure.value)) == (text, value)


@given(FIGURES)
def test_every_formula_evaluates_to_its_value(figure: Figure) -> None:
    assert evaluated(figure.text) == figure.value
    assert is_right(Step.of("it", figure))


def test_the_next_step_uses_the_printed_value() -> None:
    step = Step.of("a third", number(1) / number(3), "cores")
    assert step.sentence == "a third = 1 ÷ 3 = 0.3333 cores"
    assert (step.figure * number(3)).value == pytest.approx(0.9999)


def test_a_whole_number_is_not_rounded() -> None:
    assert Step.of("terminals", (number(233_000, digits=None) * number(1.25)).ceil()).value == 291_250
    assert Step.of("terminals", (number(123_456, digits=None) * number(1)).ceil()).sentence.endswith(
        "123,456"
    )
