"""Reads back what a PDF of reportlab shows: pages, their texts, and the fonts that it embeds."""

from __future__ import annotations

import re
import zlib
from base64 import a85decode
from collections.abc import Iterator

from screens.papers.font import available

IDEOGRAPHS = [chr(point) for point in sorted(available()) if 0x4E00 <= point < 0x9000]
"""Characters that a paper can show, thousands of them."""

_OBJECT = re.compile(rb"^(\d+) 0 obj\s(.*?)\sendobj", re.MULTILINE | re.DOTALL)
_SHOWN = re.compile(rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


class ReadPdf:
    """A PDF document, read."""

    def __init__(self, content: bytes) -> None:
        self._objects: dict[int, bytes] = {int(number): body for number, body in _OBJECT.findall(content)}
        self._characters = {name: self._to_unicode(font) for name, font in self._fonts()}

    def fonts(self) -> list[bytes]:
        """The font programs that are embedded; one for each font of the document, or it fails."""
        return [self._stream(_reference(self._descriptor(font), b"FontFile2")) for _, font in self._fonts()]

    def pages(self) -> list[list[str]]:
        """The texts of each page, in the order in which they are drawn."""
        contents = [
            self._stream(_reference(body, b"Contents"))
            for body in self._objects.values()
            if re.search(rb"/Type /Page\b", body)
        ]
        return [list(self._texts(content)) for content in contents]

    def text(self) -> str:
        """All texts, without the breaks of lines and pages."""
        return "".join(text for page in self.pages() for text in page)

    def _fonts(self) -> Iterator[tuple[str, bytes]]:
        for body in self._objects.values():
            for name, number in re.findall(rb"/(F\d+(?:\+\d+)?) (\d+) 0 R", body):
                yield name.decode(), self._objects[int(number)]

    def _descriptor(self, font: bytes) -> bytes:
        return self._objects[_reference(font, b"FontDescriptor")]

    def _to_unicode(self, font: bytes) -> dict[int, str]:
        pairs = re.findall(
            rb"^<([0-9A-F]+)> <([0-9A-F]+)>$",
            self._stream(_reference(font, b"ToUnicode")),
            re.MULTILINE,
        )
        return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs[1:]}

    def _texts(self, content: bytes) -> Iterator[str]:
        font = ""
        for name, shown in _SHOWN.findall(content):
            font = name.decode() or font
            if not name:
                codes = _ESCAPED.sub(_unescaped, shown)
                yield "".join(self._characters[font][code] for code in codes)

    def _stream(self, number: int) -> bytes:
        body = self._objects[number]
        length = re.search(rb"/Length (\d+)", body)
        assert length is not None
        start = re.search(rb"stream\r?\n", body)
        assert start is not None
        content = body[start.end() :][: int(length.group(1))]
        if b"/ASCII85Decode" in body:
            content = a85decode(content.strip().removesuffix(b"~>"))
        return zlib.decompress(content) if b"/FlateDecode" in body else content


def _reference(body: bytes, key: bytes) -> int:
    match = re.search(rb"/" + key + rb" (\d+) 0 R", body)
    assert match is not None
    return int(match.group(1))


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match.group(1)
    return (
        bytes([int(code, 8)]) if len(code) == 3 else {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(code, code)
    )
