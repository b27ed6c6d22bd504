"""The insurer of a claim file, from its first claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from payer_mock.actions.claims import insurer_of_claims

IR, RE = "IR,1,13,1,0100019,,架空,202611,00,", "RE,1,1112,202610,架空,2,19800517,"
HO, KO, OTHER_HO = "HO,  138057,架空,1,1,100,", "KO,54136015,0000018,,1,100,", "HO,01130012,架空,2,1,100,"


@pytest.mark.parametrize(
    ("lines", "insurer_number"),
    [
        ((IR, RE, HO), "138057"),
        ((IR, RE, KO, HO), "138057"),
        ((IR, RE, HO, KO), "138057"),
        ((IR, RE, KO), "54136015"),
        ((IR, RE, KO, RE, OTHER_HO), "54136015"),
        ((IR, RE, RE, OTHER_HO), None),
        ((IR,), None),
        (("HO",), None),
        ((), None),
    ],
)
def test_the_insurer_is_that_of_the_first_claim(
    tmp_path: Path, lines: tuple[str, ...], insurer_number: str | None
) -> None:
    path = tmp_path / "RECEIPTC.UKE"
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("cp932"))
    assert insurer_of_claims(path) == insurer_number
