"""Who needs a 資格確認書, by the fund's list: members without a valid bound certificate."""

from __future__ import annotations

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.numbers import folded

Membership = tuple[str, str, str, str]
"""Symbol, number, branch and birth date, folded: how a member of the list is found in the insurer's own file."""


def membership(symbol: str | None, number: str, branch: str | None, birth_date: str) -> Membership:
    """A member's key; absent parts are empty."""
    return folded(symbol or ""), folded(number), branch or "", birth_date


def all_needs(client: InsurerClient) -> frozenset[Membership]:
    """Every page of the list. Raises ShikakuError."""
    needs: set[Membership] = set()
    after = None
    while True:
        page = client.paper_certificates(after)
        needs.update(
            membership(need.symbol, need.number, need.branch, need.birth_date.isoformat())
            for need in page.members
        )
        after = page.next
        if after is None:
            return frozenset(needs)
