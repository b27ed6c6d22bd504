"""The command `jpki-mock`: J-LIS at a desk. Each command opens the home folder, does one thing and ends."""

from jpki_mock.cli import cards, certificates, given, people, services
from jpki_mock.cli.common import app

__all__ = ["app", "main"]

for commands in (people, given, cards, certificates, services):
    commands.add_to(app)


def main() -> None:
    """Run the command; an error is one sentence and exit code 2."""
    app()
