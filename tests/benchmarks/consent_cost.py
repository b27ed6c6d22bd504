"""Cost of a consent and the accesses under it: `python -m tests.benchmarks.consent_cost --people 20000 [--save F] [--baseline F]`.

A whole fund in this process over a database server of its own: a bulk population with twelve claims each, and patients with
cards, every other one with claims, check-ups and prescriptions of her own. Each request is sent to the application
directly, without HTTP client or server. Prints for each kind of request the median processor time in microseconds of
this process and of the database's backend, the number of statements, and KiB of WAL; with `--baseline` also the ratios
to another run (its `--save`). `--unanalysed`: the database has no statistics of the loaded data.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.consent_patients import Patients, prepared_fund
from tests.benchmarks.in_process import Cost, Costs

WARM_UP_ROUNDS = 3
"""Rounds before the measurement: each statement is planned once per connection."""

RESOURCES = ("medications", "treatments", "health-checkups")


async def measure(patients: Patients, rounds: int) -> Costs:
    """Every patient taps and consents, and her history is read, once a round."""
    costs = Costs()
    draw = random.Random(1)
    for number in range(rounds + WARM_UP_ROUNDS):
        if number == WARM_UP_ROUNDS:
            costs.clear()
        order = list(patients.patients)
        draw.shuffle(order)
        for patient in order:
            challenge = await costs.measure("tap challenge", patients.caller, patients.tap_challenge())
            tapped = await costs.measure("tap", patients.caller, patients.tap(patient, challenge))
            asked = patients.consent_challenge(tapped)
            given = await costs.measure("consent challenge", patients.caller, asked)
            consent = await costs.measure(
                "consent", patients.caller, patients.consent(patient, tapped, given)
            )
            for resource in RESOURCES:
                kind = f"{resource} ({'some' if patient.treated else 'none'})"
                await costs.measure(kind, patients.caller, patients.history(consent["consent_id"], resource))
    return costs


def show(costs: Sequence[Cost], baseline: dict[str, Cost]) -> None:
    """Print one line for each kind of request."""
    print(f"{'':28}{'requests':>9}{'API µs':>9}{'database µs':>13}{'statements':>12}{'WAL KiB':>9}{'KiB':>7}")
    for cost in costs:
        print(
            f"{cost.kind:28}{cost.requests:>9}{cost.api_us:>9.0f}{cost.database_us:>13.0f}"
            f"{cost.statements:>12.1f}{cost.wal_kib:>9.1f}{cost.answer_kib:>7.1f}",
            end="",
        )
        if (other := baseline.get(cost.kind)) is not None:
            print(
                f"   of the baseline: API {_share(cost.api_us, other.api_us)},"
                f" database {_share(cost.database_us, other.database_us)}",
                end="",
            )
        print()


def _share(mine: float, others: float) -> str:
    return f"{mine / others:.2f}" if others else "-"


async def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000, help="Size of the bulk population.")
    parser.add_argument("--cards", type=int, default=30, help="Number of patients with cards.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--unanalysed", action="store_true")
    parser.add_argument("--save", type=Path, help="File to write the figures to.")
    parser.add_argument("--baseline", type=Path, help="File of another run, to compare with.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shikaku-consents-") as home:
        country = prepared_fund(
            Path(home), arguments.people, arguments.cards, analysed=not arguments.unanalysed
        )
        async with country as patients:
            costs = (await measure(patients, arguments.rounds)).all()
    baseline: dict[str, Cost] = {}
    if arguments.baseline is not None:
        baseline = {kind: Cost(**cost) for kind, cost in json.loads(arguments.baseline.read_text()).items()}
    show(costs, baseline)
    if arguments.save is not None:
        arguments.save.write_text(json.dumps({cost.kind: cost.__dict__ for cost in costs}, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
