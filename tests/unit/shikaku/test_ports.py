"""The ports of a stack: fixed or free, and taken ones."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from shikaku import ports as module
from shikaku.ports import Ports
from shikaku.processes import StackError


@pytest.mark.parametrize("choice", ["", "fixed"])
def test_fixed_ports_are_the_default_and_differ(choice: str) -> None:
    ports = asdict(Ports.named(choice))
    assert ports["fund"] == 8400
    assert all(
        1024 < port < 32768 for port in ports.values()
    )  # below the range from which systems take free ones
    assert len(set(ports.values())) == len(ports)


def test_free_ports_are_zero() -> None:
    assert set(asdict(Ports.named("free")).values()) == {0}
    Ports.named("free").check()


@pytest.mark.parametrize("choice", ["8400", "random", "FREE"])
def test_another_choice_is_refused(choice: str) -> None:
    with pytest.raises(StackError, match="PORTS is fixed or free"):
        Ports.named(choice)


def test_all_taken_ports_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_is_taken", lambda port: port in {8400, 8610})
    with pytest.raises(StackError, match="port 8400, 8610 of"):
        Ports.named("fixed").check()
    Ports(jlis=8410).check()
