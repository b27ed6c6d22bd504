"""The running service while disk, share, store or the program itself fails: no request is lost, asked twice or in the way."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.folder import service as module
from clinic_terminal.exchange.folder.directory import Directory
from clinic_terminal.exchange.folder.notices import Notice
from clinic_terminal.store.records import ResultFile, TakenRequest
from clinic_terminal.store.requests import TakenRequests
from tests.builders.clinic.folder import CONTENT, REQUEST, RESULT, WAIT_SECONDS, FolderStage, echo


def test_a_result_that_cannot_be_written_is_kept_and_written_later(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    failing = threading.Event()
    failing.set()
    write = Directory.write

    def full(directory: Directory, name: str, content: bytes, mode: int = 0o600) -> None:
        if failing.is_set():
            raise OSError(28, "No space left on device", name)
        write(directory, name, content, mode)

    monkeypatch.setattr(Directory, "write", full)
    asked: list[str] = []

    def answer(request: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
        asked.append(request.name)
        return echo(request)

    with stage.service(answer):
        stage.drop()
        assert stage.shown.get(timeout=WAIT_SECONDS) == (Notice.NOT_WRITTEN, "No space left on device")
        assert stage.store.requests.pending()[0].results is not None
        failing.clear()
        assert stage.results.next() == RESULT
    assert asked == [REQUEST]
    assert stage.store.requests.pending() == ()


def test_a_result_that_can_never_be_written_holds_up_no_other(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    names = [f"OQSsiquc01res_{number}.xml" for number in range(3)]
    for number, name in enumerate(names):
        (stage.root.results / name).mkdir()  # a file cannot replace a folder
        stage.keep(name=f"OQSsiquc01req_{number}.xml")
    stage.keep(name="OQSsiquc01req_last.xml")
    with stage.service():
        assert stage.results.next() == "OQSsiquc01res_last.xml"  # the three before it have failed
        for name in names[1:]:
            (stage.root.results / name).rmdir()
        assert {stage.results.next() for _ in names[1:]} == set(names[1:])
    [kept] = stage.store.requests.pending()
    assert kept.name == "OQSsiquc01req_0.xml"


def test_a_share_that_vanishes_before_the_result_loses_nothing(
    stage: FolderStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)

    def answer(request: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
        stage.root.path.rename(tmp_path / "away")
        return echo(request)

    with stage.service(answer):
        stage.drop()
        shown = {stage.shown.get(timeout=WAIT_SECONDS)[0] for _ in range(2)}
        assert shown == {Notice.NOT_WRITTEN, Notice.FOLDER_AWAY}
        (tmp_path / "away").rename(stage.root.path)
        assert stage.results.next() == RESULT
    assert stage.result() == b"result of " + CONTENT


def test_a_request_whose_result_was_not_written_is_answered_after_the_next_start(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def away(directory: Directory, name: str, content: bytes, mode: int = 0o600) -> None:
            raise OSError(5, "Input/output error")

        patch.setattr(Directory, "write", away)
        with stage.service():
            stage.drop()
            stage.shown.get(timeout=WAIT_SECONDS)
    with stage.service(lambda request, refused: pytest.fail("asked again")):
        assert stage.results.next() == RESULT


def test_the_end_finishes_what_is_being_answered(stage: FolderStage) -> None:
    started = threading.Event()
    release: list[threading.Timer] = []
    may_end = threading.Event()

    def answer(request: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
        started.set()
        assert may_end.wait(WAIT_SECONDS)
        return echo(request)

    with stage.service(answer):
        stage.drop(name="OQSsiquc01req_1.xml")
        assert started.wait(WAIT_SECONDS)
        stage.drop(name="OQSsiquc01req_2.xml")
        release.append(threading.Timer(0.2, may_end.set))
        release[0].start()
    release[0].join()
    assert stage.result("OQSsiquc01res_1.xml")
    with stage.service():
        names = {stage.results.next() for _ in range(2)}
    assert names == {"OQSsiquc01res_1.xml", "OQSsiquc01res_2.xml"}


def test_a_fault_of_the_program_ends_no_thread(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)

    def answer(request: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
        if "patient4711" in request.name:
            raise ZeroDivisionError("patient4711")
        return echo(request)

    with stage.service(answer):
        stage.drop(name="OQSsiquc01req_patient4711.xml")
        stage.drop()
        assert stage.results.next() == RESULT
    [kept] = stage.store.requests.pending()
    assert (kept.name, kept.attempts) == ("OQSsiquc01req_patient4711.xml", 1)
    assert "ZeroDivisionError" in caplog.text
    assert "patient4711" not in caplog.text


def test_a_fault_while_requests_are_taken_ends_no_thread(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    files, faults = Directory.files, iter([ZeroDivisionError(), ZeroDivisionError()])

    def failing(directory: Directory) -> object:
        if (fault := next(faults, None)) is not None:
            raise fault
        return files(directory)

    monkeypatch.setattr(Directory, "files", failing)
    stage.drop()
    with stage.service():
        assert stage.results.next() == RESULT


def test_nothing_is_answered_before_the_store_was_read(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.keep(name="OQSsiquc01req_kept.xml")
    pending, faults = TakenRequests.pending, iter([TerminalError("store-failed", reason="SQLITE_BUSY")])

    def busy(requests: TakenRequests) -> tuple[TakenRequest, ...]:
        if (fault := next(faults, None)) is not None:
            raise fault
        return pending(requests)

    monkeypatch.setattr(TakenRequests, "pending", busy)
    with stage.service():
        assert stage.results.next() == "OQSsiquc01res_kept.xml"
    assert stage.notices_shown() == [Notice.NOT_STORED]
