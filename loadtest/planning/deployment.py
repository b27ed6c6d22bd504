"""What is true of the house that was measured, whoever asks it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class House:
    """Memory is each process's own (unshared), in MiB; connections are what may be opened at most.

    `worker_…`: of one API worker; `session_mib`: of one of PostgreSQL's; `other_…`: keeper, worker, supervisor and commands;
    `reserved_connections`: what PostgreSQL keeps for its superuser, of `max_connections`. `pool_connections`: those of a
    worker that its checks run on. `enrolment_bytes`: of one row with its indexes and its part of the entitlement's, and
    `enrolment_index_bytes` of them the indexes'.
    """

    workers: int
    worker_mib: float
    session_mib: float
    other_mib: float
    shared_buffers_mib: float
    pool_connections: int
    worker_connections: int
    other_connections: int
    reserved_connections: int
    max_connections: int
    token_seconds: float
    enrolment_bytes: float
    enrolment_index_bytes: float
