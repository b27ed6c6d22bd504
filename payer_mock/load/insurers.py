"""The insurers of a load test: their credentials, and a thread pool."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.tokens import Credential
from eligibility_api.contract.transport import open_transport
from payer_mock.clock import now
from payer_mock.load.environment import LoadError
from payer_mock.settings import TlsSettings

_CONCURRENT_INSURERS = 4
_RESPONSE_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class InsurerCredentials:
    """The folders with the credentials of the insurers' programs and of their approvers."""

    fund_url: str
    programs: Path
    approvers: Path

    @contextmanager
    def client(self, insurer_number: str, *, as_approver: bool = False) -> Iterator[InsurerClient]:
        """A client of the fund for one insurer."""
        path = self.approvers / "approver" if as_approver else self.programs / "payer"
        credential = Credential.load(path.with_name(f"{path.name}-{insurer_number}.json"))
        transport = open_transport(self.fund_url, TlsSettings.load().tls)
        with InsurerClient(
            self.fund_url,
            credential,
            clock=now,
            transport=transport,
            timeout_seconds=_RESPONSE_TIMEOUT_SECONDS,
        ) as client:
            yield client


class InsurerPool:
    """Threads that each work for one insurer; once one fails, the others stop at their next wait."""

    def __init__(self) -> None:
        self._failed = Event()

    @contextmanager
    def executor(self) -> Iterator[ThreadPoolExecutor]:
        """An executor for several insurers at a time."""
        with ThreadPoolExecutor(_CONCURRENT_INSURERS) as executor:
            try:
                yield executor
            except BaseException:
                self._failed.set()
                executor.shutdown(cancel_futures=True)
                raise

    def wait(self, seconds: float) -> None:
        """Sleep. Raises LoadError once another thread has failed."""
        if self._failed.wait(seconds):
            raise LoadError("cancelled: another insurer's thread failed")


def largest_first(files: list[Path]) -> list[Path]:
    """Files by size, largest first, so that the run does not end with one thread on the largest file."""
    return sorted(files, key=lambda file: -file.stat().st_size)
