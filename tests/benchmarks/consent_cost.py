"""What a consent and the looks under it cost: `python -m tests.benchmarks.consent_cost --people 20000 [--save F] [--beside F]`.

A whole fund in this process over a database server of its own: a crowd with twelve receipts each, and patients with
cards, every other one with claims, check-ups and prescriptions of her own. Each request is put to the application
itself, without a client or a server around it. Prints for each kind of request the median microseconds of processor time
of this process and of the database's backend, how many statements it took, and KiB of WAL; beside those of another run
(`--save`, `--beside`) as ratios. `--unanalysed`: the database has no statistics of what was loaded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.consent_patients import Patients, settled
from tests.benchmarks.in_process import Cost, Costs

WARMING = 3
"""Rounds before any is counted: a statement is planned once a connection."""

LOOK_UPS = ("medications", "treatments", "health-checkups")


async def measure(patients: Patients, rounds: int) -> Costs:
    """Every patient taps, consents and is looked at, once a round."""
    costs = Costs()
    draw = random.Random(1)
    for turn in range(rounds + WARMING):
        if turn == WARMING:
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
            for look_up in LOOK_UPS:
                kind = f"{look_up} ({'some' if patient.told else 'none'})"
                await costs.measure(kind, patients.caller, patients.look(consent["consent_id"], look_up))
    return costs


def show(costs: Sequence[Cost], beside: dict[str, Cost]) -> None:
    """A line a kind of request."""
    print(f"{'':28}{'requests':>9}{'API µs':>9}{'database µs':>13}{'statements':>12}{'WAL KiB':>9}{'KiB':>7}")
    for cost in costs:
        print(
            f"{cost.kind:28}{cost.requests:>9}{cost.api_us:>9.0f}{cost.database_us:>13.0f}"
            f"{cost.statements:>12.1f}{cost.wal_kib:>9.1f}{cost.answer_kib:>7.1f}",
            end="",
        )
        if (other := beside.get(cost.kind)) is not None:
            print(
                f"   of the other: API {_share(cost.api_us, other.api_us)},"
                f" database {_share(cost.database_us, other.database_us)}",
                end="",
            )
        print()


def _share(mine: float, others: float) -> str:
    return f"{mine / others:.2f}" if others else "-"


async def main() -> None:
    """Settle, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000, help="The crowd.")
    parser.add_argument("--cards", type=int, default=30, help="Patients who tap.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--unanalysed", action="store_true")
    parser.add_argument("--save", type=Path, help="A file for the figures.")
    parser.add_argument("--beside", type=Path, help="The file of another run, to compare with.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shikaku-consents-") as home:
        country = settled(Path(home), arguments.people, arguments.cards, analysed=not arguments.unanalysed)
        async with country as patients:
            costs = (await measure(patients, arguments.rounds)).all()
    beside: dict[str, Cost] = {}
    if arguments.beside is not None:
        beside = {kind: Cost(**cost) for kind, cost in json.loads(arguments.beside.read_text()).items()}
    show(costs, beside)
    if arguments.save is not None:
        arguments.save.write_text(json.dumps({cost.kind: cost.__dict__ for cost in costs}, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
