"""`clinic-terminal` as it is, at whatever readers this process can reach, with a fund that is played in it.

Run as a module: the arguments are those of `clinic-terminal`, the settings come from the environment.
"""

from clinic_terminal.cli import Surroundings, main
from tests.unit.clinic_terminal.fake_fund import FakeFund

if __name__ == "__main__":
    main(Surroundings(make_transport=lambda _: FakeFund().transport()))
