"""How hard tests try: `make test` is for every change, `make deep` (SHIKAKU_DEEP=1) for the night."""

from __future__ import annotations

import os

DEEP = os.environ.get("SHIKAKU_DEEP") == "1"
