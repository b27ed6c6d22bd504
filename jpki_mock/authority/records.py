"""The SQL of issued certificates and of the renewal links between them, without rules."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from jpki_mock.authority.values import CaId, Carrier, CertificateId, Kind, Period, Reason, Record, Revocation
from jpki_mock.errors import NotFound
from jpki_mock.store import Store, from_seconds, to_seconds

_SELECT = """
SELECT c.*, a.ca_key_sha256 FROM certificates c JOIN authorities a ON a.ca_id = c.ca_id
"""

_PREDECESSORS = """
WITH RECURSIVE chain (ca_id, serial, distance) AS (
    SELECT r.old_ca_id, r.old_serial, 1 FROM renewals r WHERE r.new_ca_id = ? AND r.new_serial = ?
    UNION ALL
    SELECT r.old_ca_id, r.old_serial, chain.distance + 1
    FROM renewals r JOIN chain ON r.new_ca_id = chain.ca_id AND r.new_serial = chain.serial
)
SELECT a.ca_key_sha256, chain.serial FROM chain JOIN authorities a ON a.ca_id = chain.ca_id ORDER BY
chain.distance
"""


class Records:
    """The records of all certificates issued to residents."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, record: Record) -> None:
        """Record a new certificate.

        Raises sqlite3.IntegrityError if the serial number is in use at the authority.
        """
        with self._store.unit() as connection:
            connection.execute(
                "INSERT INTO certificates (ca_id, serial, resident_id, carrier, not_before, not_after)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    str(record.ca),
                    str(record.id.serial),
                    record.resident_id,
                    record.carrier,
                    to_seconds(record.period.start),
                    to_seconds(record.period.end),
                ),
            )

    def has(self, ca: CaId, serial: int) -> bool:
        """Return whether a serial number is in use at an authority."""
        found = self._store.row(
            "SELECT 1 FROM certificates WHERE ca_id = ? AND serial = ?", str(ca), str(serial)
        )
        return found is not None

    def find(self, wanted: CertificateId) -> Record:
        """Return one certificate's record. Raises NotFound."""
        row = self._store.row(
            _SELECT + "WHERE a.ca_key_sha256 = ? AND c.serial = ?", wanted.ca_key_sha256, str(wanted.serial)
        )
        if row is None:
            raise NotFound("J-LIS issued no such certificate.")
        return _record(row)

    def of_resident(self, resident_id: str, *kinds: Kind) -> list[Record]:
        """Return all certificates ever issued to a resident, of the given kinds."""
        rows = self._store.rows(_SELECT + "WHERE c.resident_id = ? ORDER BY c.not_before", resident_id)
        return [record for record in map(_record, rows) if record.ca.kind in kinds]

    def all(self) -> Iterator[Record]:
        """Yield every certificate, by authority and time of issue."""
        return map(_record, self._store.rows(_SELECT + "ORDER BY c.ca_id, c.not_before, c.serial"))

    def set_revocation(self, record: Record, revocation: Revocation | None) -> None:
        """Record a changed revocation, and mark the authority's CRL as outdated."""
        reason, at = (None, None) if revocation is None else (revocation.reason, to_seconds(revocation.at))
        with self._store.unit() as connection:
            connection.execute(
                "UPDATE certificates SET reason = ?, revoked_at = ? WHERE ca_id = ? AND serial = ?",
                (reason, at, str(record.ca), str(record.id.serial)),
            )
            connection.execute(
                "UPDATE authorities SET changes = changes + 1 WHERE ca_id = ?", (str(record.ca),)
            )

    def revoked(self, ca: CaId, since: datetime) -> Iterator[tuple[int, Revocation]]:
        """Yield an authority's revocations by serial number, of certificates that end at an instant or later."""
        rows = self._store.rows(
            "SELECT serial, reason, revoked_at FROM certificates"
            " WHERE ca_id = ? AND reason IS NOT NULL AND not_after >= ? ORDER BY revoked_at, serial",
            str(ca),
            to_seconds(since),
        )
        return ((int(row["serial"]), _revocation(row)) for row in rows)

    def link(self, old: Record, new: Record) -> None:
        """Record that a certificate renewed another.

        Raises sqlite3.IntegrityError if either already has a link.
        """
        with self._store.unit() as connection:
            connection.execute(
                "INSERT INTO renewals (old_ca_id, old_serial, new_ca_id, new_serial) VALUES (?, ?, ?, ?)",
                (str(old.ca), str(old.id.serial), str(new.ca), str(new.id.serial)),
            )

    def depend(self, phone: Record, card: Record) -> None:
        """Record that a phone's certificate ends with a card's."""
        with self._store.unit() as connection:
            connection.execute(
                "INSERT INTO phones (ca_id, serial, card_ca_id, card_serial) VALUES (?, ?, ?, ?)",
                (str(phone.ca), str(phone.id.serial), str(card.ca), str(card.id.serial)),
            )

    def phones_of(self, card: Record) -> list[Record]:
        """Return the phones' certificates that end with a card's."""
        rows = self._store.rows(
            _SELECT + "JOIN phones p ON p.ca_id = c.ca_id AND p.serial = c.serial"
            " WHERE p.card_ca_id = ? AND p.card_serial = ?",
            str(card.ca),
            str(card.id.serial),
        )
        return [_record(row) for row in rows]

    def card_of(self, phone: Record) -> Record | None:
        """Return the card's certificate with which a phone's ends; None if no link is recorded."""
        row = self._store.row(
            _SELECT + "JOIN phones p ON p.card_ca_id = c.ca_id AND p.card_serial = c.serial"
            " WHERE p.ca_id = ? AND p.serial = ?",
            str(phone.ca),
            str(phone.id.serial),
        )
        return None if row is None else _record(row)

    def predecessors(self, record: Record) -> list[CertificateId]:
        """Return the certificates that a certificate renewed, nearest first."""
        rows = self._store.rows(_PREDECESSORS, str(record.ca), str(record.id.serial))
        return [CertificateId(row["ca_key_sha256"], int(row["serial"])) for row in rows]


def _record(row: sqlite3.Row) -> Record:
    return Record(
        ca=CaId.parse(row["ca_id"]),
        id=CertificateId(row["ca_key_sha256"], int(row["serial"])),
        resident_id=row["resident_id"],
        carrier=Carrier(row["carrier"]),
        period=Period(from_seconds(row["not_before"]), from_seconds(row["not_after"])),
        revocation=None if row["reason"] is None else _revocation(row),
    )


def _revocation(row: sqlite3.Row) -> Revocation:
    return Revocation(Reason(row["reason"]), from_seconds(row["revoked_at"]))
