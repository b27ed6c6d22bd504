"""Prepares the dataset and compares the answers, in a process without Locust, which patches the one that imports it.

Reads a `Request` from standard input and writes an assignment for each worker to standard output, one line of JSON each:
they contain keys, and are never written to disk. Then reads sampled answers until its input ends, compares them with
the reference model, and writes what it found.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import AnyHttpUrl

from eligibility_api.contract.transport import is_loopback
from loadtest.dataset.provision import Dataset, DatasetSize, provision
from loadtest.errors import LoadError
from loadtest.generator.answer_spool import AnswerSpool
from loadtest.generator.messages import Answers, Message
from loadtest.generator.partition import make_assignments
from loadtest.http_client.connection import ConnectionFailed
from loadtest.scenario.answer_check import AnswerChecker
from loadtest.scenario.plan import Plan
from loadtest.target import TargetEnvironment

FAILED = 3


class Request(Message):
    """What is to be prepared: the dataset's size, and an assignment of the plan for each of some workers."""

    size: DatasetSize
    plan: Plan
    workers: int


class Sampled(Message):
    """Answers of one run of one worker, which began at an instant (by this machine's clock)."""

    began_at: datetime
    answers: Answers


class Compared(Message):
    """How many answers were compared, and the wrong ones by fault."""

    count: int
    wrong: dict[str, int]


def compare(dataset: Dataset, lines: Iterable[bytes]) -> Compared:
    """Compare the answers of all lines, those of each run as of its start."""
    runs: dict[datetime, AnswerSpool] = {}
    for line in lines:
        sampled = Sampled.model_validate_json(line)
        runs.setdefault(sampled.began_at, AnswerSpool()).add(sampled.answers)
    wrong: Counter[str] = Counter()
    for began_at, spool in runs.items():
        wrong += AnswerChecker(dataset.answer_index, began_at).count_wrong(spool)
    return Compared(count=sum(map(len, runs.values())), wrong=dict(wrong))


def prepare(
    request: Request, folder: Path, progress: Callable[[str], None]
) -> tuple[Dataset, Sequence[bytes]]:
    """Provision the dataset in the running stack; returns it with the assignments as lines.

    Raises LoadError, ConnectionFailed, OSError.
    """
    if "TERMINAL_FUND_URL" not in os.environ:
        raise LoadError(
            "TERMINAL_FUND_URL is not set: start a stack (python -m shikaku.stack) and load its variables"
        )
    target = TargetEnvironment(dict(os.environ), None)
    if not is_loopback(AnyHttpUrl(target.fund_url)):
        raise LoadError("load goes to loopback addresses only")
    dataset = provision(target, request.size, folder, progress)
    assignments = make_assignments(target.fund_url, request.plan, dataset.visitors, request.workers)
    return dataset, [assignment.to_line() for assignment in assignments]


def main() -> None:
    """The process. Exit code 3: it failed, and the last line of its standard error says why."""
    with tempfile.TemporaryDirectory(prefix="shikaku-conducted-") as folder:
        try:
            request = Request.model_validate_json(sys.stdin.buffer.readline())
            dataset, lines = prepare(request, Path(folder), lambda text: print(f"… {text}", file=sys.stderr))
        except (LoadError, ConnectionFailed, OSError) as error:
            print(error, file=sys.stderr)
            sys.exit(FAILED)
        for line in lines:
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        sys.stdout.buffer.write(compare(dataset, sys.stdin.buffer).to_line())


if __name__ == "__main__":
    main()
