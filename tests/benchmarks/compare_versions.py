"""Processor time per request of two versions of the code, measured in alternation.

    python -m tests.benchmarks.compare_versions BEFORE AFTER --pairs 60 --seconds 1

BEFORE and AFTER are checkouts with a `.venv` each. Three stacks run side by side: one of BEFORE, one of AFTER, and a
second one of BEFORE; each measures a short round of the same case in turn, in a random order. The ratios AFTER / BEFORE are printed beside the ratios of the
two stacks of the same version, which show what the method itself is worth on this machine: median, and the interval
that holds the true median with a probability of at least 95 % (order statistics, no assumption about the distribution).
With `--connections 1` the latency is that of one request alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import product
from math import comb
from pathlib import Path
from random import Random
from statistics import median
from typing import IO

Costs = dict[str, float]
"""Microseconds per unit: of processor time by kind of process, and of the clock (`LATENCY`)."""

LATENCY = "latency"

CASES = ("tap", "number")
COMMAND = (".venv/bin/loadtest", "baseline", "--on-request")


class Version:
    """A running stack of one checkout."""

    def __init__(self, requests: IO[str], answers: IO[str]) -> None:
        self._requests = requests
        self._answers = answers

    def request(self, line: str) -> None:
        """Ask for a round of a case, or to prepare."""
        self._requests.write(f"{line}\n")
        self._requests.flush()

    def answer(self) -> Costs:
        """Wait for the answer to a request."""
        answer = self._answers.readline()
        if not answer:
            raise SystemExit("a stack ended before its answer; see its messages above")
        costs: Costs = json.loads(answer)
        return costs


@contextmanager
def version(checkout: Path, command: Sequence[str]) -> Iterator[Version]:
    """Start a stack of `checkout`, and end it."""
    process = subprocess.Popen(
        command,
        cwd=checkout,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout:
        try:
            yield Version(process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.wait(timeout=120)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The narrowest symmetric pair of order statistics that holds the median with at least 95 %."""
    ordered, count = sorted(values), len(values)
    rank = 0
    while 2 * sum(comb(count, k) for k in range(rank + 2)) / 2**count <= 0.05:
        rank += 1
    return ordered[rank], ordered[count - 1 - rank]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--cards", type=int, default=200)
    parser.add_argument("--connections", type=int, help="Default: the versions' own, 16.")
    parser.add_argument(
        "--before-command",
        type=str.split,
        default=COMMAND,
        help="A driver for versions without --on-request.",
    )
    given = parser.parse_args()
    if given.pairs < 6:
        parser.error("an interval of 95 % needs at least 6 pairs")
    rounds: dict[str, dict[str, list[Costs]]] = {
        case: {name: [] for name in ("before", "after", "again")} for case in CASES
    }
    checkouts = {"before": given.before, "after": given.after, "again": given.before}
    order, random = list(checkouts), Random(0)
    options = [f"--seconds={given.seconds}", f"--cards={given.cards}"]
    if given.connections is not None:
        options.append(f"--connections={given.connections}")
    with ExitStack() as stack:
        versions = {
            name: stack.enter_context(
                version(
                    checkouts[name].resolve(),
                    [*(COMMAND if name == "after" else given.before_command), *options],
                )
            )
            for name in order
        }
        for pair in range(given.pairs + 1):
            for running in versions.values():
                running.request("prepare")
            for running in versions.values():
                running.answer()
            for case, name in product(CASES, random.sample(order, len(order))):
                versions[name].request(case)
                costs = versions[name].answer()
                if pair:  # the first round of each warms up
                    rounds[case][name].append(costs)
            print(f"pair {pair} of {given.pairs}", file=sys.stderr)
    for case in CASES:
        report(case, rounds[case])


def report(case: str, rounds: dict[str, list[Costs]]) -> None:
    """Print one line for each kind of process."""
    print(f"{case:18} {'before µs':>10} {'after µs':>10}  after/before            same version")
    kinds = [kind for kind in rounds["before"][0] if kind != LATENCY]
    latency = [LATENCY] if LATENCY in rounds["before"][0] else []  # versions before 0.2 do not tell it
    for kind in (*kinds, "sum", *latency):
        series = {
            name: [sum(costs[one] for one in kinds) if kind == "sum" else costs[kind] for costs in measured]
            for name, measured in rounds.items()
        }
        ratios = [after / before for before, after in zip(series["before"], series["after"], strict=True)]
        same = [again / before for before, again in zip(series["before"], series["again"], strict=True)]
        print(
            f"  {kind:16} {median(series['before']):10.1f} {median(series['after']):10.1f}"
            f"  {_shown(ratios)}  {_shown(same)}"
        )


def _shown(ratios: Sequence[float]) -> str:
    low, high = interval(ratios)
    return f"{median(ratios):.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
