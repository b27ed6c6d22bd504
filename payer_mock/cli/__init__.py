"""`payer-mock`: insurers' programs at a command line. Wiring only: `desk`, `country`, `claims`, `papers` and `load` do the work."""

from __future__ import annotations

from payer_mock.cli import claims, claims_files, country, desk, enrolment, load, single, uploads
from payer_mock.cli.common import Surroundings, app

__all__ = ["Surroundings", "app", "main"]

for part in (enrolment, single, uploads, desk, country, claims, claims_files, load):
    part.add_to(app)


def main() -> None:
    """Entry point of the `payer-mock` script."""
    app()
