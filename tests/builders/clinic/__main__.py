"""`clinic-terminal` with the readers that this process can reach, and a fake fund in this process.

Run as a module: the arguments are those of `clinic-terminal`, the settings come from the environment.
"""

from clinic_terminal.cli import Dependencies, main
from tests.builders.clinic.fake_fund import FakeFund

if __name__ == "__main__":
    main(Dependencies(make_transport=lambda *_: FakeFund().transport()))
