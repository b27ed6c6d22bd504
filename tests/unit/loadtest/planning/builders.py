"""Costs and a house of round numbers, so that what a plan makes of them can be told by hand."""

from __future__ import annotations

from eligibility_api.contract.history import LookUp
from loadtest.planning.costs import API, BESIDE, BUSY, DATABASE, DOWN, STORED, UP, WAL, Costs
from loadtest.planning.demand import (
    BATCH_ROW,
    CARD,
    CHALLENGE,
    CONSENT,
    CONSENT_CHALLENGE,
    DISPENSING,
    NUMBER,
    PRESCRIPTION,
    TOKEN,
)
from loadtest.planning.deployment import House

RECORD, SPENT, EVIDENCE = f"{STORED}audit_record", f"{STORED}spent", f"{STORED}consent_evidence"
ENTRIES = f"{STORED}prescription_entry"
RECORDED = {WAL: 1000.0, RECORD: 500.0}

LOOK_UPS = (LookUp.HEALTH_CHECKUPS, LookUp.MEDICATIONS, LookUp.TREATMENTS)


def asked(**more: float) -> dict[str, float]:
    """A request that takes a millisecond of the API and half of one of the database."""
    return {API: 0.001, DATABASE: 0.0005, BUSY: 0.002, UP: 500.0, DOWN: 1000.0} | more


COSTS = Costs(
    {
        TOKEN: asked() | {WAL: 200.0, SPENT: 100.0},
        CHALLENGE: {API: 0.0005, UP: 400.0, DOWN: 600.0},
        NUMBER: asked() | RECORDED,
        CARD: asked() | RECORDED | {SPENT: 100.0},
        CONSENT_CHALLENGE: asked(),
        CONSENT: asked() | {WAL: 5000.0, RECORD: 600.0, EVIDENCE: 4000.0, SPENT: 100.0},
        **{look_up.value: asked() | RECORDED for look_up in LOOK_UPS},
        PRESCRIPTION: asked() | RECORDED | {ENTRIES: 300.0},
        DISPENSING: asked() | RECORDED | {ENTRIES: 400.0},
        BATCH_ROW: {DATABASE: 0.001, BESIDE: 0.002, BUSY: 0.001} | RECORDED,
    },
    {API: 0.01, DATABASE: 0.02, BESIDE: 0.03},
)

HOUSE = House(
    workers=2,
    worker_mib=100.0,
    session_mib=5.0,
    other_mib=200.0,
    shared_buffers_mib=1024.0,
    pool_connections=8,
    worker_connections=12,
    other_connections=34,
    reserved_connections=3,
    max_connections=88,
    token_seconds=300.0,
    enrolment_bytes=1000.0,
    enrolment_index_bytes=400.0,
)
