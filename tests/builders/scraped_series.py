"""What a running fund's `/metrics` says, second by second, and whether an alert fires on it in stretched time.

An alert waits for minutes. So Prometheus' own checker gets the samples as if `stretch` seconds lay between those of one
second and the next, and the instants among their values likewise.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from tests.builders.monitoring import DEPLOY, PROMTOOL, alerts, named

Samples = Mapping[str, float]
"""Values by series, in Prometheus' notation."""

_RULES = DEPLOY / "prometheus" / "alerts.yml"
_TARGET = {"job": "shikaku-fund", "instance": "fund:8000"}
"""The labels that Prometheus adds to what it scrapes."""

_INSTANT = "_timestamp_seconds"
_TIMEOUT_SECONDS = 5.0
_PATIENCE_SECONDS = 120.0
_NOT_SCRAPED, _GONE = "_", "stale"


class ScrapedSeries:
    """The samples of a fund, scraped each second in a thread; time is counted in scrapes."""

    def __init__(self, url: Callable[[], str], stretch: int) -> None:
        """`url`: the fund's present address."""
        self._url = url
        self._stretch = stretch
        self._began, self._began_at = time.monotonic(), time.time()
        self._scrapes: dict[int, Samples | None] = {}
        """By their second; None for one that failed. There is none where the one before took too long."""
        self._scraped = threading.Condition()
        self._ended = threading.Event()

    @contextmanager
    def scraping(self) -> Iterator[None]:
        """Scrape inside of this context."""
        thread = threading.Thread(target=self._scrape_until_ended)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def wait(self, minutes: float) -> int:
        """Wait until so many minutes of the stretched time are scraped; returns the last scrape."""
        return self._wait_for(round(minutes * 60 / self._stretch))

    def first_fired(self, names: Iterable[str], since: int, patience: int) -> dict[str, int]:
        """After how many scrapes each alert fired; without those that did not within `patience` scrapes."""
        waiting, fired = set(names), dict[str, int]()
        last = since
        while waiting and last < since + patience:
            last = self._wait_for(last + 1)
            for name in [one for one in waiting if self._has(one, since, last, fired=True)]:
                waiting.remove(name)
                fired[name] = last - since
        return fired

    def was_silent(self, name: str, until: int) -> bool:
        """Whether an alert had not fired until a scrape."""
        return self._has(name, 0, until, fired=False)

    def _wait_for(self, scrape: int) -> int:
        with self._scraped:
            came = self._scraped.wait_for(lambda: max(self._scrapes, default=-1) >= scrape, _PATIENCE_SECONDS)
            assert came, "the fund is scraped no more"
            return max(self._scrapes)

    def _scrape_until_ended(self) -> None:
        while not self._ended.is_set():
            number = int(time.monotonic() - self._began)
            samples = self._scrape()
            with self._scraped:
                self._scrapes[number] = samples
                self._scraped.notify_all()
            self._ended.wait(self._began + number + 1 - time.monotonic())

    def _scrape(self) -> Samples | None:
        try:
            response = httpx2.get(f"{self._url()}/metrics", trust_env=False, timeout=_TIMEOUT_SECONDS)
        except httpx2.TransportError:
            return None
        if response.status_code != 200:
            return None
        return {
            _series(sample.name, sample.labels): self._stretched(sample.name, sample.value)
            for family in text_string_to_metric_families(response.text)
            for sample in family.samples
        }

    def _stretched(self, name: str, value: float) -> float:
        return (value - self._began_at) * self._stretch if name.endswith(_INSTANT) else value

    def _has(self, name: str, first: int, last: int, *, fired: bool) -> bool:
        """Whether promtool says of an alert that it fired, or did not, between two scrapes."""
        firing = f'ALERTS{{alertname="{name}",alertstate="firing"}}[{(last - first) * self._stretch}s]'
        test = {
            "interval": f"{self._stretch}s",
            "input_series": [
                {"series": series, "values": " ".join(values)} for series, values in self._values(name, last)
            ],
            "promql_expr_test": [
                {
                    "expr": f"count(last_over_time({firing})) > bool 0",
                    "eval_time": f"{last * self._stretch}s",
                    "exp_samples": [{"labels": "{}", "value": 1}] if fired else [],
                }
            ],
        }
        return _passes(test, self._stretch)

    def _values(self, name: str, last: int) -> Iterator[tuple[str, list[str]]]:
        """The series that an alert names, in promtool's notation."""
        with self._scraped:
            scrapes = {number: samples for number, samples in self._scrapes.items() if number <= last}
        wanted = tuple(f"{metric}{{" for metric in named(alerts()[name]["expr"]))
        found = {
            series for samples in scrapes.values() for series in samples or () if series.startswith(wanted)
        }
        up = _series("up", {})
        for series in sorted({up, *found}):
            values, was_there = [], False
            for number in range(last + 1):
                if number not in scrapes:
                    values.append(_NOT_SCRAPED)
                    continue
                samples = scrapes[number]
                value = float(samples is not None) if series == up else (samples or {}).get(series)
                missing = _GONE if was_there else _NOT_SCRAPED
                values.append(missing if value is None else repr(value))
                was_there = value is not None
            yield series, values


def _series(name: str, labels: Mapping[str, str]) -> str:
    written = ",".join(f"{label}={json.dumps(value)}" for label, value in {**labels, **_TARGET}.items())
    return f"{name}{{{written}}}"


def _passes(test: Mapping[str, Any], stretch: int) -> bool:
    assert PROMTOOL is not None
    tests = {"rule_files": [str(_RULES)], "evaluation_interval": f"{stretch}s", "tests": [test]}
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:  # JSON is YAML
        json.dump(tests, file)
        file.flush()
        done = subprocess.run([PROMTOOL, "test", "rules", file.name], capture_output=True, check=False)
    return done.returncode == 0
