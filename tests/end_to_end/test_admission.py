"""Admitting and closing facilities and clients with the fund's commands, on a running stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import Credential
from tests.builders.stack import PopulatedStack
from tests.builders.terminal import Terminal

DENTIST = "1332345675"


def test_a_facility_is_admitted_and_closed_and_a_client_is_closed_once(
    stack: PopulatedStack, tmp_path: Path
) -> None:
    run, out = stack.run, tmp_path / "terminal.json"
    add = (
        "facility",
        "add",
        "--institution-code",
        DENTIST,
        "--name",
        "試験歯科",
        "--kind",
        "dental",
        "--out",
        out,
    )
    run("eligibility-api", *add)
    with Terminal(stack.wiring["TERMINAL_FUND_URL"], out, stack.card("valid")) as terminal:
        assert terminal.tap().validity.value == "1"
        run("eligibility-api", "facility", "close", DENTIST)
        with pytest.raises(ShikakuError, match="client-closed"):
            terminal.tap()

    run("eligibility-api", "client", "close", Credential.load(out).client_id)
    again = run("eligibility-api", "client", "close", Credential.load(out).client_id, check=False)
    reopened = run("eligibility-api", *add, check=False)
    assert (again.returncode, reopened.returncode) == (1, 1)
    assert "facility-closed" in reopened.stderr
    assert out.stat().st_mode & 0o077 == 0
