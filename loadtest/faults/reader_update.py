"""Readers that fail after an update: their taps are wrong in every way that a reader's program can spoil them.

The desk goes on by number, and other readers go on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from eligibility_api.contract.codes import Purpose
from loadtest.dataset.cards import Card
from loadtest.dataset.provision import Dataset
from loadtest.dataset.request_bodies import number_body, proof_members
from loadtest.dataset.terminals import Terminal
from loadtest.faults.case_client import SERVED, Case, CaseClient, confirmable, usable_card
from loadtest.faults.fault import Expectation, Fault, always
from loadtest.faults.taps import CARD_PATH, CHALLENGE_PATH, NUMBER_PATH, right_bytes, tap_with
from loadtest.http_client.connection import Reply, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.events import Membership
from loadtest.scenario.answer_sample import CheckQuery
from loadtest.sections import Text

_STATUS_WORD = b"\x90\x00"
"""What a card's answer ends with (ISO/IEC 7816-4): the reader has to remove it."""


def _cut(data: bytes) -> bytes:
    return data[:-1]


def _with_status_word(data: bytes) -> bytes:
    return data + _STATUS_WORD


def _of_another_terminal(terminal: Terminal, challenge: str) -> bytes:
    """What a card signs if the reader forgets its terminal's name."""
    nameless = terminal.credential.model_copy(update={"client_id": ""})
    return nameless.to_be_signed(Purpose.ELIGIBILITY, challenge)


async def _tap_twice(card: Card, pool: ConnectionPool, terminal: Terminal) -> Reply:
    """The reader repeats its last request. Raises ConnectionFailed."""
    head = request("POST", CHALLENGE_PATH, host=pool.host, token=terminal.token)
    challenge = await pool.exchange(with_body(head, json.dumps({"purpose": Purpose.ELIGIBILITY}).encode()))
    if challenge.status != 200:
        return challenge
    text = json.loads(challenge.body)["challenge"]
    proof = proof_members(card.certificate, text, card.sign(right_bytes(terminal, text)))
    check = with_body(request("POST", CARD_PATH, host=pool.host, token=terminal.token), b"{", proof, b"}")
    first = await pool.exchange(check)
    return await pool.exchange(check) if first.status == 200 else first


async def _by_number(membership: Membership, pool: ConnectionPool, terminal: Terminal) -> Reply:
    head = request("POST", NUMBER_PATH, host=pool.host, token=terminal.token)
    return await pool.exchange(with_body(head, number_body(membership)))


def reader_cases(dataset: Dataset, terminal: Terminal) -> Sequence[Case]:
    """The taps of the updated readers, and what the desk does instead."""
    card = usable_card(dataset, terminal)
    membership = next(iter(confirmable(dataset.reference_data, terminal)))
    tap = partial(tap_with, card)
    return [
        Case("a signature without its last byte", "signature-invalid", partial(tap, signature=_cut)),
        Case("a signature with the status word", "signature-invalid", partial(tap, signature=_with_status_word)),
        Case("a signature of other bytes", "signature-invalid", partial(tap, message=_of_another_terminal)),
        Case("a certificate without its last byte", "certificate-malformed", partial(tap, certificate=_cut)),
        Case("a certificate with the status word", "certificate-malformed", partial(tap, certificate=_with_status_word)),
        Case("the last tap, repeated", "challenge-used", partial(_tap_twice, card)),
        Case("the same patient at another reader", SERVED, tap, CheckQuery.at(terminal, person=card.resident_id)),
        Case("the same desk by number", SERVED, partial(_by_number, membership),
             CheckQuery.at(terminal, membership=membership)),
    ]  # fmt: skip


READER_UPDATE = Fault(
    "reader-update",
    Text("更新後のカードリーダーが誤った署名・証明書を送信", "readers send spoilt taps after an update"),
    always(
        Expectation(
            Text(
                "理由を示すコードで拒否され、誤って受け付けることはありません。同じ窓口の番号照会と、他のカードリーダーは"
                "影響を受けません。",
                "Each is refused by a code that names the reason, and none is accepted. The same desk's checks by number"
                " and all other readers are not affected.",
            )
        )
    ),
    partial(CaseClient, cases=reader_cases),
)
