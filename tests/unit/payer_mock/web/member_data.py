"""A member of the fake fund: her items, and her history of two versions."""

from __future__ import annotations

from typing import Any

from tests.unit.payer_mock.builders import INSURER

MEMBER = "019ab000-0000-7000-8000-000000000009"
ITEMS: dict[str, Any] = {
    "certificate_kind": "01", "symbol": "架空", "number": "7701", "branch": "00", "relationship": "1",
    "name": "試験　<script>alert(1)</script>", "name_kana": "シケン", "sex": "1", "birth_date": "1980-05-17",
    "address": "架空県模擬市見本町１番地", "acquired_on": "2020-04-01",
}  # fmt: skip


def version(known_from: str, known_until: str | None = None, **items: Any) -> dict[str, Any]:
    own = ITEMS | items
    return {
        "acquired_on": own["acquired_on"], "lost_on": own.get("lost_on"), "known_from": known_from,
        "known_until": known_until, "kind": "single", "register_match": "one", "mismatch": "none", "items": own,
    }  # fmt: skip


HISTORY = {
    "enrolment_id": MEMBER,
    "insurer_number": INSURER,
    "versions": [
        version("2026-04-02T00:00:00Z", "2026-11-20T00:00:00Z"),
        version("2026-11-20T00:00:00Z", lost_on="2026-10-21", reason_of_loss="03"),
    ],
}
