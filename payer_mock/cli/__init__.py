"""`payer-mock`: an insurer's program at the command line. Wiring only; the other packages do the work."""

from __future__ import annotations

from payer_mock.cli import cards, claims, desk, events, generate, load, members, reports, uploads
from payer_mock.cli.common import Dependencies, app
from screens.command_help import arrange

__all__ = ["Dependencies", "app", "main"]

for module in (members, cards, uploads, reports, claims, generate, load, desk, events):
    module.add_to(app)
arrange(app, __name__)


def main() -> None:
    """Entry point of the `payer-mock` script."""
    app()
