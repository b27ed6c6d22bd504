"""The command `jpki-mock`. Each command opens the home folder, does one thing and exits."""

from jpki_mock.cli import cards, certificates, residents, services
from jpki_mock.cli.common import app

__all__ = ["app", "main"]

for commands in (residents, cards, certificates, services):
    commands.add_to(app)


def main() -> None:
    """Run the command; an error prints one sentence and gives exit code 2."""
    app()
