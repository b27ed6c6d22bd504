"""The strict and random mode: which faults are drawn, and the order of an answer's members."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from eligibility_api.platform.settings import Settings
from eligibility_api.sandbox.faults import FaultName
from eligibility_api.sandbox.strictness import (
    MAX_DELAY_SECONDS,
    NONCE_REFUSED_SHARE,
    SLOW_SHARE,
    TOKEN_EXPIRED_SHARE,
    drawn,
    shuffled,
)

REQUESTS = 4_000


def test_faults_are_drawn_in_their_shares_and_the_order_always() -> None:
    random = Random(1)
    faults = [fault for _ in range(REQUESTS) for fault in drawn(random)]
    counts = Counter(fault.name for fault in faults)
    assert counts.pop(FaultName.SHUFFLED) == REQUESTS
    shares = {
        FaultName.SLOW: SLOW_SHARE,
        FaultName.TOKEN_EXPIRED: TOKEN_EXPIRED_SHARE,
        FaultName.NONCE_REFUSED: NONCE_REFUSED_SHARE,
    }
    assert counts.keys() == shares.keys()
    for name, share in shares.items():
        assert counts[name] == pytest.approx(share * REQUESTS, rel=0.2)
    delays = [fault.seconds for fault in faults if fault.name is FaultName.SLOW]
    assert 0 <= min(delays) < MAX_DELAY_SECONDS / 10
    assert MAX_DELAY_SECONDS * 0.9 < max(delays) <= MAX_DELAY_SECONDS
    assert all(fault.since is None for fault in faults)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON, st.randoms())
def test_a_shuffled_document_has_the_same_content(value: object, random: Random) -> None:
    content = json.dumps(value, ensure_ascii=True).encode()
    assert json.loads(shuffled(content, random)) == value


def test_members_come_in_any_order_and_elements_in_theirs() -> None:
    content = '{"a": 1, "b": {"c": [3, 1, 2], "d": "試験"}}'.encode()
    found = {shuffled(content, Random(seed)) for seed in range(30)}
    assert found == {
        text.encode()
        for inner in ('{"c":[3,1,2],"d":"試験"}', '{"d":"試験","c":[3,1,2]}')
        for text in ('{"a":1,"b":%s}' % inner, '{"b":%s,"a":1}' % inner)  # noqa: UP031 - braces
    }


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"%PDF-1.7", b'{"a": 1}\n{"a": 2}\n'])
def test_what_is_no_document_stays(content: bytes) -> None:
    assert shuffled(content, Random(1)) == content


def test_the_setting_is_refused_without_a_sandbox() -> None:
    with pytest.raises(ValidationError, match="a sandbox's alone"):
        Settings(sandbox_strict=True)
    assert Settings(sandbox=True, sandbox_strict=True).sandbox_strict
    assert not Settings(sandbox=True).sandbox_strict
