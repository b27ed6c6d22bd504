"""The persons of the reception scenes, their insurance, and the expected result of each tap. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from shikaku.stack import INSURER_NUMBER, PIN

SECOND_INSURER_NUMBER = "06130017"

WRONG_PIN = "1234"

VALID, INVALID, NOT_FOUND, CARD_PROBLEM, REFUSED, REGISTRATION_NEEDED = 0, 12, 14, 20, 30, 31
"""Exit codes of `clinic-terminal tap`."""

ANSWERS = (VALID, INVALID, NOT_FOUND)
"""The exit codes after which the scene's `answer` is a validity."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A membership at one insurer, from `acquired_on` until the day before `lost_on`."""

    insurer_number: str
    acquired_on: date
    lost_on: date | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A person of the scenes, with the card `NAME.json`.

    `withdrawn`: arguments of the `jpki-mock` command that suspends or revokes the certificates.
    """

    name: str
    memberships: tuple[Membership, ...] = ()
    registered: bool = True
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One tap: the card, what the receptionist types, and the expected result.

    `answer` is the validity or the problem's code; `insurer_number` is the insurer shown, if any.
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
    three_years_ago = date(today.year - 3, 4, 1)
    yesterday = today - timedelta(days=1)
    first_of_month = today.replace(day=1)
    end_of_last_month = first_of_month - timedelta(days=1)
    current = Membership(INSURER_NUMBER, three_years_ago)
    return [
        Role("valid", (current,)),
        Role(
            "moved",
            (
                Membership(INSURER_NUMBER, three_years_ago, yesterday),
                Membership(SECOND_INSURER_NUMBER, yesterday),
            ),
        ),
        Role("ended", (Membership(INSURER_NUMBER, three_years_ago, end_of_last_month),)),
        Role("never"),
        Role("unregistered", (current,), registered=False),
        Role("suspended", (current,), registered=False, withdrawn=("suspend",)),
        Role("revoked", (current,), registered=False, withdrawn=("revoke", "--reason", "key-compromise")),
    ]


SCENES = [
    Scene("有効な保険\ninsured", "valid", VALID, "1", INSURER_NUMBER),
    Scene("昨日転職\nchanged jobs yesterday", "moved", VALID, "1", SECOND_INSURER_NUMBER),
    Scene("先月末に資格を喪失\ninsurance ended last month", "ended", INVALID, "2", INSURER_NUMBER),
    Scene("加入の登録がない\nnot enrolled by any insurer", "never", NOT_FOUND, "4"),
    Scene(
        "利用登録が未了\nnot registered for insurance use",
        "unregistered",
        REGISTRATION_NEEDED,
        "first-registration-needed",
    ),
    Scene(
        "同意して利用登録\nregisters with consent",
        "unregistered",
        VALID,
        "1",
        INSURER_NUMBER,
        options=("--register",),
    ),
    Scene("暗証番号の誤り\nwrong PIN", "valid", CARD_PROBLEM, "pin-wrong", pin=WRONG_PIN),
    Scene("正しい暗証番号\ncorrect PIN", "valid", VALID, "1", INSURER_NUMBER),
    Scene("紛失の届出があるカード\ncard reported lost", "suspended", REFUSED, "certificate-suspended"),
    Scene("電子証明書が失効したカード\ncertificate revoked", "revoked", REFUSED, "certificate-revoked"),
]
"""The taps, in order."""
