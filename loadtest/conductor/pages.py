"""Two more tabs of Locust's page: the generators, and the processes of the fund's machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import gevent
from flask import Response, request

from loadtest.machine.sampling import Sampler

if TYPE_CHECKING:  # Locust patches the process that imports it
    from locust.web import WebUI

Rows = Sequence[dict[str, Any]]

_GENERATORS = {
    "worker": "generator",
    "state": "state",
    "rate": "checks/s ordered",
    "offered": "checks begun",
    "answered": "answered",
    "in_flight": "in flight",
    "errors": "errors",
    "start_delay_p99_ms": "start delay p99, ms",
    "cores": "cores",
    "memory_mib": "MiB",
    "connections": "connections, peak",
}
_MACHINE = {"process": "process", "cores": "cores", "memory_mib": "MiB"}
_TABS = {
    "generators": ("負荷発生器 / Generators", _GENERATORS),
    "machine": ("支払基金のマシン / The fund's machine", _MACHINE),
}
_SAMPLE_SECONDS = 1.0


def add_tabs(page: WebUI, rows: dict[str, Callable[[], Rows]]) -> None:
    """Add the tabs. `rows`: the present rows of each, by its key."""
    page.template_args = {
        **page.template_args,
        "extended_tabs": [{"title": title, "key": key} for key, (title, _) in _TABS.items()],
        "extended_tables": [
            {"key": key, "structure": [{"key": name, "title": title} for name, title in columns.items()]}
            for key, (_, columns) in _TABS.items()
        ],
    }

    def extend(response: Response) -> Response:
        if request.path.endswith("/stats/requests") and response.is_json:
            tables = [{"key": key, "data": list(made())} for key, made in rows.items()]
            response.set_data(json.dumps({**response.get_json(), "extended_stats": tables}))
        return response

    assert page.app is not None
    page.app.after_request(extend)


def machine_rows(sampler: Sampler) -> Rows:
    """The processes of a machine by its last sample, with what else kept it busy."""
    if not sampler.samples:
        return []
    sample = sampler.samples[-1]
    rows = [
        {"process": name, "cores": round(usage.cores, 2), "memory_mib": round(usage.memory_mib)}
        for name, usage in sorted(sample.processes.items())
    ]
    return [*rows, {"process": "others", "cores": round(sample.others, 2), "memory_mib": None}]


def sample_forever(sampler: Sampler) -> None:
    """A greenlet's work: a sample a second, of which the last one is kept."""
    while True:
        sampler.sample()
        del sampler.samples[:-1]
        gevent.sleep(_SAMPLE_SECONDS)
