"""Admits facilities and insurers at the fund: a credential file for each client."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from shikaku.commands import Commands


def admit_terminal(
    commands: Commands, code: str, name: str, kind: str, rights: str, *, file: str, test_key: bool = False
) -> Path:
    """Admit a facility with one terminal; returns its credential, which is `file` in the home folder.

    `test_key`: with the facility's fixed key, which a sandbox alone accepts.
    """
    credential = commands.home / file
    options = ("--institution-code", code, "--name", name, "--kind", kind, "--rights", rights)
    key = ("--test-key",) if test_key else ()
    commands.run("eligibility-api", "facility", "add", *options, *key, "--out", credential)
    return credential


def admit_insurer(commands: Commands, insurer_number: str, name: str) -> None:
    """Admit an insurer at the fund and add its credential to those of `payer-mock`."""
    credential = commands.home / f"payer-{insurer_number}.json"
    options = ("--insurer-number", insurer_number, "--name", name, "--out", credential)
    commands.run("eligibility-api", "insurer", "add", *options)
    _add_payers(commands, [credential])


def admit_insurers(commands: Commands, names: Mapping[str, str]) -> None:
    """Admit many insurers (names by number), each with a key for its program and one for its approver."""
    csv_file, payers, approvers = (commands.home / name for name in ("insurers.csv", "payers", "approvers"))
    with csv_file.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("insurer_number", "name"), *names.items()])
    payers.mkdir()
    approvers.mkdir()
    options = ("--from", csv_file, "--out-dir", payers, "--approvers-out-dir", approvers)
    commands.run("eligibility-api", "insurer", "add", *options)
    _add_payers(commands, [payers / f"payer-{number}.json" for number in names])
    commands.connect(PAYER_APPROVER=":".join(str(approvers / f"approver-{number}.json") for number in names))


def keys_of(commands: Commands, insurer_number: str) -> tuple[Path, Path]:
    """The credentials of an insurer's program and of its approver, once `admit_insurers` has admitted it."""
    approver = commands.home / "approvers" / f"approver-{insurer_number}.json"
    return _payers(commands)[f"payer-{insurer_number}.json"], approver


def _add_payers(commands: Commands, credentials: list[Path]) -> None:
    """Add credentials to those of `payer-mock`; an insurer's new one replaces its former one."""
    payers = _payers(commands) | {path.name: path for path in credentials}
    commands.connect(PAYER_CREDENTIAL=":".join(map(str, payers.values())))


def _payers(commands: Commands) -> dict[str, Path]:
    """The credentials of `payer-mock` by file name, which has the insurer's number."""
    paths = commands.wiring.get("PAYER_CREDENTIAL", "").split(":")
    return {Path(path).name: Path(path) for path in paths if path}
