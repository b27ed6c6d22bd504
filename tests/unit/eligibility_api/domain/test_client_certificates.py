"""Rule G5: which certificate a token is bound to, who may use it, and how a client's certificates are rotated."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.client_certificates import certificate_to_bind, check_bound, with_certificate

MISSING, WRONG = "client-certificate-missing", "client-certificate-wrong"


def outcome(rule: Callable[[], str | None]) -> str | None:
    """What a rule returns, or the code with which it refuses."""
    try:
        return rule()
    except ShikakuError as error:
        return error.code


@pytest.mark.parametrize(
    ("admitted", "presented", "required", "expected"),
    [
        ((), None, False, None),
        ((), "A", False, "A"),
        (("A",), "A", False, "A"),
        (("A", "B"), "A", False, "A"),
        (("A", "B"), "B", False, "B"),
        (("A",), "B", False, WRONG),
        (("A",), None, False, MISSING),
        ((), None, True, MISSING),
        ((), "A", True, WRONG),
        (("A",), "A", True, "A"),
        (("A",), "B", True, WRONG),
        (("A",), None, True, MISSING),
    ],
)
def test_a_token_is_bound_to_the_certificate_of_its_sign_in(
    admitted: tuple[str, ...], presented: str | None, required: bool, expected: str | None
) -> None:
    assert outcome(lambda: certificate_to_bind(admitted, presented, required=required)) == expected


@pytest.mark.parametrize(
    ("bound", "presented", "required", "expected"),
    [
        (None, None, False, None),
        (None, "A", False, None),
        (None, None, True, MISSING),
        (None, "A", True, MISSING),
        ("A", "A", False, None),
        ("A", "A", True, None),
        ("A", "B", False, WRONG),
        ("A", "B", True, WRONG),
        ("A", None, False, MISSING),
        ("A", None, True, MISSING),
    ],
)
def test_a_bound_token_is_its_certificates_alone(
    bound: str | None, presented: str | None, required: bool, expected: str | None
) -> None:
    assert outcome(lambda: check_bound(bound, presented, required=required)) == expected


@pytest.mark.parametrize(
    ("admitted", "only", "expected"),
    [
        ([], False, ["N"]),
        (["A"], False, ["A", "N"]),
        (["A", "B"], False, ["B", "N"]),
        (["N", "A"], False, ["A", "N"]),
        (["A", "N"], False, ["A", "N"]),
        (["A", "B"], True, ["N"]),
        ([], True, ["N"]),
    ],
)
def test_the_certificate_before_stays_until_the_next_but_one(
    admitted: list[str], only: bool, expected: list[str]
) -> None:
    assert with_certificate(admitted, "N", only=only) == expected
