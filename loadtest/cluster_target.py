"""The environment under load on a cluster: three nodes, prepared as an operator does, and a stack that uses them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from loadtest.cluster.cluster import Cluster
from loadtest.cluster.configuration import REWIND
from loadtest.cluster.programs import find_programs
from loadtest.errors import LoadError
from loadtest.private_files import create_private
from loadtest.target import Progress, TargetEnvironment, start_stack

_ADMIN_SETTING = "FUND_DATABASE_ADMIN_URL"


@contextmanager
def open_cluster(folder: Path, *, workers: int, progress: Progress) -> Iterator[TargetEnvironment]:
    """Start a cluster and a stack on it in `folder`. Raises LoadError, OSError."""
    if "TERMINAL_FUND_URL" in os.environ:
        raise LoadError(
            "this fault needs a cluster, which the command starts with a stack of its own: unset TERMINAL_FUND_URL"
        )
    programs = find_programs(folder)
    addresses = folder / "addresses"
    with Cluster(folder / "cluster", programs, progress) as cluster:
        _prepare(cluster)
        _write(addresses, cluster.addresses)
        with start_stack(folder, workers=workers, database=addresses, cluster=cluster) as target:
            yield target


def _prepare(cluster: Cluster) -> None:
    """Create the fund's roles and database: by the fund's own command, as the superuser, whom no service knows."""
    environment = dict(os.environ) | dict(cluster.addresses) | {_ADMIN_SETTING: cluster.admin_address}
    operator = TargetEnvironment(environment, None)
    operator.run("eligibility-api", ("database", "prepare", "--rewind-role", REWIND))


def _write(folder: Path, addresses: Mapping[str, str]) -> None:
    """A file for each setting, as mounted secrets are."""
    folder.mkdir(mode=0o700)
    for setting, address in addresses.items():
        with create_private(folder / setting) as file:
            file.write(address)
