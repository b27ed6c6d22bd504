"""Tables of webhooks: allowed targets, subscriptions, and what is sent to each."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, FetchedValue, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from eligibility_api.database.columns import instant


class WebhookTarget(SQLModel, table=True):
    """An entry of the operator's list; `private`: its name may have addresses of the operator's own network."""

    __tablename__ = "webhook_target"

    entry: str = Field(primary_key=True)
    private: bool = False
    allowed_at: datetime = instant(by_database=True)


class WebhookRow(SQLModel, table=True):
    """A webhook of an insurer or a facility, made by one of its clients. See the migration 0035."""

    __tablename__ = "webhook"

    webhook_id: UUID = Field(primary_key=True)
    insurer_number: str | None = Field(foreign_key="insurer.insurer_number")
    institution_code: str | None = Field(foreign_key="facility.institution_code")
    client_id: UUID = Field(foreign_key="client.client_id")
    url: str
    events: list[str] | None = Field(sa_column=Column(ARRAY(Text)))
    format: str
    secret: bytes
    former_secret: bytes | None
    former_until: datetime | None = instant(nullable=True)
    created_at: datetime = instant(by_database=True)
    deleted_at: datetime | None = instant(nullable=True)
    disabled_at: datetime | None = instant(nullable=True)
    disabled_because: str | None
    next_at: datetime | None = instant(nullable=True)
    failing_since: datetime | None = instant(nullable=True)


class WebhookDelivery(SQLModel, table=True):
    """An event that is sent, or was, to a webhook."""

    __tablename__ = "webhook_delivery"

    delivery_id: int = Field(
        sa_column=Column(BigInteger, primary_key=True, server_default=FetchedValue(), autoincrement=False)
    )
    webhook_id: UUID = Field(foreign_key="webhook.webhook_id")
    event_id: UUID = Field(sa_column_kwargs={"server_default": FetchedValue()})
    type: str
    occurred_at: datetime = instant()
    data: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    state: str = Field(sa_column_kwargs={"server_default": FetchedValue()})
    attempts: int = Field(sa_column_kwargs={"server_default": FetchedValue()})
    last_attempt_at: datetime | None = instant(nullable=True)
    last_result: str | None
    ended_at: datetime | None = instant(nullable=True)
    kept_until: datetime | None = instant(nullable=True)
