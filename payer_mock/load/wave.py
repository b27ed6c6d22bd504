"""One month's files of all insurers, sent and published: several insurers at a time, each by its own program."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.tokens import Credential
from eligibility_api.contract.uploads import Publish, UploadAnswer, UploadState
from payer_mock.clock import now
from payer_mock.desk.uploads import Manner, follow, insurer_of, send, until_shown
from payer_mock.load.report import Wave
from payer_mock.load.surroundings import LoadError

_AT_A_TIME = 4
_REASON = "負荷測定 / load measurement"
_LONGEST_ANSWER_SECONDS = 300.0
_ON_REQUEST = Manner(publish=Publish.ON_REQUEST)

Checked = tuple[str, UploadAnswer]
"""An upload with its insurer's number."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the credentials of the insurers' programs and of their approvers lie."""

    fund_url: str
    programs: Path
    approvers: Path

    @contextmanager
    def client(self, insurer_number: str, *, as_approver: bool = False) -> Iterator[InsurerClient]:
        """An insurer's way to the fund."""
        path = self.approvers / "approver" if as_approver else self.programs / "payer"
        credential = Credential.load(path.with_name(f"{path.name}-{insurer_number}.json"))
        with InsurerClient(
            self.fund_url, credential, clock=now, timeout_seconds=_LONGEST_ANSWER_SECONDS
        ) as client:
            yield client


def run_wave(files: Sequence[Path], keys: Keys) -> Wave:
    """Send every file and have it checked, then have every one published. Raises LoadError, ShikakuError."""
    work = _Work(keys)
    wave = Wave()
    largest_first = sorted(files, key=lambda file: -file.stat().st_size)
    began = time.perf_counter()
    with work.pool() as pool:
        checked = list(pool.map(work.check, largest_first))
        wave.checked_after = time.perf_counter() - began
        for _, upload in checked:
            _count(wave, upload)
        for upload in list(pool.map(work.publish, filter(_is_new, checked))):
            until_shown(upload, now, time.sleep)
        wave.published_after = time.perf_counter() - began
    return wave


class _Work:
    """What is done for one insurer in a thread; all end soon when one fails."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._over = Event()

    @contextmanager
    def pool(self) -> Iterator[ThreadPoolExecutor]:
        """Threads for several insurers at a time."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            try:
                yield pool
            except BaseException:
                self._over.set()
                pool.shutdown(cancel_futures=True)
                raise

    def check(self, file: Path) -> Checked:
        """Send a file, and wait for its check report."""
        insurer_number = insurer_of(file)
        if insurer_number is None:
            raise LoadError(f"{file.name} tells no insurer")
        with self._keys.client(insurer_number) as client:
            upload = follow(client, send(client, file, _ON_REQUEST), self._wait)
        if _is_new((insurer_number, upload)) and upload.state not in (UploadState.CHECKED, UploadState.HELD):
            raise LoadError(f"{file.name}: {upload.state} ({upload.refusal})")
        return insurer_number, upload

    def publish(self, checked: Checked) -> UploadAnswer:
        """The upload once it is published: a held file by the approver."""
        insurer_number, upload = checked
        held = upload.state is UploadState.HELD
        with self._keys.client(insurer_number, as_approver=held) as client:
            if held:
                begun = client.approve_upload(upload.upload_id, _REASON)
            else:
                begun = client.publish_upload(upload.upload_id)
            done = follow(client, begun, self._wait)
        if done.state is not UploadState.PUBLISHED:
            raise LoadError(f"upload of {insurer_number}: {done.state} ({done.refusal})")
        return done

    def _wait(self, seconds: float) -> None:
        if self._over.wait(seconds):
            raise LoadError("broken off")


def _is_new(checked: Checked) -> bool:
    """Whether the fund had not taken the same file before: where nothing happened in a month, there is nothing to do."""
    _, upload = checked
    return upload.duplicate_of is None


def _count(wave: Wave, upload: UploadAnswer) -> None:
    wave.held += upload.state is UploadState.HELD
    if upload.report is not None:
        wave.rows += upload.report.rows
        wave.bad_rows += upload.report.bad_rows
