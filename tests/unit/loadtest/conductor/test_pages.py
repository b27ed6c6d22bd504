"""The two tabs: their columns, and the rows that the page asks for with Locust's statistics."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask, jsonify

from loadtest.conductor.pages import add_tabs, machine_rows
from loadtest.machine.sampling import Sample, Sampler, Usage


@pytest.fixture
def page() -> Any:
    app = Flask("page")
    app.add_url_rule("/stats/requests", "requests", lambda: jsonify(total_rps=3))
    app.add_url_rule("/exceptions", "exceptions", lambda: jsonify(exceptions=[]))
    made = SimpleNamespace(app=app, template_args={"kept": 1})
    add_tabs(cast(Any, made), {"generators": lambda: [{"worker": 1}], "machine": lambda: []})
    return made


def test_each_tab_has_a_table_with_its_columns(page: Any) -> None:
    arguments = page.template_args
    assert arguments["kept"] == 1
    assert [tab["key"] for tab in arguments["extended_tabs"]] == ["generators", "machine"]
    columns = {
        table["key"]: {one["key"] for one in table["structure"]} for table in arguments["extended_tables"]
    }
    assert {"rate", "in_flight", "start_delay_p99_ms", "cores"} <= columns["generators"]
    assert columns["machine"] == {"process", "cores", "memory_mib"}


def test_rows_come_with_the_statistics_and_with_nothing_else(page: Any) -> None:
    client = page.app.test_client()
    assert client.get("/stats/requests").json == {
        "total_rps": 3,
        "extended_stats": [{"key": "generators", "data": [{"worker": 1}]}, {"key": "machine", "data": []}],
    }
    assert client.get("/exceptions").json == {"exceptions": []}


def test_the_machine_is_shown_by_its_last_sample_with_other_work() -> None:
    old = Sample(0.0, {"api 1": Usage(0.9, 50.0)}, 0.0, 0.0, 0.0)
    new = Sample(1.0, {"database": Usage(0.254, 99.6), "api 1": Usage(0.5, 50.0)}, 0.0, 0.0, 0.4)
    rows = machine_rows(cast(Sampler, SimpleNamespace(samples=[old, new])))
    assert [(row["process"], row["cores"], row["memory_mib"]) for row in rows] == [
        ("api 1", 0.5, 50), ("database", 0.25, 100), ("others", 0.4, None),
    ]  # fmt: skip
    assert machine_rows(cast(Sampler, SimpleNamespace(samples=[]))) == []
