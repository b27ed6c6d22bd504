"""The names of request and result files (OQS 2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REQUEST = re.compile(
    r"(?P<prefix>[A-Z]{3}[a-z]{5}(?:0[0-9])?req)(?P<rest>.*)\.(?P<extension>xml|zip)", re.IGNORECASE
)
_PREFIX = re.compile(r"[A-Z]{3}[a-z]{5}(?:0[0-9])?req")
_FREE_PART = re.compile(r"_[0-9A-Za-z_-]{1,100}", re.ASCII)
_LAST_REQ = re.compile(r"req\Z")


@dataclass(frozen=True, slots=True)
class RequestName:
    """The name of a request file, taken apart.

    `prefix` names the message. `rest`: between prefix and extension, as the client chose it.
    """

    file: str
    prefix: str
    rest: str
    is_zip: bool

    @property
    def is_valid(self) -> bool:
        """Whether the part that the client chose has only the permitted characters."""
        return _FREE_PART.fullmatch(self.rest) is not None

    @property
    def is_bulk(self) -> bool:
        """Whether the request is about many persons (`mu`), whose answer may take long."""
        return self.prefix[3:5] == "mu"

    @property
    def is_bulk_result(self) -> bool:
        """Whether the request asks for the result of an earlier bulk request (`02req`)."""
        return self.is_bulk and self.prefix.endswith("02req")

    @property
    def siblings(self) -> tuple[str, ...]:
        """The names that differ in the extension alone."""
        stem = f"{self.prefix}{self.rest}"
        return tuple(
            other
            for extension in ("xml", "zip", "XML", "ZIP")
            if (other := f"{stem}.{extension}") != self.file
        )

    def result(self, extension: str) -> str:
        """The name of the result: `req` becomes `res`, everything else but the extension stays."""
        return f"{_LAST_REQ.sub('res', self.prefix)}{self.rest}.{extension}"


def parse_request_name(file: str) -> RequestName | None:
    """The parts of a request's name; None if the file is no request, and is left where it is.

    None are results, temporary files, other extensions, prefixes in another case, and names that have control
    characters or are not text.
    """
    found = _REQUEST.fullmatch(file)
    if found is None or not file.isprintable() or not _PREFIX.fullmatch(found["prefix"]):
        return None
    return RequestName(file, found["prefix"], found["rest"], found["extension"].lower() == "zip")
