"""Sends claim files of several insurers at a time and waits until the last claim is visible."""

from __future__ import annotations

import time
from pathlib import Path

from eligibility_api.contract.claims import ClaimsAnswer, ClaimsState
from payer_mock.actions.claims import insurer_of_claims, poll_claims, send_claims
from payer_mock.actions.fund import wait_until
from payer_mock.clock import now
from payer_mock.load.environment import LoadError
from payer_mock.load.insurers import InsurerCredentials, InsurerPool, largest_first
from payer_mock.load.report import ClaimsLoadReport


def send_claim_files(report: ClaimsLoadReport, files: list[Path], credentials: InsurerCredentials) -> None:
    """Send every file and add what the fund made of it to `report`. Raises LoadError, ShikakuError."""
    pool = InsurerPool()

    def send(file: Path) -> ClaimsAnswer:
        insurer_number = insurer_of_claims(file)
        if insurer_number is None:
            raise LoadError(f"{file.name} has no insurer number")
        with credentials.client(insurer_number) as client:
            answer = poll_claims(client, send_claims(client, file), pool.wait)
        if answer.state is not ClaimsState.DONE or answer.report is None:
            raise LoadError(f"{file.name}: {answer.state} ({answer.refusal})")
        return answer

    began = time.perf_counter()
    with pool.executor() as executor:
        for answer in list(executor.map(send, largest_first(files))):
            wait_until(answer.known_from, now, time.sleep)
            _count(report, answer)
    report.stored_after = time.perf_counter() - began


def _count(report: ClaimsLoadReport, answer: ClaimsAnswer) -> None:
    report.files += 1
    if (found := answer.report) is not None:
        report.claims += found.claims
        report.good += found.accepted
        report.unmatched += found.unmatched
        report.faults.update({fault.value: count for fault, count in found.faults.items()})
