"""The shares of a tap's time, with a manual clock."""

from contextlib import suppress
from dataclasses import dataclass, field

import httpx2
import pytest

from clinic_terminal.timings import MeteredConnection, MeteredTransport, Stopwatch
from tests.builders.clinic.fake_card import FakeCard


class ManualClock:
    """A clock that only `move` advances."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class SlowCard(FakeCard):
    """Takes 10 ms for a command and 5 ms to power down."""

    clock: ManualClock = field(default_factory=ManualClock)

    def transmit(self, apdu: bytes, /) -> bytes:
        self.clock.move(0.010)
        return super().transmit(apdu)

    def close(self) -> None:
        self.clock.move(0.005)
        super().close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_software_is_the_rest_after_card_network_and_waiting(clock: ManualClock) -> None:
    watch = Stopwatch(clock)

    def handle(_: httpx2.Request) -> httpx2.Response:
        clock.move(0.020)
        return httpx2.Response(200)

    card = MeteredConnection(SlowCard(clock=clock), watch)
    with watch.step("select"):
        card.transmit(bytes.fromhex("00a4040c0100"))
        clock.move(0.001)
    with watch.step("pin-entry", waiting=True):
        clock.move(5)
    with httpx2.Client(transport=MeteredTransport(httpx2.MockTransport(handle), watch)) as client:
        client.get("https://fund.example/")
    with watch.step("close"):
        card.close()
    timings = watch.timings()
    assert (timings.total, timings.waiting, timings.card, timings.network, timings.software) == pytest.approx(
        (5036, 5000, 15, 20, 1)
    )
    assert timings.steps == pytest.approx({"select": 11, "pin-entry": 5000, "close": 5})
    assert timings.apdus == 1


def test_a_repeated_step_adds_up_and_a_failed_one_counts(clock: ManualClock) -> None:
    watch = Stopwatch(clock)
    with watch.step("verify"):
        clock.move(0.001)
    with suppress(ValueError), watch.step("verify"):
        clock.move(0.002)
        raise ValueError
    assert watch.timings().steps == pytest.approx({"verify": 3})


def test_a_removed_card_is_still_timed_and_counted(clock: ManualClock) -> None:
    watch = Stopwatch(clock)
    with pytest.raises(ConnectionError):
        MeteredConnection(SlowCard(removed_at="00", clock=clock), watch).transmit(b"\x00\xa4")
    assert watch.timings().apdus == 1
    assert watch.timings().card == pytest.approx(10)


def test_a_metered_connection_keeps_the_readers_name(clock: ManualClock) -> None:
    assert MeteredConnection(FakeCard(), Stopwatch(clock)).reader_name == "Fake Reader"
