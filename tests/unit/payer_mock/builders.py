"""Builders of payer_mock's tests: credentials, rows of a member file, and member files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from joserfc.jwk import ECKey

from eligibility_api.contract.tokens import Credential

INSURER, OTHER_INSURER = "01130012", "06130017"
FUND = "http://127.0.0.1:8400"

CELLS = {
    "insurer_number": INSURER,
    "symbol": "架空",
    "number": "1",
    "branch": "00",
    "relationship": "1",
    "name": "架空　花子",
    "name_kana": "カクウ　ハナコ",
    "sex": "2",
    "birth_date": "1980-02-03",
    "postal_code": "000-0000",
    "address": "架空県模擬市見本町１番地",
    "acquired_on": "2020-04-01",
    "lost_on": "",
    "reason_of_loss": "",
}
LEFT = {"lost_on": "2026-03-01", "reason_of_loss": "03"}


@cache
def credential(insurer_number: str | None = INSURER) -> Credential:
    """An insurer's credential; its client id contains the insurer number."""
    return Credential(
        client_id=f"client-{insurer_number}",
        audience="urn:shikaku:test",
        private_key=dict(ECKey.generate_key("P-256").as_dict(private=True)),
        insurer_number=insurer_number,
    )


def line(**changes: str) -> str:
    """A row as a line of the file."""
    return ",".join((CELLS | changes).values()) + "\n"


def members_file(folder: Path, *lines: str, header: str = ",".join(CELLS) + "\n") -> Path:
    """A member file of these lines."""
    path = folder / "members.csv"
    path.write_text(header + "".join(lines), encoding="utf-8")
    return path
