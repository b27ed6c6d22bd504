"""Forks the service's processes from one that has imported their programs, which takes longer than all else of a start.

That is Python's fork server: a child of the service without threads and connections. It ends with the service, and the
processes that were forked end with it.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

from eligibility_api.processes.process import unblock_stop_signals

FORKS: ForkServerContext = multiprocessing.get_context("forkserver")
"""Starts processes that are forked. They have the environment in which `import_programs` was called."""


def import_programs(modules: Iterable[str]) -> None:
    """Start the server, which imports these modules while the caller goes on."""
    FORKS.set_forkserver_preload(["eligibility_api.processes.fork_server", *modules])
    with unblock_stop_signals():  # every process inherits which signals are blocked
        forkserver.ensure_running()
