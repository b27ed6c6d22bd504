"""Costs, a deployment and a report in round numbers, so that a plan can be checked by hand."""

from __future__ import annotations

from eligibility_api.contract.history import HistoryResource
from loadtest.planning.costs import API, BACKGROUND, BUSY, DATABASE, DOWN, STORED, UP, WAL, Consumption, Costs
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
from loadtest.planning.deployment import Deployment
from loadtest.planning.report import PlanReport

RECORD, NONCE, EVIDENCE = f"{STORED}audit_record", f"{STORED}used_nonce", f"{STORED}consent_evidence"
ENTRIES = f"{STORED}prescription_entry"
RECORDED = {WAL: 1000.0, RECORD: 500.0}

HISTORIES = (HistoryResource.HEALTH_CHECKUPS, HistoryResource.MEDICATIONS, HistoryResource.TREATMENTS)


def request_cost(**more: float) -> dict[str, float]:
    """A request that costs one millisecond of the API and half a millisecond of the database."""
    return {API: 0.001, DATABASE: 0.0005, BUSY: 0.002, UP: 500.0, DOWN: 1000.0} | more


COSTS = Costs(
    {
        TOKEN: request_cost() | {WAL: 200.0, NONCE: 100.0},
        CHALLENGE: {API: 0.0005, UP: 400.0, DOWN: 600.0},
        NUMBER: request_cost() | RECORDED,
        CARD: request_cost() | RECORDED | {NONCE: 100.0},
        CONSENT_CHALLENGE: request_cost(),
        CONSENT: request_cost() | {WAL: 5000.0, RECORD: 600.0, EVIDENCE: 4000.0, NONCE: 100.0},
        **{resource.value: request_cost() | RECORDED for resource in HISTORIES},
        PRESCRIPTION: request_cost() | RECORDED | {ENTRIES: 300.0},
        DISPENSING: request_cost() | RECORDED | {ENTRIES: 400.0},
        BATCH_ROW: {DATABASE: 0.001, BACKGROUND: 0.002, BUSY: 0.001} | RECORDED,
    },
    {API: 0.01, DATABASE: 0.02, BACKGROUND: 0.03},
)

DEPLOYMENT = Deployment(
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

MIX = {"number": 1000, "challenge": 500, "card": 500, "consent challenge": 500, "consent": 500}
VALIDATION = Consumption(20.0, MIX, COSTS.predict(20.0, MIX))
REPORT = PlanReport(
    COSTS,
    VALIDATION,
    DEPLOYMENT,
    {"number": 300.0, "validation": 80.0},
    1000,
    {},
    {"people": 300, "cards": 60},
)
"""A plan whose costs predicted the validation exactly."""
