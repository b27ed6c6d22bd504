"""A caller acts with its own rights, and as the facility or the insurer that it is."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.staff import check_admitted
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError

TERMINAL = Caller(UUID(int=1), "1311111114", None, frozenset({Right.ELIGIBILITY}))
INSURER = Caller(UUID(int=2), None, "01130012", frozenset({Right.ENROLMENT}))
rights = st.frozensets(st.sampled_from(Right))


@given(own=rights, needed=rights)
def test_a_caller_passes_exactly_if_it_has_every_right(
    own: frozenset[Right], needed: Collection[Right]
) -> None:
    caller = Caller(UUID(int=1), "1311111114", None, own)
    missing = [right for right in needed if right not in own]
    if not missing:
        caller.require(*needed)
        return
    with pytest.raises(ShikakuError, match="right-missing"):
        caller.require(*needed)


def test_a_terminal_acts_for_its_facility_and_for_no_insurer() -> None:
    assert TERMINAL.institution() == "1311111114"
    with pytest.raises(ShikakuError, match="right-missing"):
        TERMINAL.insurer()


def test_an_insurers_program_acts_for_its_insurer_and_for_no_facility() -> None:
    assert INSURER.insurer() == "01130012"
    with pytest.raises(ShikakuError, match="right-missing"):
        INSURER.institution()


@pytest.mark.parametrize(
    ("admitted", "entitled", "code"),
    [
        (True, True, None),
        (True, False, "right-missing"),
        (False, False, "client-closed"),
        (False, True, "client-closed"),
    ],
)
def test_a_statement_of_staff_refuses_a_closed_client_before_a_missing_right(
    admitted: bool, entitled: bool, code: str | None
) -> None:
    row = {"admitted": admitted, "entitled": entitled}
    if code is None:
        check_admitted(row)
        return
    with pytest.raises(ShikakuError, match=code):
        check_admitted(row)
