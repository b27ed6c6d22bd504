"""Every kind of message by the prefix of its files."""

from __future__ import annotations

import pytest

from clinic_terminal.messages.bulk import ReceptionResult, ResultsRequest
from clinic_terminal.messages.own_error import OwnErrorResult
from clinic_terminal.messages.registry import FACE_PREFIX, MESSAGES, kind_of

PUBLIC = [
    "OQSsiquc01req", "OQSsiimm01req", "OQSmuquc01req", "OQSmuquc02req", "OQSmuimm01req", "OQSmuimm02req", "OQSmutic01req",
    "OQSmutic02req", "OQSmuhvq01req", "OQSmuhvq02req", "OQSmuonq01req", "OQSmuonq02req", "YZKsiquc01req", "TKKsiquc01req",
]  # fmt: skip
UNPUBLISHED = [
    "OQSsihvq",
    "OQSsionq",
    "OQSsihvd",
    "OQSsiurl",
    "OQSsiinq",
    "OQSsiupd",
    "CIP",
    "EPS",
    "PMHsimsm",
]


def test_the_messages_are_those_of_the_catalogue() -> None:
    assert [*MESSAGES] == PUBLIC + UNPUBLISHED


@pytest.mark.parametrize("prefix", PUBLIC)
def test_a_public_kind_has_models(prefix: str) -> None:
    kind = MESSAGES[prefix]
    assert kind.layout_is_public
    assert kind.result_prefix == prefix.removesuffix("req") + "res"
    assert (kind.result is ReceptionResult) == (prefix.startswith("OQSmu") and prefix.endswith("01req"))
    assert (kind.request is ResultsRequest) == prefix.endswith("02req")
    assert kind_of(f"{prefix}_202611300001.xml") is kind


@pytest.mark.parametrize("prefix", UNPUBLISHED)
def test_an_unpublished_kind_is_known_and_refused(prefix: str) -> None:
    kind = MESSAGES[prefix]
    assert not kind.layout_is_public
    assert kind.result is OwnErrorResult
    assert kind.max_request_bytes < 2**20
    assert kind_of(f"{prefix}01req_1.xml") is kind


@pytest.mark.parametrize(
    "name",
    [
        "",
        "_",
        "README.txt",
        "OQSsiquc01res_1.xml",
        FACE_PREFIX + "_1_20261130091530.xml",
        "oqssiquc01req_1.xml",
        "OQSsiquc02req_1.xml",
        "OQSsiquc01reqx_1.xml",
        "xOQSsihvq01req_1.xml",
    ],
)
def test_another_name_is_no_request(name: str) -> None:
    assert kind_of(name) is None


def test_only_bulk_requests_may_be_large() -> None:
    large = {prefix for prefix, kind in MESSAGES.items() if kind.max_request_bytes > 2**20}
    assert large == {prefix for prefix in PUBLIC if prefix.startswith("OQSmu") and prefix.endswith("01req")}
