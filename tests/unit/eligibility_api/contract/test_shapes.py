"""The shape of a value shows its form and not the value."""

from __future__ import annotations

import pytest

from eligibility_api.contract.shapes import shape


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024/02/30", "9999/99/99"),
        ("Ａ1見", "あ9あ"),
        ("a\tb", "aあa"),
        ("", ""),
        ("1" * 50, "9" * 40 + "…"),
    ],
)
def test_a_shape_shows_the_form_and_not_the_value(value: str, expected: str) -> None:
    """Rule G3."""
    assert shape(value) == expected
