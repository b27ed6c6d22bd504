"""Requests about several certificates, and their responses (RFC 6960 sections 4.1 and 4.2).

`cryptography` reads and builds OCSP about one certificate only, without extensions of a single response. Here a
request is split into requests about one certificate each, and their responses are joined into one, which gets
the archive cutoff (RFC 6960 section 4.4.4) and is signed anew.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from jpki_mock.tlv import generalized_time, split, tlv

MAX_CERTIFICATES = 64
"""Maximum number of certificates in one request: each costs a signature."""

_SEQUENCE, _BIT_STRING, _OCTET_STRING, _EXPLICIT_0, _EXPLICIT_1 = 0x30, 0x03, 0x04, 0xA0, 0xA1
_ARCHIVE_CUTOFF = bytes.fromhex("06092B0601050507300106")
"""The object identifier id-pkix-ocsp-archive-cutoff, encoded."""


def split_request(request: bytes) -> list[bytes]:
    """Return one request (DER) for each certificate of `request`, with its extensions.

    Raises ValueError for an unreadable request, or one about none or too many. Signatures are ignored.
    """
    [(_, content)] = split(request)
    (_, to_be_signed), *_ = split(content)
    parts = split(to_be_signed)
    [place] = [place for place, (tag, _) in enumerate(parts) if tag == _SEQUENCE]
    certificates = split(parts[place][1])
    if not 1 <= len(certificates) <= MAX_CERTIFICATES:
        raise ValueError("a request about no certificate, or about too many")
    single = (_replaced(parts, place, tlv(*certificate)) for certificate in certificates)
    return [tlv(_SEQUENCE, tlv(_SEQUENCE, one)) for one in single]


def join_responses(
    responses: Sequence[bytes], archive_cutoff: datetime, sign: Callable[[bytes], bytes]
) -> bytes:
    """Return one successful response (DER) with the content of `responses`, successful ones of one responder.

    Version, responder, time, extensions and certificates are the first one's. Each certificate's status gets the
    instant since whose expiry revocations are kept. `sign` returns the signature of the bytes that it gets, by
    the responder's key.
    """
    status, head = split(split(responses[0])[0][1])
    kind, _ = split(split(head[1])[0][1])
    _, algorithm, _, certificates = _basic(responses[0])
    data = [split(_basic(response)[0][1]) for response in responses]
    [place] = [place for place, (tag, _) in enumerate(data[0]) if tag == _SEQUENCE]
    extension = tlv(_SEQUENCE, _ARCHIVE_CUTOFF + tlv(_OCTET_STRING, generalized_time(archive_cutoff)))
    extensions = tlv(_EXPLICIT_1, tlv(_SEQUENCE, extension))
    statuses = [tlv(_SEQUENCE, one + extensions) for parts in data for _, one in split(parts[place][1])]
    everything = _replaced(data[0], place, b"".join(statuses))
    to_be_signed = tlv(_SEQUENCE, everything)
    signature = tlv(_BIT_STRING, b"\0" + sign(to_be_signed))
    basic = tlv(_SEQUENCE, to_be_signed + tlv(*algorithm) + signature + tlv(*certificates))
    content = tlv(_SEQUENCE, tlv(*kind) + tlv(_OCTET_STRING, basic))
    return tlv(_SEQUENCE, tlv(*status) + tlv(_EXPLICIT_0, content))


def _basic(response: bytes) -> list[tuple[int, bytes]]:
    """The parts of a BasicOCSPResponse: data, algorithm, signature, certificates."""
    _, (_, content) = split(split(response)[0][1])
    _, (_, octets) = split(split(content)[0][1])
    return split(split(octets)[0][1])


def _replaced(parts: Sequence[tuple[int, bytes]], place: int, value: bytes) -> bytes:
    """Encode `parts`, with another value at one place."""
    return b"".join(tlv(tag, value if index == place else own) for index, (tag, own) in enumerate(parts))
