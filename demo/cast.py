"""Who appears in the demo, how they are insured, and what the desk should see: data only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from demo.house import INSURER_NUMBER, PIN

SECOND_INSURER_NUMBER = "06130017"

WRONG_PIN = "1234"

VALID, INVALID, NOT_FOUND, CARD_PROBLEM, REFUSED, REGISTRATION_NEEDED = 0, 12, 14, 20, 30, 31
"""Exit codes of `clinic-terminal tap`."""

ANSWERS = (VALID, INVALID, NOT_FOUND)
"""Those with which the fund answers about a person."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A membership at one insurer, from `acquired_on` to before `lost_on`."""

    insurer_number: str
    acquired_on: date
    lost_on: date | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A person of the story, whose card is `NAME.json`. `withdrawn`: how J-LIS took the certificates back."""

    name: str
    memberships: tuple[Membership, ...] = ()
    registered: bool = True
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One tap: whose card, what the desk types, and what it should be answered.

    `answer` is the validity or the problem's code; `insurer_number` the insurer shown, None for nobody.
    """

    title: str
    card: str
    exit_code: int
    answer: str
    insurer_number: str | None = None
    pin: str = PIN
    options: tuple[str, ...] = ()


def roles(today: date) -> list[Role]:
    """The persons as of `today` (a day in Japan)."""
    long_ago = date(today.year - 3, 4, 1)
    yesterday = today - timedelta(days=1)
    first_of_month = today.replace(day=1)
    last_month_ended = first_of_month - timedelta(days=1)
    always = Membership(INSURER_NUMBER, long_ago)
    return [
        Role("valid", (always,)),
        Role(
            "moved",
            (
                Membership(INSURER_NUMBER, long_ago, yesterday),
                Membership(SECOND_INSURER_NUMBER, yesterday),
            ),
        ),
        Role("ended", (Membership(INSURER_NUMBER, long_ago, last_month_ended),)),
        Role("never"),
        Role("unregistered", (always,), registered=False),
        Role("suspended", (always,), registered=False, withdrawn=("suspend",)),
        Role("revoked", (always,), registered=False, withdrawn=("revoke", "--reason", "key-compromise")),
    ]


SCENES = [
    Scene("有効な保険\ninsured", "valid", VALID, "1", INSURER_NUMBER),
    Scene("昨日転職した\nchanged jobs yesterday", "moved", VALID, "1", SECOND_INSURER_NUMBER),
    Scene("先月で喪失した\nended last month", "ended", INVALID, "2", INSURER_NUMBER),
    Scene("保険者が未登録\nno insurer has enrolled", "never", NOT_FOUND, "4"),
    Scene(
        "初回登録が未了\nnever registered", "unregistered", REGISTRATION_NEEDED, "first-registration-needed"
    ),
    Scene(
        "同意して初回登録\nregisters now",
        "unregistered",
        VALID,
        "1",
        INSURER_NUMBER,
        options=("--register",),
    ),
    Scene("暗証番号の誤り\nwrong PIN", "valid", CARD_PROBLEM, "pin-wrong", pin=WRONG_PIN),
    Scene("正しい暗証番号で\nright PIN again", "valid", VALID, "1", INSURER_NUMBER),
    Scene("紛失届のあるカード\ncard reported lost", "suspended", REFUSED, "certificate-suspended"),
    Scene("失効したカード\ncard revoked", "revoked", REFUSED, "certificate-revoked"),
]
"""The taps in their order."""
