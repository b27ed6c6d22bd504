"""A request file becomes a result file, whatever is in it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.folder.answering import FileAnswer, max_bytes
from clinic_terminal.exchange.folder.encryption import EncryptConf, Encryption
from clinic_terminal.exchange.folder.form import FileForm
from clinic_terminal.exchange.folder.names import parse_request_name
from clinic_terminal.exchange.operator import Operator
from clinic_terminal.exchange.result_codes import RESULT_CODES
from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.headers import MAX_BULK_BYTES, MAX_SINGLE_BYTES, Message
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import ResultFile
from eligibility_api.contract.codes import Care, Validity
from tests.builders.clinic import request_files, samples
from tests.builders.clinic.clinic_software import DOCTOR, history_request
from tests.builders.clinic.fake_consents import given_ahead
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.folder import REQUEST, RESULT
from tests.builders.clinic.request_files import ReadResult, look_up
from tests.builders.clinic.samples import NOW
from tests.builders.clinic.store import request

PASSWORD = b"secret"


class Stage:
    """A terminal with a fake fund, whose answers can be read as files."""

    def __init__(self, home: Path) -> None:
        self.fund = FakeFund()
        self.store = TerminalStore.open(home)
        self.pdf: bytes | None = None
        self.staff: Operator | None = None
        self.encryption = Encryption(EncryptConf({}))

    def answer(
        self,
        content: bytes,
        name: str = REQUEST,
        *,
        encoding: Encoding = Encoding.UTF_8,
        bulk_as_zip: bool = False,
        shuffle: Random | None = None,
        refused: bool = False,
        too_large: bool = False,
    ) -> ResultFile:
        form = FileForm(encoding, self.encryption, bulk_as_zip, shuffle)
        with Exchange(self.fund.client(), self.store, clock=lambda: NOW, staff=self.staff) as exchange:
            answer = FileAnswer(exchange, self.store, form, self._pdf_of, lambda: NOW)
            [result] = answer(request(content, name=name, too_large=too_large), refused)
        return result

    def _pdf_of(self, request: Message, result: Message) -> bytes | None:
        return self.pdf


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    with made.store:
        yield made


@pytest.mark.parametrize("asked", ["UTF-8", "Shift_JIS"])
@pytest.mark.parametrize(("encoding", "code"), [(Encoding.UTF_8, "0"), (Encoding.SHIFT_JIS, "1")])
def test_a_look_up_is_answered_in_the_encoding_of_the_setting(
    stage: Stage, asked: str, encoding: Encoding, code: str
) -> None:
    result = stage.answer(look_up(encoding=asked, InsuredCardSymbol="架空"), encoding=encoding)
    assert result.name == RESULT
    read = ReadResult(result.content)
    assert (read["SegmentOfResult"], read["QualificationValidity"]) == ("1", "1")
    assert read.texts("Name") == ["架空　花子"]
    assert (read["CharacterCodeIdentifier"], read.encoding) == (code, encoding.declared)
    assert read["ArbitraryFileIdentifier"] == request_files.FILE_IDENTIFIER
    assert stage.fund.bodies[-1]["symbol"] == "架空"


def test_characters_that_the_encoding_lacks_are_marked_and_their_originals_kept(stage: Stage) -> None:
    stage.fund.answer = samples.answer(results=[samples.enrolment(name="𠮷田 花子")])
    read = ReadResult(stage.answer(look_up(), encoding=Encoding.SHIFT_JIS).content)
    assert read["Name"] == "●田　花子"
    [original] = stage.store.originals(RESULT)
    assert original.place.endswith("Name")
    assert original.text == "𠮷田　花子"


def test_elements_can_be_shuffled(stage: Stage) -> None:
    def order(seed: int) -> list[str]:
        return list(ReadResult(stage.answer(look_up(), shuffle=Random(seed)).content).names())

    documented = list(ReadResult(stage.answer(look_up()).content).names())
    orders = [order(seed) for seed in range(3)]
    assert all(sorted(found) == sorted(documented) for found in orders)
    assert len({tuple(found) for found in [*orders, documented]}) > 2


def test_requests_with_the_same_identifier_have_a_result_each(stage: Stage) -> None:
    results = [stage.answer(look_up(), f"OQSsiquc01req_{number}.xml") for number in range(2)]
    assert [result.name for result in results] == ["OQSsiquc01res_0.xml", "OQSsiquc01res_1.xml"]
    identifiers = {ReadResult(result.content)["ArbitraryFileIdentifier"] for result in results}
    assert identifiers == {request_files.FILE_IDENTIFIER}


def test_a_pdf_takes_the_place_of_the_result(stage: Stage) -> None:
    stage.pdf = b"%PDF-1.7"
    result = stage.answer(request_files.history(category="1"), "YZKsiquc01req_1.xml")
    assert (result.name, result.content) == ("YZKsiquc01res_1.pdf", b"%PDF-1.7")


# What goes wrong. The code is our own; a failure never looks like a validity.

WRONG: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "message-malformed"),
    "half-written": (look_up()[:200], "message-malformed"),
    "no XML": (b"\x00\x01\x02</XmlMsg>", "message-malformed"),
    "another root": (b"<Message></Message>", "message-malformed"),
    "a DTD": (b"<!DOCTYPE XmlMsg><XmlMsg></XmlMsg>", "message-malformed"),
    "an entity bomb": (
        b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><XmlMsg>&d;</XmlMsg>',
        "message-malformed",
    ),
    "an external entity": (
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><XmlMsg>&b;</XmlMsg>',
        "message-malformed",
    ),
    "UTF-16": (look_up().decode().replace("UTF-8", "UTF-16").encode("utf-16"), "message-encoding"),
    "another declared encoding": (look_up().replace(b"UTF-8", b"EUC-JP"), "message-encoding"),
    "UTF-8 declared as Shift_JIS": (
        look_up(InsuredCardSymbol="架空").replace(b"UTF-8", b"Shift_JIS"),
        "message-encoding",
    ),
    "Shift_JIS declared as UTF-8": (
        look_up(encoding="Shift_JIS", InsuredCardSymbol="架空").replace(b"Shift_JIS", b"UTF-8"),
        "message-encoding",
    ),
    "a mandatory element missing": (look_up(InsuredIdentificationNumber=None), "message-element-missing"),
    "an element twice": (
        look_up().replace(b"<Birthdate>", b"<Birthdate>19800203</Birthdate><Birthdate>"),
        "message-element-repeated",
    ),
    "no date": (look_up(Birthdate="19801301"), "message-element-invalid"),
    "another institution": (look_up(institution="0110113719"), "exchange-other-institution"),
}


@pytest.mark.parametrize(("content", "code"), WRONG.values(), ids=WRONG)
def test_a_request_that_cannot_be_read_ends_abnormally(stage: Stage, content: bytes, code: str) -> None:
    result = stage.answer(content)
    read = ReadResult(result.content)
    assert result.name == RESULT
    assert (read["SegmentOfResult"], read.error) == ("9", RESULT_CODES[code].number)
    assert read["ErrorMessage"]
    assert not read.has("QualificationValidity")
    assert not [call for call in stage.fund.calls if "eligibility" in call]


LOOSE: dict[str, bytes] = {
    "a BOM": codecs.BOM_UTF8 + look_up(),
    "no declaration": look_up().split(b"?>\r\n")[1],
    "unknown elements": look_up().replace(b"<MessageBody>", b"<Vendor><A>1</A></Vendor><MessageBody>"),
    "attributes": look_up().replace(b"<XmlMsg>", b'<XmlMsg version="1">'),
    "elements in another order": look_up()
    .replace(b"<InsurerNumber>01130012</InsurerNumber>", b"")
    .replace(b"</Birthdate>", b"</Birthdate><InsurerNumber>01130012</InsurerNumber>"),
    "empty optional elements": look_up().replace(b"<Birthdate>", b"<ArbitraryIdentifier/><Birthdate>"),
    "line breaks between elements": look_up().replace(b"><", b">\r\n  <"),
    "a comment": look_up().replace(b"<MessageBody>", b"<!-- vendor --><MessageBody>"),
}


@pytest.mark.parametrize("content", LOOSE.values(), ids=LOOSE)
def test_a_loosely_written_request_is_answered(stage: Stage, content: bytes) -> None:
    assert ReadResult(stage.answer(content).content)["QualificationValidity"] == "1"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("OQSsiquc01req_患者.xml", "exchange-file-name"),
        ("OQSsiquc01req_.xml", "exchange-file-name"),
        ("OQSsihvq01req_1.xml", "message-layout-not-public"),
        ("PMHsimsm01req_1.xml", "message-layout-not-public"),
        ("ABCsixyz01req_1.xml", "message-layout-not-public"),
        ("OQSsiquc01req_1.zip", "exchange-zip"),
    ],
)
def test_a_name_that_is_not_answered_has_its_error(stage: Stage, name: str, code: str) -> None:
    result = stage.answer(look_up(), name)
    assert result.name == name.replace("req", "res").replace(".zip", ".xml")
    assert ReadResult(result.content).error == RESULT_CODES[code].number
    assert stage.fund.calls == []


def test_a_file_beyond_the_limit_is_refused(stage: Stage) -> None:
    read = ReadResult(stage.answer(b"", too_large=True).content)
    assert read.error == RESULT_CODES["message-too-large"].number


def test_a_request_that_ended_the_program_is_refused(stage: Stage) -> None:
    read = ReadResult(stage.answer(look_up(), refused=True).content)
    assert (read["SegmentOfResult"], read.error) == ("9", RESULT_CODES["exchange-internal"].number)
    assert stage.fund.calls == []


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("lost", "fund-unreachable"),
        ("gateway", "fund-unreachable"),
        ("database-unavailable", "database-unavailable"),
        ("overloaded", "overloaded"),
    ],
)
def test_a_technical_failure_is_no_validity(stage: Stage, failure: str, code: str) -> None:
    stage.fund.failures["/v1/eligibility/number"] = [failure]
    read = ReadResult(stage.answer(look_up()).content)
    assert (read["SegmentOfResult"], read.error) == ("9", RESULT_CODES[code].number)
    assert not read.has("QualificationValidity")


def test_nobody_found_is_an_answer(stage: Stage) -> None:
    stage.fund.answer = samples.answer(Validity.NOT_FOUND, [])
    read = ReadResult(stage.answer(look_up()).content)
    assert (read["SegmentOfResult"], read["QualificationValidity"]) == ("1", "4")


def test_an_unexpected_error_is_a_result_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Stage, "_pdf_of", broken)
    read = ReadResult(stage.answer(look_up()).content)
    assert (read["SegmentOfResult"], read.error) == ("9", RESULT_CODES["exchange-internal"].number)


def test_a_store_that_cannot_keep_originals_stops_no_result(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.fund.answer = samples.answer(results=[samples.enrolment(name="𠮷田 花子")])
    stage.store.close()
    result = stage.answer(look_up(), encoding=Encoding.SHIFT_JIS)
    assert ReadResult(result.content)["Name"] == "●田　花子"


# Encryption.


def test_where_encryption_is_on_the_result_is_an_encrypted_zip_of_the_xml(stage: Stage) -> None:
    stage.encryption = Encryption(EncryptConf({}), PASSWORD)
    asked = stage.encryption.zip(REQUEST, look_up(), encrypted=True)
    result = stage.answer(asked, REQUEST.replace(".xml", ".zip"))
    assert result.name == RESULT.replace(".xml", ".zip")
    read = ReadResult(stage.encryption.unzip(result.content, 1_000_000))
    assert read["QualificationValidity"] == "1"


@pytest.mark.parametrize(
    ("lines", "name", "extension"),
    [
        ({}, "OQSsiquc01req_1.xml", "zip"),
        ({"OQSsiquc": False}, "OQSsiquc01req_1.xml", "xml"),
        ({}, "OQSmuhvq01req_1.xml", "xml"),
        ({"OQSmuhvq": True}, "OQSmuhvq01req_1.xml", "zip"),
    ],
)
def test_encrypt_conf_decides_by_prefix(
    stage: Stage, lines: dict[str, bool], name: str, extension: str
) -> None:
    stage.encryption = Encryption(EncryptConf(lines), PASSWORD)
    assert stage.answer(look_up(), name).name.rpartition(".")[2] == extension


def test_a_zip_is_answered_by_a_zip_whatever_encrypt_conf_has(stage: Stage) -> None:
    stage.encryption = Encryption(EncryptConf({"OQSsiquc": False}), PASSWORD)
    asked = stage.encryption.zip(REQUEST, look_up(), encrypted=True)
    names = {stage.answer(look_up()).name, stage.answer(asked, REQUEST.replace(".xml", ".zip")).name}
    assert names == {RESULT, RESULT.replace(".xml", ".zip")}


@pytest.mark.parametrize(
    ("name", "extension"),
    [("OQSmuquc02req_1.xml", "zip"), ("OQSmuquc01req_1.xml", "xml"), ("OQSsiquc01req_1.xml", "xml")],
)
def test_results_of_bulk_requests_are_zip_files_by_setting(stage: Stage, name: str, extension: str) -> None:
    result = stage.answer(request_files.bulk_results("R9"), name, bulk_as_zip=True)
    assert result.name.rpartition(".")[2] == extension


def test_a_password_zip_beyond_the_limit_of_its_kind_is_refused(stage: Stage) -> None:
    stage.encryption = Encryption(EncryptConf({"OQSsiquc": False}), PASSWORD)
    bomb = stage.encryption.zip(REQUEST, b" " * (MAX_SINGLE_BYTES + 1), encrypted=True)
    assert len(bomb) < 10_000
    result = stage.answer(bomb, "OQSsiquc01req_1.zip")
    read = ReadResult(stage.encryption.unzip(result.content, 1_000_000))
    assert read.error == RESULT_CODES["message-too-large"].number


@pytest.mark.parametrize(
    ("file", "limit"),
    [
        ("OQSsiquc01req_1.xml", MAX_SINGLE_BYTES),
        ("OQSmuquc01req_1.xml", MAX_BULK_BYTES),
        ("ABCsixyz01req_1.xml", MAX_SINGLE_BYTES),
    ],
)
def test_each_kind_has_its_limit_before_it_is_read(file: str, limit: int) -> None:
    name = parse_request_name(file)
    assert name is not None
    assert max_bytes(name) == limit


def test_a_name_that_is_no_request_has_no_result(stage: Stage) -> None:
    with Exchange(stage.fund.client(), stage.store, clock=lambda: NOW) as exchange:
        form = FileForm(Encoding.UTF_8, stage.encryption)
        answer = FileAnswer(exchange, stage.store, form, lambda *_: None, lambda: NOW)
        assert answer(request(b"", name="Thumbs.db"), False) == ()


def test_medicines_are_read_under_a_consent_of_her_own_page(stage: Stage) -> None:
    """Rule W17: once an answer of the day has identified her."""
    stage.staff = DOCTOR
    stage.fund.consents.on_own_page = [given_ahead()]
    asked = xml_codec.encode(history_request(care=Care.ONLINE), Encoding.UTF_8).content
    codes = [ReadResult(stage.answer(asked, "YZKsiquc01req_1.xml").content).error]
    stage.answer(look_up())
    codes.append(ReadResult(stage.answer(asked, "YZKsiquc01req_2.xml").content).error)
    assert codes == ["SHK-4002", "1"]
