"""The laboratory's locustfile as a worker would have it that runs other sources than its master."""

from __future__ import annotations

from loadtest.conductor import worker
from loadtest.locustfile import *  # noqa: F403 - Locust looks for the classes here

worker.version = lambda: "other sources"  # type: ignore[attr-defined, assignment]
