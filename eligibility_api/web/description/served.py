"""The OpenAPI document over HTTP: rendered and compressed once, with an entity tag for each form."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

from fastapi import Request, Response

from eligibility_api.web.headers import known_tags

DESCRIPTION_PATH = "/openapi.json"


class ServedDescription:
    """A document as bytes, plain and compressed."""

    def __init__(self, document: dict[str, Any]) -> None:
        plain = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        digest = hashlib.blake2b(plain, digest_size=12).hexdigest()
        self._forms = {
            False: (plain, f'"{digest}"'),
            True: (gzip.compress(plain, mtime=0), f'"{digest}-gzip"'),
        }

    def respond(self, request: Request) -> Response:
        """The document, compressed if the client accepts that; 304 if it has it already (RFC 9110 section 13.1.2)."""
        compressed = accepts_gzip(request.headers.get("Accept-Encoding", ""))
        content, tag = self._forms[compressed]
        headers = {"ETag": tag, "Vary": "Accept-Encoding", "Cache-Control": "no-cache"}
        if known_tags(request) & {tag, "*"}:
            return Response(status_code=304, headers=headers)
        if compressed:
            headers["Content-Encoding"] = "gzip"
        return Response(content, media_type="application/json", headers=headers)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client accepts gzip: named, and not with weight 0 (RFC 9110 section 12.5.3)."""
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False
