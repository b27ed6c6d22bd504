"""The configurations of reverse proxies in deploy/proxy agree with the fund's limits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eligibility_api.app import LARGER_BODIES, MAX_BODY_BYTES
from eligibility_api.platform.settings import Settings

PROXY = Path(__file__).parents[3] / "deploy" / "proxy"
DOCUMENT = (PROXY / "nginx.conf").read_text(encoding="utf-8")
GUIDE = (PROXY.parents[1] / "docs" / "deployment.md").read_text(encoding="utf-8")
HAPROXY = (PROXY / "haproxy.cfg").read_text(encoding="utf-8")
UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}


def size(text: str) -> int:
    """Nginx's notation of a size, in bytes."""
    return int(text[:-1]) * UNITS[text[-1]]


def locations() -> dict[str, str]:
    """The blocks of locations given by a regular expression."""
    found = dict(re.findall(r"location ~ (\S+) \{\n(.*?)\n    \}", DOCUMENT, re.DOTALL))
    assert found
    return found


def value(name: str) -> str:
    [found] = re.findall(rf"^ *{name} +(\S+);", DOCUMENT.split("location", 1)[0], re.MULTILINE)
    return str(found)


@pytest.mark.parametrize("path", LARGER_BODIES)
def test_a_path_with_large_bodies_has_a_location_that_lets_them_through(path: str) -> None:
    [block] = [block for pattern, block in locations().items() if re.search(pattern, path)]
    [limit] = re.findall(r"client_max_body_size +(\S+);", block)
    assert size(limit) >= LARGER_BODIES[path]


def test_all_other_paths_have_the_usual_limit() -> None:
    assert size(value("client_max_body_size")) == MAX_BODY_BYTES


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_what_watches_the_service_is_for_the_monitoring_only(path: str) -> None:
    [block] = [block for pattern, block in locations().items() if re.search(pattern, path)]
    assert re.findall(r"(allow|deny) +(\S+);", block) == [("allow", "192.0.2.10"), ("deny", "all")]


def test_the_proxy_stops_reusing_a_connection_before_the_fund_closes_it() -> None:
    upstream = DOCUMENT.split("upstream fund", 1)[1].split("}", 1)[0]
    [seconds] = re.findall(r"keepalive_timeout (\d+)s;", upstream)
    assert int(seconds) < Settings().idle_seconds


@pytest.mark.parametrize(
    ("directive", "setting"),
    [
        ("client_header_timeout", "header_seconds"),
        ("client_body_timeout", "body_seconds"),
        ("send_timeout", "send_seconds"),
    ],
)
def test_the_proxy_waits_no_longer_than_the_fund_alone_would(directive: str, setting: str) -> None:
    assert int(value(directive).removesuffix("s")) <= getattr(Settings(), setting)


def test_the_client_cannot_report_its_own_address() -> None:
    assert "proxy_set_header        X-Forwarded-For $remote_addr;" in DOCUMENT


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`FUND_([A-Z_]+)", GUIDE))))
def test_every_setting_that_is_named_exists(name: str) -> None:
    assert name.lower() in Settings.model_fields


def test_haproxy_lets_large_bodies_through_on_their_paths_alone() -> None:
    [(usual, pattern)] = re.findall(r"req\.body_size gt (\d+) \} !\{ path_reg (\S+) \}", HAPROXY)
    assert int(usual) == MAX_BODY_BYTES
    assert LARGER_BODIES
    assert [path for path in LARGER_BODIES if not re.search(pattern, path)] == []
    assert not re.search(pattern, "/v1/eligibility/card")


def test_haproxy_stops_reusing_a_connection_before_the_fund_closes_it() -> None:
    [seconds] = re.findall(r"pool-purge-delay (\d+)s", HAPROXY)
    assert int(seconds) < Settings().idle_seconds


@pytest.mark.parametrize("document", [DOCUMENT, HAPROXY], ids=["nginx", "haproxy"])
@pytest.mark.parametrize("header", ["X-Client-Certificate", "X-Forwarded-For"])
def test_both_proxies_replace_what_clients_must_not_say(document: str, header: str) -> None:
    assert len(re.findall(rf"(?:proxy_set_header|set-header) +{header} +[$%]", document)) == 1
