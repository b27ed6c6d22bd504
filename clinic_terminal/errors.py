"""The terminal's own errors: codes that the fund never sends, from this package's `catalogue.toml`."""

from __future__ import annotations

from eligibility_api.contract.errors import CATALOGUE as FUND_CATALOGUE
from eligibility_api.contract.errors import ShikakuError, read_catalogue

CATALOGUE = read_catalogue(__package__)
"""The terminal's own entries by code."""

SHOWN_CATALOGUE = FUND_CATALOGUE | CATALOGUE
"""Every entry that a terminal can show: the fund's and its own."""


class TerminalError(ShikakuError):
    """An error found by the terminal, under a code of its own or of the fund."""

    catalogue = SHOWN_CATALOGUE
