"""The insurers of a load: their credentials, and several of them at work at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.tokens import Credential
from payer_mock.clock import now
from payer_mock.load.surroundings import LoadError

_AT_A_TIME = 4
_LONGEST_ANSWER_SECONDS = 300.0


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


class Crew:
    """Threads that work for one insurer each; all end soon when one fails."""

    def __init__(self) -> None:
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

    def wait(self, seconds: float) -> None:
        """Wait. Raises LoadError once another has failed."""
        if self._over.wait(seconds):
            raise LoadError("broken off")


def largest_first(files: list[Path]) -> list[Path]:
    """Files by size, so that the largest is not the last that everybody waits for."""
    return sorted(files, key=lambda file: -file.stat().st_size)
