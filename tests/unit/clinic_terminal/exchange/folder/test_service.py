"""The running service: every request has one result, in order, and none holds up another kind."""

from __future__ import annotations

import os
import threading
import time

import pytest

from clinic_terminal.exchange.folder import service as module
from clinic_terminal.exchange.folder.encryption import EncryptConf, Encryption
from clinic_terminal.exchange.folder.notices import Notice
from clinic_terminal.exchange.folder.service import MAX_ATTEMPTS, kind_of_work
from clinic_terminal.exchange.folder.watching import Watcher
from clinic_terminal.store.records import ResultFile, TakenRequest
from tests.builders.clinic.folder import CONTENT, REQUEST, RESULT, WAIT_SECONDS, FolderStage, echo


def test_a_request_is_answered_and_forgotten(stage: FolderStage) -> None:
    with stage.service():
        stage.drop()
        assert stage.results.next() == RESULT
        assert stage.result() == b"result of " + CONTENT
        assert list(stage.root.requests.iterdir()) == []
    assert stage.store.requests.pending() == ()


def test_without_notifications_requests_are_found_by_polling(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watcher, "_watch", lambda self: self._stopped.wait())
    with stage.service():
        for number in range(3):
            stage.drop(name=f"OQSsiquc01req_{number}.xml")
            assert stage.results.next() == f"OQSsiquc01res_{number}.xml"


def test_what_was_taken_before_is_answered_after_the_start(stage: FolderStage) -> None:
    stage.keep()
    with stage.service():
        assert stage.results.next() == RESULT
    assert stage.result() == b"result of " + CONTENT
    assert stage.store.requests.pending() == ()


def test_a_stored_result_is_written_without_asking_again(stage: FolderStage) -> None:
    stage.keep()
    stage.store.requests.answered(REQUEST, [ResultFile(name=RESULT, content=b"kept")])
    with stage.service(lambda request, refused: pytest.fail("asked again")):
        assert stage.results.next() == RESULT
    assert stage.result() == b"kept"


@pytest.mark.parametrize(("attempts", "refused"), [(MAX_ATTEMPTS - 1, False), (MAX_ATTEMPTS, True)])
def test_a_request_that_ended_the_program_three_times_is_refused(
    stage: FolderStage, attempts: int, refused: bool
) -> None:
    stage.keep()
    for _ in range(attempts):
        stage.store.requests.begin(REQUEST)
    with stage.service():
        stage.results.next()
    assert (stage.result() == b"result of refused") is refused


def test_an_attempt_counts_before_it_begins(stage: FolderStage) -> None:
    counted = []

    def answer(request: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
        counted.append(stage.store.requests.pending()[0].attempts)
        return echo(request)

    with stage.service(answer):
        stage.drop()
        stage.results.next()
    assert counted == [1]


def test_a_bulk_request_holds_up_no_look_up_and_no_history(stage: FolderStage) -> None:
    may_end, started = threading.Event(), threading.Event()

    def answer(request: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
        if request.name.startswith("OQSmu"):
            started.set()
            assert may_end.wait(WAIT_SECONDS)
        return echo(request)

    with stage.service(answer):
        stage.drop(name="OQSmuquc01req_1.xml")
        assert started.wait(WAIT_SECONDS)
        stage.drop(name="OQSsiquc01req_2.xml")
        assert stage.results.next() == "OQSsiquc01res_2.xml"
        stage.drop(name="YZKsiquc01req_3.xml")
        assert stage.results.next() == "YZKsiquc01res_3.xml"
        may_end.set()
        assert stage.results.next() == "OQSmuquc01res_1.xml"


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("OQSsiquc01req_1.xml", "single"),
        ("OQSsiimm01req_1.xml", "single"),
        ("YZKsiquc01req_1.xml", "history"),
        ("TKKsiquc01req_1.xml", "history"),
        ("OQSmuquc01req_1.xml", "bulk"),
        ("OQSmuquc02req_1.xml", "bulk"),
    ],
)
def test_each_kind_of_work_has_its_thread(file: str, kind: str) -> None:
    assert kind_of_work(file) == kind


def test_requests_of_one_kind_are_answered_in_their_order(stage: FolderStage) -> None:
    names = [f"OQSsiquc01req_{number:03d}.xml" for number in range(30)]
    for name in names:
        stage.drop(name=name)
    with stage.service():
        written = [stage.results.next() for _ in names]
    assert written == [name.replace("req", "res") for name in names]


