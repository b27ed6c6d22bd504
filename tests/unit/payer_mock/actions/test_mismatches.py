"""Members whom the register proposes are confirmed; other mismatches wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.insurer_ops import ConfirmAnswer, Mismatches, MismatchItem
from payer_mock.actions.mismatches import confirm_proposals

AT = datetime(2026, 11, 23, tzinfo=UTC)


def item(number: int, register_match: str) -> MismatchItem:
    values: dict[str, Any] = {
        "enrolment_id": str(UUID(int=number)),
        "symbol": None,
        "number": str(number),
        "branch": None,
        "birth_date": "1980-05-17",
        "register_match": register_match,
        "since": AT,
        "acquired_on": "2024-04-01",
        "lost_on": None,
    }
    return MismatchItem.model_validate(values)


@dataclass
class Fund:
    """Pages of the queue, and the answers to confirmations."""

    pages: dict[str | None, Mismatches]
    linked: bool | None = True
    confirmed: list[int] = field(default_factory=list)

    def mismatches(self, after: str | None) -> Mismatches:
        return self.pages[after]

    def confirm_mismatch(self, enrolment_id: UUID) -> ConfirmAnswer:
        self.confirmed.append(enrolment_id.int)
        values = {"match": "variant", "mismatch": "confirmed", "linked": self.linked, "known_from": AT}
        more = {"enrolment_id": str(enrolment_id), "acquired_on": "2024-04-01", "lost_on": None}
        return ConfirmAnswer.model_validate(values | more)


PAGES = {
    None: Mismatches(mismatches=[item(1, "variant"), item(2, "none")], next="c2"),
    "c2": Mismatches(mismatches=[item(3, "contested"), item(4, "variant"), item(5, "other")], next=None),
}


def test_proposals_of_every_page_are_confirmed_and_nothing_else() -> None:
    fund = Fund(PAGES)
    assert confirm_proposals(cast(InsurerClient, fund)) == 2
    assert fund.confirmed == [1, 4]


@pytest.mark.parametrize("linked", [False, None])
def test_only_linked_members_are_counted(linked: bool | None) -> None:
    assert confirm_proposals(cast(InsurerClient, Fund(PAGES, linked))) == 0


def test_an_empty_queue_needs_one_call() -> None:
    fund = Fund({None: Mismatches(mismatches=[], next=None)})
    assert confirm_proposals(cast(InsurerClient, fund)) == 0
