"""A file on its way: its progress, its end, and that it can be stopped."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator

import pytest

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.uploads import FileFormat, UploadAnswer
from payer_mock.actions import fund
from payer_mock.actions.uploads import UploadOptions
from payer_mock.clock import now
from payer_mock.web.sending import Sending, SendingState
from tests.unit.payer_mock.builders import FUND, credential
from tests.unit.payer_mock.fake_uploads import FakeUploads

SIZE = 1_000_000


def sending(file: io.BytesIO, sent: list[UploadAnswer], clock: Iterator[float] | None = None) -> Sending:
    ticks = clock if clock is not None else iter([0.0] * 100)
    return Sending(
        file, "x.csv", SIZE, UploadOptions(), FileFormat.CSV, clock=lambda: next(ticks), on_sent=sent.append
    )


def client(fake: FakeUploads) -> InsurerClient:
    return InsurerClient(FUND, credential(), clock=now, transport=fake.transport())


def test_a_sent_file_is_closed_and_reported() -> None:
    file, sent, fake = io.BytesIO(b"x" * SIZE), list[UploadAnswer](), FakeUploads()
    one = sending(file, sent)
    one.start(client(fake))
    one.join()
    assert (one.state, one.sent, file.closed, len(sent)) == (SendingState.SENT, SIZE, True, 1)
    assert len(fake.received) == SIZE


def test_a_failure_keeps_its_code_and_closes_the_file() -> None:
    file, sent = io.BytesIO(b"x" * SIZE), list[UploadAnswer]()
    one = sending(file, sent)
    one.start(client(FakeUploads(failure="right-missing")))
    one.join()
    assert one.error is not None
    assert (one.state, one.error.code, file.closed, sent) == (SendingState.FAILED, "right-missing", True, [])


@pytest.mark.parametrize("at", ["the list", "the file"])
def test_a_failure_here_ends_the_sending_and_names_no_value(
    at: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: object) -> None:
        raise OSError(28, "No space left on device", "架空　太郎.csv")

    file = io.BytesIO(b"x" * SIZE)
    if at == "the file":
        file.read = fails  # type: ignore[assignment, method-assign]
    one = Sending(file, "x.csv", SIZE, UploadOptions(), FileFormat.CSV, clock=lambda: 0.0, on_sent=fails)
    one.start(client(FakeUploads()))
    one.join()
    assert (one.state, one.error, file.closed) == (SendingState.FAILED, None, True)
    assert (one.upload is not None) is (at == "the list")
    assert "OSError" in caplog.text
    assert "架空" not in caplog.text


def test_a_stopped_sending_ends_at_the_next_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    file, sent = io.BytesIO(b"x" * SIZE), list[UploadAnswer]()
    one, waits = sending(file, sent), threading.Event()

    def slow(opened: io.BytesIO) -> Iterator[bytes]:
        for piece in fund.chunks(opened):
            yield piece
            waits.wait(10)

    monkeypatch.setattr("payer_mock.web.sending.chunks", slow)
    one.start(client(FakeUploads()))
    one.stop()
    waits.set()
    one.join()
    assert (one.state, file.closed, sent) == (SendingState.STOPPED, True, [])
    assert one.sent < SIZE


def test_the_seconds_left_follow_from_the_speed_so_far() -> None:
    one = sending(io.BytesIO(), [], iter([0.0, 5.0, 10.0]))
    assert one.seconds_left() is None
    one.sent = SIZE // 4
    assert one.seconds_left() == 30
