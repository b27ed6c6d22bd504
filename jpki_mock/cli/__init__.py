"""The command `jpki-mock`. Each command opens the home folder, does one thing and exits."""

from jpki_mock.cli import cards, certificates, devices, residents, services
from jpki_mock.cli.common import app
from screens.command_help import arrange

__all__ = ["app", "main"]

for commands in (residents, cards, certificates, services):
    commands.add_to(app)
app.add_typer(devices.app, name="devices")
arrange(app, __name__)


def main() -> None:
    """Run the command; an error prints one sentence and gives exit code 2."""
    app()