@pytest.mark.parametrize("other", ["OQSsiquc01req_1.zip", "OQSsiquc01req_1.XML"])
def test_names_that_differ_in_the_extension_alone_are_answered_one_after_the_other(
    stage: FolderStage, other: str
) -> None:
    may_end = threading.Event()
    asked: list[str] = []

    def answer(request: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
        asked.append(request.name)
        if not request.name.endswith("_2.xml"):
            assert may_end.wait(WAIT_SECONDS)
        return (ResultFile(name=request.name.replace("req", "res"), content=CONTENT),)

    stage.drop(name="OQSsiquc01req_1.xml")
    with stage.service(answer):
        while not asked:
            time.sleep(0.005)
        zipped = Encryption(EncryptConf({}), b"").zip("a.xml", CONTENT, encrypted=False)
        stage.drop(zipped if other.endswith("zip") else CONTENT, name=other)
        stage.drop(name="OQSmuquc01req_2.xml")
        assert stage.results.next() == "OQSmuquc01res_2.xml"  # a later file has been taken meanwhile
        assert (stage.root.requests / other).exists()
        may_end.set()
        assert {stage.results.next(), stage.results.next()} == {
            "OQSsiquc01res_1.xml", other.replace("req", "res"),
        }  # fmt: skip


def test_waiting_requests_have_a_limit_of_bytes_and_the_others_stay(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", 2 * len(CONTENT))
    may_end = threading.Event()

    def answer(request: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
        if request.name.startswith("OQSmu"):
            assert may_end.wait(WAIT_SECONDS)
        return echo(request)

    names = [f"OQSmuquc01req_{number}.xml" for number in range(5)]
    for name in names:
        stage.drop(name=name)
    with stage.service(answer):
        stage.drop()
        assert stage.results.next() == RESULT  # of another kind
        assert len(list(stage.root.requests.iterdir())) == 3
        may_end.set()
        assert {stage.results.next() for _ in names} == {name.replace("req", "res") for name in names}


def test_many_waiting_requests_are_taken_without_looking_at_each_for_every_file(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each pass looked at all that waited, so that thousands of requests held up the answers."""
    looked: list[str] = []

    def observed(file: str) -> str:
        looked.append(file)
        return kind_of_work(file)

    monkeypatch.setattr(module, "kind_of_work", observed)
    names = [f"OQSsiquc01req_{number:03d}.xml" for number in range(60)]
    for name in names:
        stage.drop(name=name)
    with stage.service():
        for _ in names:
            stage.results.next()
    assert len(looked) <= 4 * len(names)


def test_the_same_request_again_while_it_is_answered_has_one_result(stage: FolderStage) -> None:
    asked: list[str] = []
    may_end, started = threading.Event(), threading.Event()

    def answer(request: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
        asked.append(request.name)
        started.set()
        if request.name == REQUEST:
            assert may_end.wait(WAIT_SECONDS)
        return echo(request)

    with stage.service(answer):
        stage.drop()
        assert started.wait(WAIT_SECONDS)
        stage.drop()
        stage.drop(name="YZKsiquc01req_2.xml")
        stage.results.next()  # a later pass has found both
        assert list(stage.root.requests.iterdir()) == []
        may_end.set()
        assert stage.results.next() == RESULT
    assert asked.count(REQUEST) == 1


@pytest.mark.parametrize("leftovers", [0, 2_000])
def test_results_that_were_left_slow_nothing_down(stage: FolderStage, leftovers: int) -> None:
    for number in range(leftovers):
        (stage.root.results / f"OQSsiquc01res_{number}.xml").touch()
    with stage.service():
        stage.drop()
        stage.results.next()
        began = time.monotonic()
        stage.drop(name="OQSsiquc01req_second.xml")
        stage.results.next()
        assert time.monotonic() - began < 5  # generous: the benchmark measures it


def test_old_results_are_reported_by_their_number(stage: FolderStage) -> None:
    (stage.root.results / "OQSsiquc01res_new.xml").touch()
    (stage.root.results / "OQSsiquc01res_old.xml").touch()
    os.utime(stage.root.results / "OQSsiquc01res_old.xml", (0, 0))
    with stage.service():
        assert stage.shown.get(timeout=WAIT_SECONDS) == (Notice.RESULTS_LEFT, "1")
