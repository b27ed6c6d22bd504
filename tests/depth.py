"""The size of generated tests: `make test` for every change, `make deep` (SHIKAKU_DEEP=1) for the nightly run."""

from __future__ import annotations

import os

DEEP = os.environ.get("SHIKAKU_DEEP") == "1"
