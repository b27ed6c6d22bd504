"""The holder's access to her own information: the card signs for it, and the fund answers with a one-time code."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.jpki import JpkiApplication
from clinic_terminal.outcome import GivenUpError
from clinic_terminal.timings import MeteredConnection, Stopwatch, Timings
from clinic_terminal.visit.card_session import CardSession
from clinic_terminal.visit.prompts import Prompts
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.own_access import OwnAccessAnswer, OwnAccessRequest


@dataclass(frozen=True, slots=True)
class OwnAccessOutcome:
    """A code, a problem, or neither: the patient gave up. `tries_left` and `registered` as of a tap."""

    timings: Timings
    answer: OwnAccessAnswer | None = None
    problem: ShikakuError | None = None
    tries_left: int | None = None
    registered: bool = False


def own_access(
    connection: CardConnection, fund: FundClient, prompts: Prompts, watch: Stopwatch
) -> OwnAccessOutcome:
    """Obtain a code for the card's holder, who enters her PIN, and close `connection`.

    Expected errors are returned as the outcome's problem, as those of a tap are.
    """
    metered = MeteredConnection(connection, watch)
    card = JpkiApplication(metered)
    session = CardSession(card, fund, prompts, watch)
    answer, problem = None, None
    try:
        session.authenticate()
        answer = session.with_registration(
            lambda: session.send_proof(
                Purpose.OWN_ACCESS, lambda proof: fund.own_access(OwnAccessRequest(**dict(proof)))
            )
        )
    except ShikakuError as error:
        problem = error
    except (GivenUpError, KeyboardInterrupt):
        pass  # neither answer nor problem
    finally:
        with watch.step("close"):
            metered.close()
    return OwnAccessOutcome(watch.timings(), answer, problem, card.known_tries_left, session.registered)
