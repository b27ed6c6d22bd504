"""Japanese days and times on a page stay in one line: 令和8年11月30日 is never broken after 年."""

from __future__ import annotations

import re

_WHOLE = re.compile(
    r"(?:(?:(?:明治|大正|昭和|平成|令和)(?:元|[0-9]{1,2})|[0-9]{4})年)?[0-9]{1,2}月[0-9]{1,2}日|[0-9]{1,2}時[0-9]{2}分"
)
_WITHOUT_MARKUP = ("<title", "<option", "<textarea", "<script", "<style", "<text", "<tspan", "<desc")
"""Elements whose content is text alone: HTML's own, and those of pictures."""


def with_whole_days(html: str) -> str:
    """The page with each day and time in its texts in a span of the class `whole`; attributes stay as they are."""
    return _WHOLE.sub(_whole, html)


def _whole(found: re.Match[str]) -> str:
    html, at = found.string, found.start()
    tag = html.rfind("<", 0, at)
    is_in_tag = html.rfind(">", tag + 1, at) < 0 <= tag
    if is_in_tag or html.startswith(_WITHOUT_MARKUP, max(tag, 0)):
        return found[0]
    return f'<span class="whole">{found[0]}</span>'
