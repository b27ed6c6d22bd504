"""The message of an event: its media type and body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event that waits to be sent to a webhook. `attempts`: made so far."""

    delivery_id: int
    event_id: UUID
    type: str
    occurred_at: datetime
    data: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: the same bytes at every attempt."""

    media_type: str
    body: bytes


def standard_message(event: WaitingEvent) -> Message:
    """The message by Standard Webhooks: type, time and ids."""
    content = {"type": event.type, "timestamp": event.occurred_at.isoformat(), "data": event.data}
    return Message("application/json", json.dumps(content, separators=(",", ":")).encode())
