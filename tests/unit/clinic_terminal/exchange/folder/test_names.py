"""Which files are requests, and the names of their results (OQS 2.2)."""

from __future__ import annotations

import pytest

from clinic_terminal.exchange.folder.names import parse_request_name


@pytest.mark.parametrize(
    ("request_file", "result_file"),
    [
        ("OQSsiquc01req_202609300001.xml", "OQSsiquc01res_202609300001.xml"),
        ("OQSsiimm01req_2021081611906.xml", "OQSsiimm01res_2021081611906.xml"),
        ("OQSmuquc02req_1.xml", "OQSmuquc02res_1.xml"),
        ("YZKsiquc01req_0126093016044711.xml", "YZKsiquc01res_0126093016044711.xml"),
        ("TKKsiquc01req_A-1_b.xml", "TKKsiquc01res_A-1_b.xml"),
        ("OQSsiquc01req_req.xml", "OQSsiquc01res_req.xml"),
        ("OQSsiquc01req_1.XML", "OQSsiquc01res_1.xml"),
        ("OQSsiquc01req_1.zip", "OQSsiquc01res_1.xml"),
        ("PMHsimsm01req_1.xml", "PMHsimsm01res_1.xml"),
    ],
)
def test_a_result_has_the_name_of_its_request(request_file: str, result_file: str) -> None:
    name = parse_request_name(request_file)
    assert name is not None
    assert name.is_valid
    assert name.result("xml") == result_file
    assert parse_request_name(result_file) is None


@pytest.mark.parametrize(
    "file",
    [
        "OQSsiquc01req_.xml",
        "OQSsiquc01req.xml",
        "OQSsiquc01req1.xml",
        "OQSsiquc01req_山田.xml",
        "OQSsiquc01req_１.xml",
        "OQSsiquc01req_a b.xml",
        "OQSsiquc01req_a.b.xml",
        "OQSsiquc01req_;rm.xml",
        f"OQSsiquc01req_{'1' * 101}.xml",
    ],
)
def test_a_request_with_other_characters_is_answered_under_its_name(file: str) -> None:
    name = parse_request_name(file)
    assert name is not None
    assert not name.is_valid
    assert name.result("xml") == file.replace("01req", "01res", 1)


@pytest.mark.parametrize(
    "file",
    [
        "OQSsiquc01res_1.xml",
        "OQSsiquc01res_face_13111111144da5260a16de5a3d3ad7_20260929160112.xml",
        "OQSsiquc01res_face_20260929160112.xml",
        "1311111114400" + "1" * 17 + "_20260929160112.xml",
        "oqssiquc01req_1.xml",
        "OQSSIQUC01REQ_1.xml",
        "OQSsiquc01req_1.xml.tmp",
        "OQSsiquc01req_1.csv",
        "OQSsiquc01req_1",
        ".OQSsiquc01req_1.xml",
        "~OQSsiquc01req_1.xml",
        "copy of OQSsiquc01req_1.xml",
        "OQSsiquc01req_1\n.xml",
        "OQSsiquc01req_\x1b[2J.xml",
        "OQSsiquc01req_\udcff.xml",
        "Thumbs.db",
        "",
    ],
)
def test_other_files_are_no_requests(file: str) -> None:
    assert parse_request_name(file) is None


@pytest.mark.parametrize(("file", "bulk"), [("OQSmuquc01req_1.xml", True), ("OQSsiquc01req_mu.xml", False)])
def test_a_bulk_request_is_known_by_its_prefix(file: str, bulk: bool) -> None:
    name = parse_request_name(file)
    assert name is not None
    assert name.is_bulk is bulk
