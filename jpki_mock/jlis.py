"""J-LIS opened on its home folder: the entry point for tests, services and the command line.

The folder is created on first use: `jpki.sqlite`, `keys/` (private, 0600), `trust/` (public).
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from jpki_mock.authority.authorities import Authorities
from jpki_mock.authority.certificates import Certificates
from jpki_mock.authority.crl import RevocationLists
from jpki_mock.authority.keys import KeyMaker, make_key
from jpki_mock.authority.ocsp import Responder
from jpki_mock.authority.values import Kind, Reason, Record
from jpki_mock.clock import day_in_japan
from jpki_mock.devices import Devices
from jpki_mock.face_issuer import FaceIssuer
from jpki_mock.personalisation import Cards
from jpki_mock.register.person_keys import PersonKeys
from jpki_mock.register.register import ItemsChange, Register
from jpki_mock.settings import Settings
from jpki_mock.store import Store


class Jlis:
    """One J-LIS: authorities, register, certificates, cards, revocation lists, OCSP responder.

    The caller passes all instants. Thread-safe; other processes may have the same folder open.
    """

    def __init__(self, settings: Settings, now: datetime, make_key: KeyMaker = make_key) -> None:
        """Open the folder `settings.home`; creates what is missing, as of `now`."""
        home = settings.home
        with _exclusive(home):
            self.store = Store(home / "jpki.sqlite")
            self.authorities = Authorities(self.store, home, make_key)
            self.authorities.create_missing(now)
            person_keys = PersonKeys.open(home / "keys" / "register.secret")
            faces = FaceIssuer.open(home / "keys", make_key)
        self.devices = Devices(self.store, home, make_key)
        self.register = Register(self.store, person_keys)
        self.certificates = Certificates(self.store, self.authorities)
        self.cards = Cards(
            self.store, self.authorities, self.register, self.certificates, faces=faces, make_key=make_key
        )
        records = self.certificates.records
        self.revocation_lists = RevocationLists(self.store, self.authorities, records, settings)
        self.responder = Responder(self.store, self.authorities, records, settings, make_key)

    def change_items(self, resident_id: str, change: ItemsChange, now: datetime) -> list[Record]:
        """Change a resident's items; returns the signature certificates that this revoked.

        None if the four items do not change. Raises NotFound, InvalidInput.
        """
        with self.store.unit():
            before = self.register.find(resident_id)
            if self.register.change(resident_id, change).four_items == before.four_items:
                return []
            return self.certificates.revoke_all_of(resident_id, Reason.CHANGE, now, Kind.SIGNATURE)

    def record_death(self, resident_id: str, day: date, now: datetime) -> list[Record]:
        """Record a resident's death and return the certificates that this revoked.

        Raises NotFound, InvalidInput, NotAllowed.
        """
        with self.store.unit():
            self.register.record_death(resident_id, day, day_in_japan(now))
            return self.certificates.revoke_all_of(
                resident_id, Reason.DEATH, now, Kind.AUTHENTICATION, Kind.SIGNATURE
            )

    def close(self) -> None:
        """Close the folder."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _exclusive(home: Path) -> Iterator[None]:
    """Prevent other processes from creating the same folder at the same time."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "keys").mkdir(mode=0o700, exist_ok=True)
    with (home / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
