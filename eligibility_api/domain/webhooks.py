"""Rules of webhooks (E1 to E8): what is an event and whose, where it may be sent, and when it is sent again."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from eligibility_api.contract.webhooks import MAX_URL_LENGTH, EventType

IPAddress = IPv4Address | IPv6Address

LOOPBACK = "loopback"
"""The entry of the list of targets that stands for this machine."""

ANSWER_SECONDS = 10.0
"""Time from the look-up of the target's name to the last header of its answer (rule E5)."""

RETRY_DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""From each attempt that failed to the next one of the same event (rule E6)."""

DISABLED_AFTER = timedelta(days=3)
"""A target that has accepted nothing for so long, since its first failure, gets nothing more (rule E7)."""

OVERLAP = timedelta(days=1)
"""How long messages are signed with the former secret too (rule E8)."""

_MAX_HOST = 253
_GONE = 410
_MIN_LOOPBACK_PORT = 1_024
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,13}")
_URL = re.compile(rf"[!-~]{{1,{MAX_URL_LENGTH}}}")
# Addresses that contain an IPv4 address, which a router may extract: NAT64, 6to4, Teredo.
_TRANSLATED = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))

EVENT_BY_RECORD = {
    ("enrolment.file-checked", "checked"): EventType.FILE_CHECKED,
    ("enrolment.file-checked", "held"): EventType.FILE_HELD,
    ("enrolment.file-checked", "refused"): EventType.FILE_REFUSED,
    ("enrolment.file-approve", "done"): EventType.FILE_APPROVED,
    ("enrolment.file-reject", "done"): EventType.FILE_REJECTED,
    ("enrolment.file", "done"): EventType.FILE_PUBLISHED,
    ("enrolment.file-undo-held", "done"): EventType.FILE_HELD,
    ("enrolment.file-undone", "done"): EventType.FILE_UNDONE,
    ("enrolment.confirm", "done"): EventType.MISMATCH_DECIDED,
    ("enrolment.unlink", "done"): EventType.MISMATCH_DECIDED,
    ("enrolment.matched-again", "done"): EventType.MEMBER_LINKED,
    ("enrolment.withdraw", "done"): EventType.MEMBER_WITHDRAWN,
    ("binding.first-registration", "bound"): EventType.MEMBER_REGISTERED,
    ("eligibility.consent-pin", "answered"): EventType.CONSENT_GIVEN,
    ("eligibility.consent-visual-check", "answered"): EventType.CONSENT_GIVEN,
    ("own-access.consent", "registered"): EventType.CONSENT_GIVEN,
    ("consent.end", "ended"): EventType.CONSENT_ENDED,
    ("emergency.permit", "permitted"): EventType.PERMIT_GIVEN,
    ("disaster.permit", "permitted"): EventType.PERMIT_GIVEN,
}
"""The event that a record of this kind and outcome is (rule E1); the function `webhook_records` names the same kinds."""


def event_of(kind: str, outcome: str, *, by_patient: bool) -> EventType | None:
    """The event that a record is, or None (rule E1). `by_patient`: the person did it on her own page."""
    event = EVENT_BY_RECORD.get((kind, outcome))
    return EventType.CONSENT_WITHDRAWN if event is EventType.CONSENT_ENDED and by_patient else event


class TargetFault(ValueError):
    """A URL cannot be a target, or an entry is no origin; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages are sent: the parts of a URL, host in lower case, and what follows the port."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, as the list of targets has it."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host and port, the port only if it is not the scheme's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine by its name or address."""
        address = _address(self.host)
        return self.host == "localhost" or (address is not None and address.is_loopback)


def parse_target(url: str) -> Target:
    """The target of a URL (rule E3). Raises TargetFault."""
    if not _URL.fullmatch(url) or "\\" in url:
        raise TargetFault("not a URL of printable ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise TargetFault("not a URL") from None
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or parts.username is not None or "#" in url:
        raise TargetFault("http or https, without a user and a fragment")
    if port == 0 or len(host) > _MAX_HOST or not (_HOST.fullmatch(host) or _address(host)) or "%" in host:
        raise TargetFault("no host name or address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, host, port or _PORTS[parts.scheme], path)
    if target.is_loopback:
        if target.port < _MIN_LOOPBACK_PORT:
            raise TargetFault("a port of this machine below 1024")
    elif target.scheme != "https":
        raise TargetFault("https, except to this machine")
    return target


def parse_entry(text: str) -> str:
    """An entry of the list of targets: `loopback`, or an origin in its usual form (rule E3). Raises TargetFault."""
    if text == LOOPBACK:
        return text
    target = parse_target(text)
    if target.path != "/" or target.is_loopback:
        raise TargetFault("an origin such as https://hooks.example, or the word loopback")
    return target.origin


def entry_for(target: Target, entries: Collection[str]) -> str | None:
    """The entry that allows a target, or None (rule E3)."""
    entry = LOOPBACK if target.is_loopback else target.origin
    return entry if entry in entries else None


def may_connect(address: IPAddress, *, loopback: bool, private: bool) -> bool:
    """Whether a message may go to an address that a target's name has (rule E4).

    `loopback`: the target is this machine. `private`: its entry allows addresses of the operator's own network.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return may_connect(address.ipv4_mapped, loopback=loopback, private=private)
        if any(address in network for network in _TRANSLATED) or address.scope_id is not None:
            return False
    if loopback or address.is_loopback:
        return loopback and address.is_loopback
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    return address.is_global or (private and address.is_private)


def _address(host: str) -> IPAddress | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


class Step(StrEnum):
    """What follows an attempt (rules E5 to E7)."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    """The same event is sent again at `next_at`; later ones wait."""
    FAILED = "failed"
    """The event is listed as failed, and the next one is sent."""
    DISABLED = "disabled"
    """The webhook is disabled: this event, and whatever waits, is listed as failed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows an attempt, when the next one is made, and since when the target has been failing."""

    step: Step
    next_at: datetime | None = None
    failing_since: datetime | None = None
    because: str | None = None


def judge(*, status: int | None, attempts: int, now: datetime, failing_since: datetime | None) -> Verdict:
    """What follows an attempt. `status`: of the answer, None without one; `attempts`: of this event, with this one."""
    if status is not None and 200 <= status < 300:
        return Verdict(Step.ACCEPTED, next_at=now)
    since = failing_since or now
    if status == _GONE:
        return Verdict(Step.DISABLED, failing_since=since, because="gone")
    if now - since >= DISABLED_AFTER:
        return Verdict(Step.DISABLED, failing_since=since, because="failing")
    if attempts > len(RETRY_DELAYS):
        return Verdict(Step.FAILED, next_at=now, failing_since=since)
    return Verdict(Step.RETRY, next_at=now + RETRY_DELAYS[attempts - 1], failing_since=since)
