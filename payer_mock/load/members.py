"""Uploads and publishes one month's member files of all insurers, several insurers at a time, and confirms proposals."""

from __future__ import annotations

import time
from pathlib import Path

from eligibility_api.contract.uploads import Publish, UploadAnswer, UploadState
from payer_mock.actions.mismatches import confirm_proposals
from payer_mock.actions.uploads import (
    UploadOptions,
    insurer_of,
    poll_upload,
    send_upload,
    wait_until_visible,
)
from payer_mock.clock import now
from payer_mock.load.environment import LoadError
from payer_mock.load.insurers import InsurerCredentials, InsurerPool, largest_first
from payer_mock.load.report import UploadRound

_REASON = "負荷測定 / load measurement"
_ON_REQUEST = UploadOptions(publish=Publish.ON_REQUEST)

CheckedUpload = tuple[str, UploadAnswer]
"""An upload with its insurer's number."""


def upload_members(files: list[Path], credentials: InsurerCredentials) -> UploadRound:
    """Send every file and wait for its check report, then publish every one, and confirm the members proposed.

    Raises LoadError, ShikakuError.
    """
    pool = InsurerPool()
    task = _InsurerTask(credentials, pool)
    result = UploadRound()
    began = time.perf_counter()
    with pool.executor() as executor:
        checked = list(executor.map(task.check, largest_first(files)))
        result.checked_after = time.perf_counter() - began
        for _, upload in checked:
            _count(result, upload)
        new = list(filter(_is_new, checked))
        published = list(executor.map(task.publish, new))
        for upload in published:
            wait_until_visible(upload, now, time.sleep)
        result.published_after = time.perf_counter() - began
        proposing = [
            insurer_number
            for (insurer_number, _), upload in zip(new, published, strict=True)
            if upload.report is not None and upload.report.proposed
        ]
        result.proposals = sum(executor.map(task.confirm_proposals, proposing))
        result.confirmed_after = time.perf_counter() - began
    return result


class _InsurerTask:
    """The calls that one thread makes for one insurer."""

    def __init__(self, credentials: InsurerCredentials, pool: InsurerPool) -> None:
        self._credentials = credentials
        self._wait = pool.wait

    def check(self, file: Path) -> CheckedUpload:
        """Send a file, and wait for its check report."""
        insurer_number = insurer_of(file)
        if insurer_number is None:
            raise LoadError(f"{file.name} has no insurer number")
        with self._credentials.client(insurer_number) as client:
            upload = poll_upload(client, send_upload(client, file, _ON_REQUEST), self._wait)
        if _is_new((insurer_number, upload)) and upload.state not in (UploadState.CHECKED, UploadState.HELD):
            raise LoadError(f"{file.name}: {upload.state} ({upload.refusal})")
        return insurer_number, upload

    def publish(self, checked: CheckedUpload) -> UploadAnswer:
        """Publish an upload and wait until it is published. A held file is approved by the approver."""
        insurer_number, upload = checked
        held = upload.state is UploadState.HELD
        with self._credentials.client(insurer_number, as_approver=held) as client:
            if held:
                begun = client.approve_upload(upload.upload_id, _REASON)
            else:
                begun = client.publish_upload(upload.upload_id)
            done = poll_upload(client, begun, self._wait)
        if done.state is not UploadState.PUBLISHED:
            raise LoadError(f"upload of {insurer_number}: {done.state} ({done.refusal})")
        return done

    def confirm_proposals(self, insurer_number: str) -> int:
        """Confirm the members who are spelled otherwise in the resident register; returns how many."""
        with self._credentials.client(insurer_number) as client:
            return confirm_proposals(client)


def _is_new(checked: CheckedUpload) -> bool:
    """Whether the file is new to the fund: an insurer without changes in a month has nothing to publish."""
    _, upload = checked
    return upload.duplicate_of is None


def _count(result: UploadRound, upload: UploadAnswer) -> None:
    result.held += upload.state is UploadState.HELD
    if upload.report is not None:
        result.rows += upload.report.rows
        result.bad_rows += upload.report.bad_rows
