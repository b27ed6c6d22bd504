"""Which records exist, and what the reader does with each (`records.toml`)."""

from __future__ import annotations

import tomllib
from importlib.resources import files

RECORD_TABLE: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    files(__package__).joinpath("records.toml").read_text(encoding="utf-8")
)
"""Names of records: branch or stage, what the reader does with them (`used`, `passed`, `unread`), letters, name."""

_OF_STAGES = frozenset(RECORD_TABLE["stages"]["passed"])
PASSED_MEDICAL = _OF_STAGES | RECORD_TABLE["medical"]["passed"].keys()
PASSED_PHARMACY = _OF_STAGES | RECORD_TABLE["pharmacy"]["passed"].keys()
PASSED = PASSED_MEDICAL | PASSED_PHARMACY
"""Records that are passed over outside a claim too."""

DONOR = frozenset({"TI", "TR", "TS"})
"""Records of an organ's donor: treatment after one of them is the donor's, not the patient's."""

DPC = "BU"
"""The record that makes a claim a DPC claim (診断群分類)."""

DPC_RECORDS = frozenset(RECORD_TABLE["dpc"]["unread"])

HEADERS = ("IR", "YK", "HM", "HI")
"""Records that begin a section: of a clinic or hospital, a pharmacy, a nursing station, and of returned claims."""

TRAILERS = ("GO", "HG")

KNOWN = frozenset(
    letters for branch in RECORD_TABLE.values() for records in branch.values() for letters in records
)
"""Every published record."""
