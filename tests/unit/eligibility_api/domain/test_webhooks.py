"""Rules E1 to E7: what is an event and whose, where it may be sent, and what follows an attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.audit_log.kinds import KINDS
from eligibility_api.contract.webhooks import FACILITY_EVENTS, INSURER_EVENTS, EventType
from eligibility_api.domain.webhooks import (
    DISABLED_AFTER,
    EVENT_BY_RECORD,
    OVERLAP,
    RETRY_DELAYS,
    Step,
    Target,
    TargetFault,
    entry_for,
    event_of,
    judge,
    may_connect,
    parse_entry,
    parse_target,
)

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)

RECORDS = {
    EventType.FILE_CHECKED: [("enrolment.file-checked", "checked")],
    EventType.FILE_HELD: [("enrolment.file-checked", "held"), ("enrolment.file-undo-held", "done")],
    EventType.FILE_REFUSED: [("enrolment.file-checked", "refused")],
    EventType.FILE_APPROVED: [("enrolment.file-approve", "done")],
    EventType.FILE_REJECTED: [("enrolment.file-reject", "done")],
    EventType.FILE_PUBLISHED: [("enrolment.file", "done")],
    EventType.FILE_UNDONE: [("enrolment.file-undone", "done")],
    EventType.MISMATCH_DECIDED: [("enrolment.confirm", "done"), ("enrolment.unlink", "done")],
    EventType.MEMBER_LINKED: [("enrolment.matched-again", "done")],
    EventType.MEMBER_WITHDRAWN: [("enrolment.withdraw", "done")],
    EventType.MEMBER_REGISTERED: [("binding.first-registration", "bound")],
    EventType.CONSENT_GIVEN: [
        ("eligibility.consent-pin", "answered"),
        ("eligibility.consent-visual-check", "answered"),
        ("own-access.consent", "registered"),
    ],
    EventType.CONSENT_ENDED: [("consent.end", "ended")],
    EventType.PERMIT_GIVEN: [("emergency.permit", "permitted"), ("disaster.permit", "permitted")],
}
"""The records of each event, by kind and outcome."""


def test_each_event_has_its_records() -> None:
    """Rule E1."""
    assert {record: event for event, records in RECORDS.items() for record in records} == EVENT_BY_RECORD


def test_every_event_comes_from_a_kind_of_record_that_exists() -> None:
    """Rule E1."""
    assert {kind for kind, _ in EVENT_BY_RECORD} <= KINDS.keys()
    assert {*EVENT_BY_RECORD.values(), EventType.CONSENT_WITHDRAWN, EventType.TEST} == set(EventType)
    assert INSURER_EVENTS | FACILITY_EVENTS | {EventType.TEST} == set(EventType)
    assert not INSURER_EVENTS & FACILITY_EVENTS


@pytest.mark.parametrize(
    ("kind", "outcome", "by_patient", "event"),
    [
        ("enrolment.file", "done", False, EventType.FILE_PUBLISHED),
        ("consent.end", "ended", False, EventType.CONSENT_ENDED),
        ("consent.end", "ended", True, EventType.CONSENT_WITHDRAWN),
        ("own-access.consent", "registered", True, EventType.CONSENT_GIVEN),
        ("own-access.consent", "card-not-usable", True, None),
        ("eligibility.consent-pin", "answered", True, EventType.CONSENT_GIVEN),
        ("consent.end", "consent-expired", False, None),
        ("eligibility.consent-pin", "challenge-expired", False, None),
        ("binding.first-registration", "already", False, None),
        ("emergency.permit", "second-factor-refused", False, None),
        ("eligibility.card", "answered", False, None),
    ],
)
def test_a_record_is_an_event_by_its_kind_and_outcome(
    kind: str, outcome: str, by_patient: bool, event: EventType | None
) -> None:
    """Rule E1: what was refused is no event."""
    assert event_of(kind, outcome, by_patient=by_patient) is event


HOST_OF_253 = ".".join(["a" * 63] * 3 + ["b" * 61])


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example/a?b=c", Target("https", "hooks.example", 443, "/a?b=c")),
        ("https://HOOKS.example:8443", Target("https", "hooks.example", 8443, "/")),
        ("http://127.0.0.1:9000/e", Target("http", "127.0.0.1", 9000, "/e")),
        ("http://127.0.0.1:1024/", Target("http", "127.0.0.1", 1024, "/")),
        ("http://localhost:9000/", Target("http", "localhost", 9000, "/")),
        ("http://[::1]:9000/", Target("http", "::1", 9000, "/")),
        ("https://192.0.2.1/", Target("https", "192.0.2.1", 443, "/")),
        (f"https://{HOST_OF_253}/", Target("https", HOST_OF_253, 443, "/")),
    ],
)
def test_a_target_is_https_or_this_machine(url: str, target: Target) -> None:
    """Rule E3."""
    assert parse_target(url) == target


@pytest.mark.parametrize(
    ("reason", "urls"),
    [
        (
            "not a URL of printable ASCII characters",
            [
                "",
                "https://hooks.example/ a",
                "https://hooks.example/\r\nx: y",
                "https://見本.example/",
                "https://hooks.example\\@127.0.0.1/",
                "https://hooks.example/\\a",
                "https://hooks.example/" + "a" * 500,
            ],
        ),
        ("not a URL", ["https://[::1", "https://hooks.example:65536/", "https://hooks.example:a/"]),
        (
            "http or https, without a user and a fragment",
            [
                "hooks.example",
                "//hooks.example/",
                "ftp://hooks.example/",
                "file:///etc/passwd",
                "https://user@hooks.example/",
                "https://user:word@hooks.example/",
                "https://:word@hooks.example/",
                "https://hooks.example/#part",
                "https://hooks.example#",
            ],
        ),
        (
            "no host name or address",
            [
                "https://",
                "https://hooks.example:0/",
                "https://hooks_example/",
                "https://hooks..example/",
                "https://-hooks.example/",
                "https://[fe80::1%25eth0]/",
                f"https://{HOST_OF_253}b/",
            ],
        ),
        (
            "a port of this machine below 1024",
            ["http://127.0.0.1/", "http://127.0.0.1:80/", "http://127.0.0.1:1023/"],
        ),
        ("https, except to this machine", ["http://hooks.example/", "http://192.0.2.1/"]),
    ],
)
def test_what_is_no_target_is_refused_with_the_reason(reason: str, urls: list[str]) -> None:
    """Rule E3."""
    for url in urls:
        with pytest.raises(TargetFault) as refused:
            parse_target(url)
        assert str(refused.value) == reason, url


@given(st.text(max_size=600))
def test_any_text_is_a_target_or_refused(url: str) -> None:
    """Rule E3: and what is accepted names one host, with https beyond this machine."""
    try:
        target = parse_target(url)
    except TargetFault:
        return
    assert target.scheme == "https" or target.is_loopback
    assert target.host
    assert 0 < target.port < 65_536


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("loopback", "loopback"),
        ("https://hooks.example", "https://hooks.example"),
        ("https://hooks.example:443/", "https://hooks.example"),
        ("https://Hooks.example:8443", "https://hooks.example:8443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_an_entry_is_an_origin_or_this_machine(text: str, entry: str) -> None:
    """Rule E3."""
    assert parse_entry(text) == entry


@pytest.mark.parametrize("text", ["", "hooks.example", "http://hooks.example", "*"])
def test_what_is_no_entry_is_refused(text: str) -> None:
    """Rule E3."""
    with pytest.raises(TargetFault):
        parse_entry(text)


@pytest.mark.parametrize("text", ["https://hooks.example/a", "http://127.0.0.1:9000"])
def test_a_target_that_is_no_entry_is_refused(text: str) -> None:
    """Rule E3."""
    with pytest.raises(TargetFault, match=r"^an origin such as https://hooks.example, or the word loopback$"):
        parse_entry(text)


def test_an_origin_names_no_port_of_its_scheme() -> None:
    assert Target("http", "localhost", 80, "/").origin == "http://localhost"


@pytest.mark.parametrize(
    ("url", "entries", "entry"),
    [
        ("http://127.0.0.1:9000/", {"loopback"}, "loopback"),
        ("https://localhost:9000/", {"loopback"}, "loopback"),
        ("http://127.0.0.1:9000/", set(), None),
        ("https://hooks.example/a", {"loopback", "https://hooks.example"}, "https://hooks.example"),
        ("https://hooks.example:8443/a", {"https://hooks.example"}, None),
        ("https://a.hooks.example/", {"https://hooks.example"}, None),
        ("https://hooks.example.attacker.example/", {"https://hooks.example"}, None),
    ],
)
def test_a_target_needs_an_entry_of_its_own_origin(url: str, entries: set[str], entry: str | None) -> None:
    """Rule E3."""
    assert entry_for(parse_target(url), entries) == entry


PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"]
OWN_NETWORK = ["10.0.0.1", "172.16.0.1", "192.168.0.1", "fd00::1", "::ffff:10.0.0.1"]
NEVER = [
    "0.0.0.0", "100.64.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "fe80::1",
    "fe80::1%eth0", "ff02::1",
    "2606:4700::1111%eth0", "fd00::1%eth0", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:7f00:1::",
    "::ffff:169.254.169.254",
]  # fmt: skip
LOOPBACK = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]


@pytest.mark.parametrize(
    ("addresses", "loopback", "private", "may"),
    [
        (PUBLIC, False, False, True),
        (OWN_NETWORK, False, False, False),
        (OWN_NETWORK, False, True, True),
        (LOOPBACK, False, True, False),
        (LOOPBACK, True, False, True),
        (PUBLIC + OWN_NETWORK, True, False, False),
        (NEVER, False, True, False),
        (NEVER, True, False, False),
    ],
)
def test_a_name_may_have_addresses_of_its_own_kind_only(
    addresses: list[str], loopback: bool, private: bool, may: bool
) -> None:
    """Rule E4: a name that an attacker's server resolves to this machine or network reaches nothing."""
    found = {a: may_connect(ip_address(a), loopback=loopback, private=private) for a in addresses}
    assert found == dict.fromkeys(addresses, may)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_answer_of_success_accepts(status: int) -> None:
    """Rule E5."""
    verdict = judge(status=status, attempts=3, now=NOW, failing_since=NOW - timedelta(days=9))
    assert (verdict.step, verdict.next_at, verdict.failing_since) == (Step.ACCEPTED, NOW, None)


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 302, 307, 308, 400, 404, 429, 500, 503])
def test_anything_else_is_sent_again_later(status: int | None) -> None:
    """Rules E5, E6: a redirect is no success either."""
    for attempts, delay in enumerate(RETRY_DELAYS, start=1):
        verdict = judge(status=status, attempts=attempts, now=NOW, failing_since=None)
        assert (verdict.step, verdict.next_at, verdict.failing_since) == (Step.RETRY, NOW + delay, NOW)


