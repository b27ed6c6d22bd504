"""The static files of all screens, each at an address with its digest, so that a browser may keep it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

_FOLDER = Path(__file__).parent.parent / "assets"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def read_style(*names: str) -> str:
    """The style sheets of these names, one after the other, for a page that stands by itself."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


class Assets:
    """The static files, read once."""

    def __init__(self, prefix: str) -> None:
        """`prefix`: the path below which they are served."""
        self._prefix = prefix.rstrip("/")
        self._files = {
            file.name: file.read_bytes() for file in sorted(_FOLDER.iterdir()) if file.suffix in _MEDIA_TYPES
        }
        self._digests = {name: hashlib.sha256(data).hexdigest()[:16] for name, data in self._files.items()}

    def url(self, name: str) -> str:
        """The address of a file. Raises KeyError where there is none."""
        return f"{self._prefix}/{self._digests[name]}/{name}"

    def respond(self, request: Request) -> Response:
        """The file that a request's `digest` and `name` address, or 404."""
        name = request.path_params["name"]
        if self._digests.get(name) != request.path_params["digest"]:
            return Response(status_code=404)
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        return Response(self._files[name], headers=headers, media_type=_MEDIA_TYPES[Path(name).suffix])
