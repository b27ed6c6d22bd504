"""Requests are taken once, when they are complete, whatever way they were written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.folder.directory import Directory
from clinic_terminal.exchange.folder.intake import HALF_WRITTEN_SECONDS, MAX_TAKEN_AT_ONCE
from clinic_terminal.exchange.folder.notices import REPEAT_SECONDS, Notice
from clinic_terminal.store.records import TakenRequest
from clinic_terminal.store.requests import TakenRequests
from tests.builders.clinic.folder import CONTENT, MAX_BYTES, REQUEST, FolderStage


def left(stage: FolderStage) -> list[str]:
    return sorted(path.name for path in stage.root.requests.iterdir())


def test_a_complete_request_is_stored_and_removed(stage: FolderStage) -> None:
    stage.drop()
    assert stage.take() == [REQUEST]
    assert left(stage) == []
    assert [kept.content for kept in stage.store.requests.pending()] == [CONTENT]
    assert stage.take() == []


def test_a_request_written_byte_by_byte_is_taken_once_and_whole(stage: FolderStage) -> None:
    taken = []
    with (stage.root.requests / REQUEST).open("wb", buffering=0) as file:
        for byte in CONTENT.rstrip():
            file.write(bytes([byte]))
            taken += stage.take(0.1)
    assert taken == [REQUEST]
    assert stage.store.requests.pending()[0].content == CONTENT.rstrip()


def test_a_request_that_was_renamed_into_place_is_taken(stage: FolderStage) -> None:
    temporary = stage.drop(name=f"{REQUEST}.tmp")
    assert stage.take() == []
    temporary.rename(stage.root.requests / REQUEST)
    assert stage.take() == [REQUEST]


@pytest.mark.parametrize("content", [CONTENT[:60], b"", CONTENT + b"\0" * 50], ids=["half", "empty", "zeros"])
def test_a_request_that_never_completes_is_taken_as_it_is_after_half_a_minute(
    stage: FolderStage, content: bytes
) -> None:
    stage.drop(content)
    assert stage.take() == []
    assert stage.take(HALF_WRITTEN_SECONDS - 1) == []
    assert stage.take(1) == [REQUEST]
    assert stage.store.requests.pending()[0].content == content


def test_the_half_minute_begins_again_with_each_change(stage: FolderStage) -> None:
    path = stage.drop(b"<")
    for _ in range(5):
        assert stage.take(HALF_WRITTEN_SECONDS - 1) == []
        with path.open("ab") as file:
            file.write(b"x")
    assert stage.take() == []
    assert stage.take(HALF_WRITTEN_SECONDS) == [REQUEST]


def test_the_half_minute_of_a_file_that_went_away_is_forgotten(stage: FolderStage) -> None:
    path = stage.drop(b"<")
    stage.take()
    path.unlink()
    stage.take(HALF_WRITTEN_SECONDS)
    stage.drop(b"<")
    assert stage.take() == []


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_pass(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stage.drop()
    tail = Directory.tail

    def written_meanwhile(directory: Directory, name: str, length: int) -> bytes:
        found = tail(directory, name, length)
        with path.open("ab") as file:
            file.write(b"\n")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Directory, "tail", written_meanwhile)
        assert stage.take() == []
    assert stage.take() == [REQUEST]


def test_a_request_that_is_replaced_while_it_is_stored_is_not_lost(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.drop()
    take = TakenRequests.take

    def replaced_meanwhile(requests: TakenRequests, request: TakenRequest) -> bool:
        done = take(requests, request)
        (stage.drop(b"<XmlMsg>new</XmlMsg>", "new")).rename(stage.root.requests / REQUEST)
        return done

    with monkeypatch.context() as patch:
        patch.setattr(TakenRequests, "take", replaced_meanwhile)
        assert stage.take() == []
    assert stage.take() == [REQUEST]
    assert [kept.content for kept in stage.store.requests.pending()] == [b"<XmlMsg>new</XmlMsg>"]


@pytest.mark.parametrize(
    ("size", "too_large"), [(MAX_BYTES, False), (MAX_BYTES + 1, True), (100 * 1024 * 1024, True)]
)
def test_a_file_beyond_its_limit_is_refused_without_being_read(
    stage: FolderStage, size: int, too_large: bool
) -> None:
    path = stage.drop(CONTENT)
    os.truncate(path, size - len(CONTENT))
    with path.open("ab") as file:
        file.write(CONTENT)
    assert stage.take() == [REQUEST]
    [kept] = stage.store.requests.pending()
    assert kept.too_large is too_large
    assert len(kept.content) == (0 if too_large else size)
    assert left(stage) == []


def test_the_limit_is_that_of_the_name(stage: FolderStage) -> None:
    stage.drop(b" " * (2 * MAX_BYTES) + CONTENT, "OQSmuquc01req_1.xml")
    assert stage.take() == ["OQSmuquc01req_1.xml"]
    assert not stage.store.requests.pending()[0].too_large


def test_the_oldest_request_is_taken_first(stage: FolderStage) -> None:
    for age, name in enumerate(["OQSsiquc01req_b.xml", "OQSsiquc01req_a.xml", "YZKsiquc01req_c.xml"]):
        os.utime(stage.drop(name=name), (1000 - age, 1000 - age))
    assert stage.take() == ["YZKsiquc01req_c.xml", "OQSsiquc01req_a.xml", "OQSsiquc01req_b.xml"]


def test_very_many_requests_are_taken_in_several_passes(stage: FolderStage) -> None:
    for number in range(MAX_TAKEN_AT_ONCE + 5):
        stage.drop(name=f"OQSsiquc01req_{number}.xml")
    assert len(stage.take()) == MAX_TAKEN_AT_ONCE
    assert len(stage.take()) == 5


def test_what_is_no_request_stays_and_is_reported_without_its_name(stage: FolderStage) -> None:
    stage.drop(name="OQSsiquc01res_patient4711.xml")
    (stage.root.requests / "OQSsiquc01req_folder.xml").mkdir()
    (stage.root.requests / "OQSsiquc01req_link.xml").symlink_to("/etc/passwd")
    os.mkfifo(stage.root.requests / "OQSsiquc01req_pipe.xml")
    assert stage.take() == []
    assert len(left(stage)) == 4
    assert stage.shown.get_nowait() == (Notice.OTHER_FILES, "1")
    stage.take()
    assert stage.notices_shown() == []
    stage.take(REPEAT_SECONDS)
    assert stage.notices_shown() == [Notice.OTHER_FILES]


# What stands in the way.


def test_after_a_crash_before_the_removal_it_is_the_same_request(stage: FolderStage) -> None:
    stage.drop()
    stage.keep()
    assert stage.take() == [REQUEST]
    assert left(stage) == []
    assert len(stage.store.requests.pending()) == 1


def test_another_request_of_the_same_name_waits_until_the_first_is_finished(stage: FolderStage) -> None:
    stage.keep(b"first</XmlMsg>")
    stage.drop()
    assert stage.take() == []
    assert left(stage) == [REQUEST]
    stage.store.requests.finish(REQUEST)
    assert stage.take() == [REQUEST]


def test_a_request_that_cannot_be_removed_is_not_answered_until_it_can(
    stage: FolderStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.drop()

    def refused(directory: Directory, name: str, state: object) -> bool:
        raise PermissionError(13, "Permission denied", name)

    with monkeypatch.context() as patch:
        patch.setattr(Directory, "remove", refused)
        assert stage.take() == []
        assert stage.take() == []
        assert stage.store.requests.pending() == ()
        assert [stage.shown.get_nowait()] == [(Notice.NOT_REMOVABLE, "Permission denied")]
    assert stage.take() == [REQUEST]
    stage.drop()
    with monkeypatch.context() as patch:
        patch.setattr(Directory, "remove", refused)
        stage.store.requests.finish(REQUEST)
        stage.take()
    assert stage.notices_shown() == [Notice.NOT_REMOVABLE]  # the former state had ended


def test_a_request_that_cannot_be_stored_stays(stage: FolderStage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.drop()

    def full(requests: TakenRequests, taken: object) -> bool:
        raise TerminalError("store-failed", reason="SQLITE_FULL")

    with monkeypatch.context() as patch:
        patch.setattr(TakenRequests, "take", full)
        assert stage.take() == []
        assert stage.shown.get_nowait() == (Notice.NOT_STORED, "SQLITE_FULL")
    assert left(stage) == [REQUEST]
    assert stage.take() == [REQUEST]


def test_a_share_that_is_away_is_reported_and_its_requests_are_taken_when_it_is_back(
    stage: FolderStage, tmp_path: Path
) -> None:
    stage.drop()
    stage.root.path.rename(tmp_path / "away")
    assert stage.take() == []
    assert stage.take() == []
    assert stage.notices_shown() == [Notice.FOLDER_AWAY]
    assert not stage.root.path.exists()  # what is written into a folder of our own nobody would find
    (tmp_path / "away").rename(stage.root.path)
    assert stage.take() == [REQUEST]
    assert stage.notices_shown() == [Notice.FOLDER_BACK]


def test_a_folder_that_became_a_link_is_not_followed(stage: FolderStage, tmp_path: Path) -> None:
    stage.drop()
    stage.root.requests.rename(tmp_path / "elsewhere")
    stage.root.requests.symlink_to(tmp_path / "elsewhere")
    assert stage.take() == []
    assert stage.notices_shown() == [Notice.FOLDER_AWAY]


def test_a_file_that_vanishes_is_no_error(stage: FolderStage, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stage.drop()
    tail = Directory.tail

    def gone(directory: Directory, name: str, length: int) -> bytes:
        path.unlink(missing_ok=True)
        return tail(directory, name, length)

    monkeypatch.setattr(Directory, "tail", gone)
    assert stage.take() == []
    assert stage.notices_shown() == []
