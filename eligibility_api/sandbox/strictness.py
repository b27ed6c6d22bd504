"""The strict and random mode of a sandbox: any request may meet a fault that the interface allows, so that clients become robust.

What a client that follows the interface survives: it does not rely on an order of members, signs in again when its token has
expired, gets a new challenge or makes a new assertion when one is refused, and waits. Pure, but for the randomness passed in.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from eligibility_api.sandbox.faults import Fault, FaultName

TOKEN_EXPIRED_SHARE = 1 / 20
NONCE_REFUSED_SHARE = 1 / 10
SLOW_SHARE = 1 / 5
MAX_DELAY_SECONDS = 1.0


def drawn(random: Random) -> list[Fault]:
    """The faults of one request: its members' order always, the others by chance."""
    faults = [Fault(FaultName.SHUFFLED)]
    if random.random() < SLOW_SHARE:
        faults.append(Fault(FaultName.SLOW, random.uniform(0, MAX_DELAY_SECONDS)))
    if random.random() < TOKEN_EXPIRED_SHARE:
        faults.append(Fault(FaultName.TOKEN_EXPIRED))
    if random.random() < NONCE_REFUSED_SHARE:
        faults.append(Fault(FaultName.NONCE_REFUSED))
    return faults


def shuffled(content: bytes, random: Random) -> bytes:
    """The JSON document with the members of every object in another order; content that is no JSON is returned as it is.

    Arrays keep their order, which means something.
    """
    try:
        value = json.loads(content)
    except ValueError:
        return content
    return json.dumps(_shuffled(value, random), ensure_ascii=False, separators=(",", ":")).encode()


def _shuffled(value: Any, random: Random) -> Any:
    if isinstance(value, list):
        return [_shuffled(one, random) for one in value]
    if not isinstance(value, dict):
        return value
    members = [(name, _shuffled(one, random)) for name, one in value.items()]
    random.shuffle(members)
    return dict(members)
