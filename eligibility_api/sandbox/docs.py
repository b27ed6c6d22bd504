"""`/docs`: the interface in a browser, with requests that may be sent (Swagger UI), offline.

The files are those of a package (fastapi-offline). Its own page would load an inline script; this one has none.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Path, Response

from eligibility_api.contract.errors import ShikakuError

DOCS_PATH = "/docs"

_SWAGGER_UI, _OWN = ("fastapi_offline", "static"), ("eligibility_api.sandbox", "assets")
_FILES = {
    "swagger-ui-bundle.js": (_SWAGGER_UI, "text/javascript; charset=utf-8"),
    "swagger-ui.css": (_SWAGGER_UI, "text/css; charset=utf-8"),
    "docs.js": (_OWN, "text/javascript; charset=utf-8"),
}
_MAX_NAME_LENGTH = max(map(len, _FILES))

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing inline, nothing from elsewhere. The style sheet of Swagger UI has its symbols in itself (`data:`)."""

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
}

_PAGE = f"""<!doctype html>
<html lang="ja">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>試験環境の API / The sandbox's interface</title>
<link rel="stylesheet" href="{DOCS_PATH}/swagger-ui.css">
<p>試験環境です。Authorize に <code>clinic-terminal token</code> の出力を貼り付けると、この画面から送信できます。<br>
<span lang="en">A sandbox. Paste the output of <code>clinic-terminal token</code> at Authorize to send requests from here.</span></p>
<main id="docs" lang="en"></main>
<script src="{DOCS_PATH}/swagger-ui-bundle.js"></script>
<script src="{DOCS_PATH}/docs.js"></script>
</html>
"""

router = APIRouter(prefix=DOCS_PATH, include_in_schema=False)


@router.get("")
async def page() -> Response:
    """The page."""
    return Response(_PAGE, media_type="text/html; charset=utf-8", headers=_HEADERS)


@router.get("/{name}")
async def asset(name: Annotated[str, Path(max_length=_MAX_NAME_LENGTH)]) -> Response:
    """A file of the page. Raises `not-found` for any other name."""
    if name not in _FILES:
        raise ShikakuError("not-found")
    (package, folder), media_type = _FILES[name]
    content = files(package).joinpath(folder, name).read_bytes()
    return Response(content, media_type=media_type, headers=_HEADERS)
