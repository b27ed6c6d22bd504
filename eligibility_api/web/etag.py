"""Conditional requests: an unchanged answer is 304 Not Modified (RFC 9110, sections 8.8.3 and 13.1.2)."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response
from pydantic import BaseModel


def respond_with_etag(request: Request, answer: BaseModel) -> Response:
    """Return `answer` with its entity tag, or 304 if `If-None-Match` equals the tag."""
    content = answer.model_dump_json().encode()
    tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    known = {name.strip().removeprefix("W/") for name in request.headers.get("If-None-Match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(content, media_type="application/json", headers={"ETag": tag})
