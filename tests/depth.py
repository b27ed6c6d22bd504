"""The size of generated tests: `make unit` and `make test` for every change, `make deep` (SHIKAKU_DEEP=1) for the nightly run."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

DEEP = os.environ.get("SHIKAKU_DEEP") == "1"


def at_night(meanwhile: str) -> pytest.MarkDecorator:
    """Leave a test to `make deep`. `meanwhile`: what holds by day what it holds."""
    return pytest.mark.skipif(not DEEP, reason=f"{meanwhile}; `make deep`")


def max_examples(count: int) -> settings:
    """For a test whose examples are dear: so many, or as many as the profile has if these are fewer."""
    return settings(max_examples=min(count, settings().max_examples))
