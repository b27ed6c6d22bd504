"""On a full or read-only disk the exchange loses neither a request nor a result."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from clinic_terminal.exchange.folder import service
from clinic_terminal.exchange.folder.notices import Notice
from clinic_terminal.store.records import ResultFile, TakenRequest
from tests.builders.clinic.folder import REQUEST, RESULT, WAIT_SECONDS, FolderStage
from tests.builders.small_disk import small_disk


def large(request: TakenRequest, refused: bool) -> tuple[ResultFile, ...]:
    return (ResultFile(name=RESULT, content=b"x" * 500_000),)


@pytest.fixture(autouse=True)
def retries_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "RETRY_SECONDS", 0.01)


def test_a_result_that_does_not_fit_is_written_when_there_is_space(tmp_path: Path) -> None:
    with small_disk(4) as disk:
        stage = FolderStage(tmp_path, root=disk.path / "OQS")
        stage.drop()
        disk.fill()
        with stage.service(large):
            assert stage.shown.get(timeout=WAIT_SECONDS) == (Notice.NOT_WRITTEN, "No space left on device")
            assert list(stage.root.results.iterdir()) == []  # no part of it
            disk.clear()
            assert stage.results.next() == RESULT
        assert len(stage.result()) == 500_000


def test_a_request_that_cannot_be_stored_stays_until_there_is_space(tmp_path: Path) -> None:
    with small_disk(4) as disk:
        stage = FolderStage(tmp_path, home=disk.path / "home")
        disk.fill()
        stage.drop(b" " * 60_000 + b"</XmlMsg>")
        assert stage.take() == []
        assert stage.notices_shown() == [Notice.NOT_STORED]
        assert [path.name for path in stage.root.requests.iterdir()] == [REQUEST]
        disk.clear()
        assert stage.take() == [REQUEST]
        stage.store.close()


def test_a_request_in_a_read_only_folder_waits(tmp_path: Path) -> None:
    with small_disk(4) as disk:
        stage = FolderStage(tmp_path, root=disk.path / "OQS")
        stage.drop()
        subprocess.run(["mount", "-o", "remount,ro", str(disk.path)], check=True)
        assert stage.take() == []
        assert stage.shown.get_nowait() == (Notice.NOT_REMOVABLE, "Read-only file system")
        assert stage.store.requests.pending() == ()
        subprocess.run(["mount", "-o", "remount,rw", str(disk.path)], check=True)
        assert stage.take() == [REQUEST]
