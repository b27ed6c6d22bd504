"""Confirms the members whom the resident register proposes, as a clerk does who has compared the spellings."""

from __future__ import annotations

from uuid import UUID

from eligibility_api.contract.enrolment import RegisterMatch
from eligibility_api.contract.insurer_client import InsurerClient


def confirm_proposals(client: InsurerClient) -> int:
    """Confirm every member of the queue who is spelled otherwise in the register; returns how many were linked.

    Raises ShikakuError.
    """
    linked, after, more = 0, None, True
    while more:
        page = client.mismatches(after)
        for item in page.mismatches:
            if item.register_match is RegisterMatch.VARIANT:
                linked += client.confirm_mismatch(UUID(item.enrolment_id)).linked is True
        after, more = page.next, page.next is not None
    return linked
