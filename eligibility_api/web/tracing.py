"""How the requests of an application are traced: not at all, unless traces are exported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi.telemetry import TelemetryConfig

from eligibility_api.web.middleware import AccessLog
from eligibility_api.web.server.direct import DirectAnswer
from eligibility_api.web.server.protocol import OPERATION_PATHS

if TYPE_CHECKING:
    from eligibility_api.platform.export import Export


@dataclass(frozen=True, slots=True)
class Tracing:
    """The access log's middleware, the framework's own tracing, and what opens a span around direct answers."""

    access_log: type[AccessLog]
    of_framework: TelemetryConfig
    direct: Callable[[DirectAnswer], DirectAnswer]


NO_TRACING = Tracing(
    AccessLog,
    # Variables of the framework's would export paths, which contain callers' text.
    {"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    lambda answer: answer,
)


def tracing_by(export: Export | None) -> Tracing:
    """How requests are traced that `export` sends; probes and readings of metrics have no span."""
    if export is None:
        return NO_TRACING
    from eligibility_api.web.traced import TracedAccessLog, traced

    of_framework = export.of_framework(lambda scope: scope.get("path") in OPERATION_PATHS)
    return Tracing(TracedAccessLog, of_framework, lambda answer: traced(answer, export.tracer))
