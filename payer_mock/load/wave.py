"""One month's files of all insurers, sent and published: several insurers at a time, each by its own program."""

from __future__ import annotations

import time
from pathlib import Path

from eligibility_api.contract.uploads import Publish, UploadAnswer, UploadState
from payer_mock.clock import now
from payer_mock.desk.uploads import Manner, follow, insurer_of, send, until_shown
from payer_mock.load.keys import Crew, Keys, largest_first
from payer_mock.load.report import Wave
from payer_mock.load.surroundings import LoadError

_REASON = "負荷測定 / load measurement"
_ON_REQUEST = Manner(publish=Publish.ON_REQUEST)

Checked = tuple[str, UploadAnswer]
"""An upload with its insurer's number."""


def run_wave(files: list[Path], keys: Keys) -> Wave:
    """Send every file and have it checked, then have every one published. Raises LoadError, ShikakuError."""
    crew = Crew()
    work = _Work(keys, crew)
    wave = Wave()
    began = time.perf_counter()
    with crew.pool() as pool:
        checked = list(pool.map(work.check, largest_first(files)))
        wave.checked_after = time.perf_counter() - began
        for _, upload in checked:
            _count(wave, upload)
        for upload in list(pool.map(work.publish, filter(_is_new, checked))):
            until_shown(upload, now, time.sleep)
        wave.published_after = time.perf_counter() - began
    return wave


class _Work:
    """What is done for one insurer in a thread."""

    def __init__(self, keys: Keys, crew: Crew) -> None:
        self._keys = keys
        self._wait = crew.wait

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


def _is_new(checked: Checked) -> bool:
    """Whether the fund had not taken the same file before: where nothing happened in a month, there is nothing to do."""
    _, upload = checked
    return upload.duplicate_of is None


def _count(wave: Wave, upload: UploadAnswer) -> None:
    wave.held += upload.state is UploadState.HELD
    if upload.report is not None:
        wave.rows += upload.report.rows
        wave.bad_rows += upload.report.bad_rows
