"""Requests of the log, as a person reads and repeats them: laid out, as a curl command, and compared."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from difflib import unified_diff
from typing import Any

TOKEN_VARIABLE = "TOKEN"
_CONTEXT_LINES = 3


def laid_out(body: str | None) -> str:
    """A JSON body on lines; any other body as it is; nothing for none."""
    try:
        return json.dumps(json.loads(body or ""), ensure_ascii=False, indent=2)
    except ValueError:
        return body or ""


def as_curl(fund_url: str, request: Mapping[str, Any]) -> str:
    """A command of a POSIX shell that sends a request again, with the access token in the variable `TOKEN`."""
    query = f"?{request['query']}" if request["query"] else ""
    words = ["curl", "-sS", "-X", request["method"], f"{fund_url}{request['path']}{query}"]
    for name, value in json.loads(request["headers"]).items():
        words += ["-H", f"{name}: {value}"]
    lines = [shlex.join(words)]
    if request["client_id"] is not None:
        lines.append(f'-H "Authorization: Bearer ${TOKEN_VARIABLE}"')
    if request["body"]:
        lines.append(f"--data-raw {shlex.quote(request['body'])}")
    return " \\\n  ".join(lines)


def difference(former: Mapping[str, Any], latter: Mapping[str, Any]) -> list[str]:
    """The lines in which two exchanges differ, with some around them: `-` former, `+` latter; empty if none do."""
    lines = list(unified_diff(_lines(former), _lines(latter), lineterm="", n=_CONTEXT_LINES))
    return lines[2:]  # without the names of files


def _lines(exchange: Mapping[str, Any]) -> list[str]:
    parts = [
        laid_out(exchange["body"]),
        f"{exchange['status']} {exchange['code']}".strip(),
        laid_out(exchange["answer"]),
    ]
    return "\n".join(parts).splitlines()
