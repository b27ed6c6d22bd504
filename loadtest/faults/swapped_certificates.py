"""Swapped certificates: what belongs to one card or terminal is presented by another one.

As when certificates are mixed up at their issue, or when terminals are replaced. Whose certificate it is, decides:
nobody is answered about by another one's key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from loadtest.dataset.provision import Dataset
from loadtest.dataset.terminals import Terminal
from loadtest.faults.case_client import SERVED, Case, CaseClient, usable_card
from loadtest.faults.fault import Expectation, Fault, always
from loadtest.faults.taps import register_with, right_bytes, tap_with
from loadtest.http_client.connection import Reply
from loadtest.http_client.pool import ConnectionPool
from loadtest.scenario.answer_sample import CheckQuery
from loadtest.sections import Text


def with_key_of(terminal: Terminal, other: Terminal) -> Terminal:
    """A terminal that has the private key of another one."""
    key = {"private_key": other.credential.private_key, "private_key_pem": None}
    return replace(terminal, credential=terminal.credential.model_copy(update=key), token_expires_at=None)


async def _sign_in(swapped: Terminal, pool: ConnectionPool, _: Terminal) -> Reply:
    return await swapped.sign_in(pool)


def swapped_cases(dataset: Dataset, terminal: Terminal) -> Sequence[Case]:
    """Two cards with each other's certificates, two terminals with each other's keys; then each as it should be."""
    one = usable_card(dataset, terminal)
    another = usable_card(dataset, terminal, other_than=one)
    other_terminal = dataset.terminals[0]

    def of_other_terminal(_: Terminal, challenge: str) -> bytes:
        return right_bytes(other_terminal, challenge)

    return [
        Case("a card with another one's certificate", "signature-invalid",
             partial(tap_with, one, certificate=lambda _: another.certificate)),
        Case("that other card with this one's", "signature-invalid",
             partial(tap_with, another, certificate=lambda _: one.certificate)),
        Case("a first registration with another one's certificate", "signature-invalid",
             partial(register_with, one, another.certificate)),
        Case("a terminal with another one's key", "assertion-invalid",
             partial(_sign_in, with_key_of(terminal, other_terminal))),
        Case("that other terminal with this one's", "assertion-invalid",
             partial(_sign_in, with_key_of(other_terminal, terminal))),
        Case("a tap signed for another terminal", "signature-invalid",
             partial(tap_with, one, message=of_other_terminal)),
        Case("the first card as it should be", SERVED, partial(tap_with, one),
             CheckQuery.at(terminal, person=one.resident_id)),
        Case("the other card as it should be", SERVED, partial(tap_with, another),
             CheckQuery.at(terminal, person=another.resident_id)),
    ]  # fmt: skip


SWAPPED_CERTIFICATES = Fault(
    "certificates-swapped",
    Text(
        "カードの証明書や端末の鍵が他のものと入れ替わる",
        "cards present each other's certificates, and terminals use each other's keys",
    ),
    always(
        Expectation(
            Text(
                "鍵と証明書が合わないものはすべて拒否され、誰の情報も回答せず、登録もされません。正しいカードと端末は影響を"
                "受けません。",
                "A key that does not fit its certificate is refused: no insurance is answered, and nothing is"
                " registered. Right cards and terminals are not affected.",
            )
        )
    ),
    partial(CaseClient, cases=swapped_cases),
)
