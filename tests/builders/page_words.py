"""What a page tells its reader."""

from __future__ import annotations

import re
from html import unescape

import httpx2


def words_of(response: httpx2.Response) -> str:
    """The text of a page without its markup; elements are divided by a space."""
    body = re.sub(r"<(head|script|svg|option)\b.*?</\1>", " ", response.text, flags=re.DOTALL)
    body = re.sub(r'<span class="whole">([^<]*)</span>', r"\1", body)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))
