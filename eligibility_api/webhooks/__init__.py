"""Webhooks: events of an insurer's files and members and of a facility's consents, sent to addresses that they name.

The audit record is the outbox: an event is the record of its cause, written in the same transaction, and the job reads what
was committed since (docs/decisions/024-the-audit-record-is-the-outbox.md).
"""
