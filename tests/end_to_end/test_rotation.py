"""Two workers under taps while the fund's keys, a terminal's key and the trust store are replaced: no tap is refused."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError
from tests.builders.stack import PopulatedStack
from tests.builders.tapping import Tapping
from tests.builders.terminal import Terminal
from tests.depth import DEEP

pytestmark = pytest.mark.skipif(
    not DEEP, reason="waits for a key's lead; the parts are in tests/integration/test_rotation.py"
)

IN_A_ROW = 20
"""So many answers are of both workers."""


def terminal(stack: PopulatedStack, credential: Path | None = None) -> Terminal:
    file = credential or Path(stack.wiring["TERMINAL_CREDENTIAL"])
    return Terminal(stack.wiring["TERMINAL_FUND_URL"], file, stack.card("valid"))


def tapping(stack: PopulatedStack) -> Tapping:
    """Taps, each with a new connection and a new token."""

    def tap(_: int) -> EligibilityAnswer | UnchangedAnswer:
        with terminal(stack) as one:
            return one.tap()

    return Tapping(tap)


def in_a_row(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds so many times in a row."""
    deadline, row = time.monotonic() + 120, 0
    while row < IN_A_ROW:
        row = row + 1 if condition() else 0
        assert time.monotonic() < deadline


def token_key(stack: PopulatedStack) -> str:
    """The name of the key of a new token."""
    with terminal(stack) as one:
        head = one.client.sign_in().split(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=="))["kid"])


def challenge_key(stack: PopulatedStack) -> bytes:
    """The id of the key of a new challenge."""
    with terminal(stack) as one:
        text = one.prove().challenge
    return base64.urlsafe_b64decode(text + "==")[1:5]


def test_the_funds_keys_are_rotated_under_taps(stack: PopulatedStack) -> None:
    taps = tapping(stack)
    with taps.going_on():
        former = token_key(stack), challenge_key(stack)
        for name in ("token", "challenge"):
            stack.run("eligibility-api", "keys", f"rotate-{name}", "--lead", "5")
        in_a_row(lambda: token_key(stack) != former[0])
        in_a_row(lambda: challenge_key(stack) != former[1])
        taps.stage(IN_A_ROW)


def test_a_terminals_key_is_rotated_under_taps(stack: PopulatedStack, tmp_path: Path) -> None:
    taps, renewed = tapping(stack), tmp_path / "renewed.json"
    client = json.loads(Path(stack.wiring["TERMINAL_CREDENTIAL"]).read_text(encoding="utf-8"))["client_id"]
    with taps.going_on():
        stack.run("eligibility-api", "client", "rotate", client, "--out", renewed)
        for _ in range(IN_A_ROW):
            with terminal(stack, renewed) as one:
                assert isinstance(one.tap(), EligibilityAnswer)
        taps.stage(IN_A_ROW)


@pytest.fixture
def trust_store(stack: PopulatedStack) -> Iterator[Path]:
    """The file of trusted authorities, as it was afterwards."""
    file = Path(stack.wiring["FUND_TRUST_STORE"])
    content = file.read_bytes()
    yield file
    replace(file, content)
    in_a_row(lambda: refusal(stack) is None)


def replace(file: Path, content: bytes) -> None:
    new = file.with_name("new.pem")
    new.write_bytes(content)
    new.replace(file)


def refusal(stack: PopulatedStack) -> str | None:
    """The code with which a tap is refused."""
    try:
        with terminal(stack) as one:
            one.tap()
    except ShikakuError as error:
        return error.code
    return None


def test_authorities_are_replaced_in_a_running_fund(stack: PopulatedStack, trust_store: Path) -> None:
    present = trust_store.read_bytes()
    other = Path(stack.wiring["FUND_SIGNATURE_TRUST_STORE"]).read_bytes()  # an authority of no card here
    taps = tapping(stack)
    with taps.going_on():
        replace(trust_store, other + present)
        taps.stage(IN_A_ROW)
        replace(trust_store, b"damaged")
        taps.stage(IN_A_ROW)
    replace(trust_store, other)
    in_a_row(lambda: refusal(stack) in {"certificate-other-authority", "certificate-wrong-kind"})
    replace(trust_store, other + present)
    in_a_row(lambda: refusal(stack) is None)