def test_an_event_fails_after_its_last_attempt_and_the_next_one_is_sent() -> None:
    """Rule E6: 27.6 hours at least after the first attempt."""
    since = NOW - timedelta(hours=28)
    verdict = judge(status=500, attempts=len(RETRY_DELAYS) + 1, now=NOW, failing_since=since)
    assert (verdict.step, verdict.next_at, verdict.failing_since) == (Step.FAILED, NOW, since)
    seconds = [delay.total_seconds() for delay in RETRY_DELAYS]
    assert seconds == [5, 5 * 60, 30 * 60, *(hours * 60 * 60 for hours in (2, 5, 10, 10))]


@pytest.mark.parametrize("attempts", [1, 8])
def test_a_target_that_accepts_nothing_for_three_days_is_disabled(attempts: int) -> None:
    """Rule E7."""
    before = judge(
        status=500, attempts=attempts, now=NOW, failing_since=NOW - DISABLED_AFTER + timedelta(seconds=1)
    )
    assert before.step is not Step.DISABLED
    verdict = judge(status=500, attempts=attempts, now=NOW, failing_since=NOW - DISABLED_AFTER)
    assert (verdict.step, verdict.because) == (Step.DISABLED, "failing")


def test_a_target_that_is_gone_is_disabled_at_once() -> None:
    """Rule E7."""
    verdict = judge(status=410, attempts=1, now=NOW, failing_since=None)
    assert (verdict.step, verdict.because, verdict.failing_since) == (Step.DISABLED, "gone", NOW)


def test_periods_of_days() -> None:
    """Rules E7, E8."""
    assert (DISABLED_AFTER.days, OVERLAP.days) == (3, 1)
