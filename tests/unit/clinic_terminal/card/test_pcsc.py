"""Readers over PC/SC, with a fake of pyscard's low-level module."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from clinic_terminal.card import pcsc
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.pcsc import Pcsc, Reader

EMPTY, PRESENT, UNAVAILABLE, UNKNOWN = 0x10, 0x20, 0x08, 0x04


@dataclass
class FakeScard:
    """The calls and constants that the adapter uses.

    `states` are the readers; each wait applies one of `events`.
    """

    states: dict[str, int] = field(default_factory=lambda: {"A": PRESENT})
    events: list[dict[str, int]] = field(default_factory=list)
    establish_result: int = 0
    wait_result: int = 0
    connect_result: int = 0
    transmit_result: int = 0
    response: list[int] = field(default_factory=lambda: [0x01, -0x70, 0x00])
    protocol: int = 2
    log: list[tuple[Any, ...]] = field(default_factory=list)

    SCARD_S_SUCCESS = 0
    SCARD_SCOPE_USER = 0
    SCARD_SHARE_EXCLUSIVE = 1
    SCARD_PROTOCOL_T0 = 1
    SCARD_PROTOCOL_T1 = 2
    SCARD_PCI_T0 = "T0"
    SCARD_PCI_T1 = "T1"
    SCARD_UNPOWER_CARD = 2
    SCARD_STATE_UNAWARE = 0
    SCARD_STATE_UNKNOWN = UNKNOWN
    SCARD_STATE_UNAVAILABLE = UNAVAILABLE
    SCARD_STATE_PRESENT = PRESENT
    SCARD_E_TIMEOUT = 0x8010000A
    SCARD_E_SHARING_VIOLATION = 0x8010000B
    SCARD_E_NO_SMARTCARD = 0x8010000C
    SCARD_E_UNKNOWN_READER = 0x80100009
    SCARD_F_COMM_ERROR = 0x80100013
    SCARD_E_NOT_TRANSACTED = 0x80100016
    SCARD_E_READER_UNAVAILABLE = 0x80100017
    SCARD_E_NO_SERVICE = 0x8010001D
    SCARD_E_SERVICE_STOPPED = 0x8010001E
    SCARD_E_NO_READERS_AVAILABLE = 0x8010002E
    SCARD_W_UNRESPONSIVE_CARD = 0x80100066
    SCARD_W_REMOVED_CARD = 0x80100069

    def SCardEstablishContext(self, scope: int) -> tuple[int, int]:
        return self.establish_result, 7

    def SCardReleaseContext(self, context: int) -> int:
        self.log.append(("release", context))
        return 0

    def SCardListReaders(self, context: int, groups: list[str]) -> tuple[int, list[str]]:
        return (0 if self.states else self.SCARD_E_NO_READERS_AVAILABLE), list(self.states)

    def SCardGetStatusChange(
        self, context: int, milliseconds: int, known: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, list[int]]]]:
        self.log.append(("wait", milliseconds))
        if any(state for _, state in known):
            if not self.events:
                return self.SCARD_E_TIMEOUT, []
            self.states |= self.events.pop(0)
        return self.wait_result, [(name, self.states[name], []) for name, _ in known]

    def SCardConnect(self, context: int, reader: str, mode: int, protocols: int) -> tuple[int, int, int]:
        self.log.append(("connect", reader, mode))
        return self.connect_result, 9, self.protocol

    def SCardTransmit(self, card: int, header: str, command: list[int]) -> tuple[int, list[int]]:
        self.log.append(("transmit", header, bytes(command).hex()))
        return self.transmit_result, self.response

    def SCardDisconnect(self, card: int, disposition: int) -> int:
        self.log.append(("disconnect", disposition))
        return 0


def error_when(call: Any) -> CardError:
    with pytest.raises(CardError) as caught:
        call()
    return caught.value


def code_when(call: Any) -> str:
    return error_when(call).code


WHEREVER_IT_FAILS = [
    (FakeScard.SCARD_F_COMM_ERROR, "reader-service-missing"),
    (FakeScard.SCARD_E_NO_SERVICE, "reader-service-missing"),
    (FakeScard.SCARD_E_SERVICE_STOPPED, "reader-service-missing"),
    (FakeScard.SCARD_E_READER_UNAVAILABLE, "reader-missing"),
    (FakeScard.SCARD_E_UNKNOWN_READER, "reader-missing"),
    (FakeScard.SCARD_E_SHARING_VIOLATION, "card-in-use"),
    (FakeScard.SCARD_E_NO_SMARTCARD, "card-removed"),
    (FakeScard.SCARD_W_REMOVED_CARD, "card-removed"),
]
"""The error code of a result at every call."""


def test_readers_are_listed_with_their_cards() -> None:
    with Pcsc(FakeScard({"A": EMPTY, "B": PRESENT})) as service:
        assert service.readers() == [Reader("A", False), Reader("B", True)]


def test_no_reader_is_an_empty_list() -> None:
    assert Pcsc(FakeScard({})).readers() == []


@pytest.mark.parametrize(("result", "code"), WHEREVER_IT_FAILS)
def test_a_failed_context_has_its_code(result: int, code: str) -> None:
    assert code_when(lambda: Pcsc(FakeScard(establish_result=result))) == code


@pytest.mark.parametrize(("result", "code"), WHEREVER_IT_FAILS)
def test_a_failed_wait_has_its_code(result: int, code: str) -> None:
    assert code_when(lambda: Pcsc(FakeScard(wait_result=result)).wait_for_card(None, 1)) == code


def test_without_pyscard_there_is_no_reader_service(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ImportError

    monkeypatch.setattr(pcsc, "import_module", missing)
    assert code_when(Pcsc) == "reader-service-missing"


def test_the_only_card_is_found_in_any_reader() -> None:
    assert Pcsc(FakeScard({"A": EMPTY, "B": PRESENT})).wait_for_card(None, 1) == "B"


def test_cards_in_two_readers_are_too_many() -> None:
    service = Pcsc(FakeScard({"A": PRESENT, "B": PRESENT}))
    assert code_when(lambda: service.wait_for_card(None, 1)) == "card-several"


def test_a_named_reader_is_used_regardless_of_others() -> None:
    assert Pcsc(FakeScard({"A": PRESENT, "B": PRESENT})).wait_for_card("B", 1) == "B"


@pytest.mark.parametrize(("states", "reader"), [({}, None), ({}, "A"), ({"A": PRESENT}, "B")])
def test_without_the_reader_there_is_no_wait(states: dict[str, int], reader: str | None) -> None:
    scard = FakeScard(states)
    assert code_when(lambda: Pcsc(scard).wait_for_card(reader, 60)) == "reader-missing"
    assert scard.log == []


def test_an_inserted_card_ends_the_wait() -> None:
    scard = FakeScard({"A": EMPTY}, events=[{}, {"A": PRESENT}])
    assert Pcsc(scard).wait_for_card(None, 60) == "A"
    assert [milliseconds for _, milliseconds in scard.log] == [0, 500, 500]


def test_after_the_timeout_the_card_is_missing() -> None:
    assert code_when(lambda: Pcsc(FakeScard({"A": EMPTY})).wait_for_card(None, 0)) == "card-missing"


@pytest.mark.parametrize("state", [UNAVAILABLE, UNKNOWN])
def test_a_reader_unplugged_while_waiting_is_missing(state: int) -> None:
    scard = FakeScard({"A": EMPTY}, events=[{"A": state}])
    assert code_when(lambda: Pcsc(scard).wait_for_card(None, 60)) == "reader-missing"


@pytest.mark.parametrize(
    ("result", "code"), [*WHEREVER_IT_FAILS, (FakeScard.SCARD_W_UNRESPONSIVE_CARD, "card-unexpected")]
)
def test_a_failed_connect_has_its_code(result: int, code: str) -> None:
    error = error_when(lambda: Pcsc(FakeScard(connect_result=result)).connect("A"))
    assert (error.code, error.details) == (code, {"pcsc": f"{result:08X}"})


@pytest.mark.parametrize(
    ("result", "code"), [*WHEREVER_IT_FAILS, (FakeScard.SCARD_E_NOT_TRANSACTED, "card-removed")]
)
def test_a_failed_command_has_its_code(result: int, code: str) -> None:
    connection = Pcsc(FakeScard(transmit_result=result)).connect("A")
    error = error_when(lambda: connection.transmit(b"\x00\xa4"))
    assert (error.code, error.details) == (code, {"pcsc": f"{result:08X}"})


def test_success_without_a_response_is_card_removed() -> None:
    connection = Pcsc(FakeScard(response=[])).connect("A")
    assert code_when(lambda: connection.transmit(b"\x00\xa4")) == "card-removed"


def test_a_card_is_held_exclusively_and_unpowered_at_the_end() -> None:
    scard = FakeScard()
    connection = Pcsc(scard).connect("A")
    assert connection.reader_name == "A"
    assert connection.transmit(b"\x00\xa4") == b"\x01\x90\x00"
    connection.close()
    connection.close()
    assert scard.log == [
        ("connect", "A", FakeScard.SCARD_SHARE_EXCLUSIVE),
        ("transmit", "T1", "00a4"),
        ("disconnect", FakeScard.SCARD_UNPOWER_CARD),
        ("release", 7),
    ]


def test_a_contact_card_uses_t0() -> None:
    scard = FakeScard(protocol=FakeScard.SCARD_PROTOCOL_T0)
    Pcsc(scard).connect("A").transmit(b"\x00\xa4")
    assert scard.log[-1] == ("transmit", "T0", "00a4")


def test_a_closed_connection_sends_nothing() -> None:
    scard = FakeScard()
    connection = Pcsc(scard).connect("A")
    connection.close()
    with pytest.raises(ConnectionError):
        connection.transmit(b"\x00\xa4")
    assert not [row for row in scard.log if row[0] == "transmit"]


def test_opening_waits_and_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc, "import_module", lambda _: FakeScard())
    assert pcsc.open_reader_card(None, 1).reader_name == "A"


def test_a_failed_opening_releases_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    scard = FakeScard({"A": EMPTY})
    monkeypatch.setattr(pcsc, "import_module", lambda _: scard)
    assert code_when(lambda: pcsc.open_reader_card(None, 0)) == "card-missing"
    assert scard.log[-1] == ("release", 7)


def test_a_machine_without_readers_is_reader_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc, "import_module", lambda _: FakeScard({}))
    assert code_when(pcsc.list_readers) == "reader-missing"
