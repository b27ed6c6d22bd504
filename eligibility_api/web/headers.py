"""Request headers of the raw ASGI scope, and answers with an entity tag (RFC 9110 sections 8.8.3, 13.1.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.types import Scope

_BEARER = b"Bearer "

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "変更なし / Unchanged since the answer with the tag in `If-None-Match`."}
}
"""What an endpoint documents that answers with `respond_with_etag`."""


def headers_of(scope: Scope) -> Mapping[bytes, bytes]:
    """A request's headers. Of a repeated header the first counts, as in the framework."""
    return dict(reversed(scope["headers"]))


def bearer_token(headers: Mapping[bytes, bytes]) -> str | None:
    """The bearer token of a request; None if the header is absent or has another form."""
    authorization = headers.get(b"authorization", b"")
    return authorization[len(_BEARER) :].decode("latin-1") if authorization.startswith(_BEARER) else None


def respond_with_etag(request: Request, answer: BaseModel) -> Response:
    """Respond with `answer` and its entity tag, or with 304 if `If-None-Match` names that tag."""
    content = answer.model_dump_json().encode()
    tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    if known_tags(request) & {tag, "*"}:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(content, media_type="application/json", headers={"ETag": tag})


def known_tags(request: Request) -> set[str]:
    """The entity tags that a client names in `If-None-Match`, compared weakly; `*` stands for any."""
    return {name.strip().removeprefix("W/") for name in request.headers.get("If-None-Match", "").split(",")}
