"""The program itself: a signal closes the card, and a second one does not interrupt that."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from clinic_terminal import cli

SIGNALS = (signal.SIGHUP, signal.SIGTERM)


@pytest.fixture(autouse=True)
def _former_handlers() -> Iterator[None]:
    former = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGTERM, 143)])
def test_a_signal_unwinds_the_program_and_is_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    closed: list[str] = []

    def app(*, obj: object) -> None:
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(SIGNALS[0])  # neither of them interrupts the closing
            signal.raise_signal(SIGNALS[1])
            closed.append("card")

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == code
    assert closed == ["card"]


def test_dependencies_reach_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr(cli, "app", lambda *, obj: given.append(obj))
    dependencies = cli.Dependencies()
    cli.main(dependencies)
    cli.main()
    assert given == [dependencies, None]
