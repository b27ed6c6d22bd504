"""End to end: a card in a PC/SC reader, the real terminal, the real fund."""

from __future__ import annotations

import pytest

from jpki_mock.card.image import load_image
from tests.builders.stack import PopulatedStack
from tests.pcsc.sandbox import PcscSandbox

PER_ANSWER_FIELDS = ("record_id", "answered_at")


@pytest.mark.parametrize("role", ["valid", "moved", "ended", "never"])
def test_in_a_reader_and_in_process_the_same_card_gets_the_same_answer(
    stack: PopulatedStack, sandbox: PcscSandbox, role: str
) -> None:
    card = stack.card(role)
    in_process = stack.tap("--card", card)
    sandbox.insert(0, card)

    in_reader = stack.tap("--reader", sandbox.reader_names[0], **sandbox.socket_variables)
    sandbox.remove(0)

    assert _comparable(in_reader) == _comparable(in_process)
    assert in_reader["timings_ms"]["apdus"] == in_process["timings_ms"]["apdus"]


def _comparable(report: dict[str, object]) -> dict[str, object]:
    """A report without the fields that differ between answers."""
    answer = report["answer"]
    assert isinstance(answer, dict)
    kept = {key: value for key, value in answer.items() if key not in PER_ANSWER_FIELDS}
    for result in kept.get("results", []):
        result["limit_certificate_consent_at"] = None  # by card, the instant of the answer
    return {**report, "answer": kept, "timings_ms": None}


def test_timings_add_up_to_the_total(stack: PopulatedStack, sandbox: PcscSandbox) -> None:
    sandbox.insert(0, stack.card("valid"))
    timings = stack.tap(**sandbox.socket_variables)["timings_ms"]
    sandbox.remove(0)
    parts = sum(timings[part] for part in ("waiting", "card", "network", "software"))
    assert parts == pytest.approx(timings["total"], abs=1)


def test_a_wrong_pin_in_a_reader_costs_one_try_of_the_same_card(
    stack: PopulatedStack, sandbox: PcscSandbox
) -> None:
    card = stack.card("valid")
    sandbox.insert(0, card)
    wrong = stack.tap(pin="0000", **sandbox.socket_variables)
    sandbox.remove(0)
    left = load_image(card).pins.authentication.tries_left
    right = stack.tap("--card", card)

    assert (wrong["exit_code"], wrong["tries_left"], left, right["exit_code"]) == (20, 2, 2, 0)
