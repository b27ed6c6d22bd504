"""The patient's steps at the reader: pure functions from one position and what happened to the next position.

Neither a name nor a PIN is in a position: who stands at the counter may see every screen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent_versions import Language

WAIT_SECONDS = 60.0
"""At the method and the PIN without a touch; then "do you need more time?"."""

CONSENT_SECONDS = 120.0
MORE_SECONDS = 20.0
PRESENCE_SECONDS = 600.0
"""How long one card is served; then it is asked for again."""

SLOW_SECONDS = 5.0
GIVE_UP_SECONDS = 15.0
REMINDER_SECONDS = 5.0
LATER_REMINDER_SECONDS = 20.0
"""Where the patient has something to read first."""

WITHOUT_CARD_SECONDS = 180.0
"""A call of the staff, or a language, that was chosen without a card; then the screen is as for anybody."""

REMOVED_SECONDS = 10.0
CLEAR_SECONDS = 1.0
"""After the card is out, nothing of the last patient is left on the screen."""


class Step(StrEnum):
    """A screen. Its name is that of its texts."""

    IDLE = "idle"
    READING = "reading"
    METHOD = "method"
    PIN = "pin"
    LAST_TRY = "last-try"
    STAFF = "staff"
    LOCKED = "locked"
    UNSET = "unset"
    WORKING = "working"
    REGISTER = "register"
    CONSENT = "consent"
    EACH = "each"
    DONE = "done"
    READ = "read"
    TAKE = "take"
    REMOVED = "removed"
    CARD = "card"
    AGAIN = "again"
    READER = "reader"
    HELD = "held"
    GRACE = "grace"
    EXPIRING = "expiring"
    NETWORK = "network"
    OTHER = "other"


class Choice(StrEnum):
    """What a patient can press."""

    PIN = "pin"
    SEND = "send"
    STAFF = "staff"
    STOP = "stop"
    YES = "yes"
    NO = "no"
    ALL = "all"
    EACH = "each"
    NEXT = "next"
    MORE = "more"
    TOUCH = "touch"
    """Typing, which takes time but sends nothing."""
    ORDER = "order"
    """The keys of the PIN in their usual order."""
    CALL = "call"
    """The staff, from the bar of any screen."""
    JAPANESE = "ja"
    """The language of the screen, from the bar."""
    ENGLISH = "en"


class Reply(StrEnum):
    """How a question of the tap was answered; `AGREED`: to what the position says."""

    PIN = "pin"
    STAFF = "staff"
    AGREED = "agreed"
    REFUSED = "refused"
    STOPPED = "stopped"


KEYS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)

BEFORE_PIN = frozenset({Step.METHOD, Step.PIN, Step.LAST_TRY})
AT_CONSENT = frozenset({Step.REGISTER, Step.CONSENT, Step.EACH})
WAITING_FOR_STAFF = frozenset({Step.STAFF, Step.LOCKED, Step.UNSET})
ENDINGS = frozenset(
    {Step.DONE, Step.READ, Step.TAKE, Step.REMOVED, Step.CARD, Step.AGAIN, Step.READER, Step.HELD, Step.GRACE}
    | {Step.EXPIRING, Step.NETWORK, Step.OTHER}
)
WITHOUT_CARD = frozenset({Step.IDLE, Step.READER})
FROM_BAR = frozenset({Choice.CALL, Choice.JAPANESE, Choice.ENGLISH})
"""What is pressed in the bar, which every screen has."""

ASKS_STAFF = WAITING_FOR_STAFF | {Step.READ, Step.HELD, Step.NETWORK, Step.OTHER}
"""The screens that say that the staff helps: they are called."""

_WITH_CARD_TO_TAKE = frozenset({Step.DONE, Step.READ, Step.TAKE})


@dataclass(frozen=True, slots=True)
class Position:
    """Where the patient is.

    `earlier`: the code for which the PIN is asked again. `groups`: the categories of each question, `question` the one that
    is asked. `words`: what the card signs, in `words_language`, for this `facility`. `code`: of a problem with the card.
    `day`: of a certificate that ends. `after`: the ending that follows that notice, or that a card was taken after.
    """

    step: Step
    language: Language = Language.JA
    tries_left: int | None = None
    earlier: str | None = None
    keys: tuple[int, ...] = KEYS
    groups: tuple[tuple[Category, ...], ...] = ()
    question: int = 0
    agreed: tuple[Category, ...] = ()
    words: str = ""
    words_language: Language = Language.JA
    facility: str = ""
    reply: Reply | None = None
    code: str = ""
    day: date | None = None
    after: Step = Step.DONE
    pin_sent: bool = False
    consent_lost: bool = False
    more: bool = False
    called: bool = False
    left: bool = False

    @property
    def asks_everything(self) -> bool:
        """Whether several questions can be answered by one choice; after a choice of kinds there is none."""
        return len(self.groups) > 1 and not self.agreed


IDLE = Position(Step.IDLE)


def card_in(position: Position) -> Position:
    """A card was placed."""
    return Position(Step.READING, position.language)


def no_reader(position: Position) -> Position:
    """No reader is connected; who called the staff still waits for them."""
    return Position(Step.READER, position.language, called=position.called)


def reader_back(position: Position) -> Position:
    """The reader that was missing is connected again."""
    return replace(no_reader(position), step=Step.IDLE)


def ask_pin(
    position: Position, tries_left: int, earlier: str | None = None, keys: tuple[int, ...] = KEYS
) -> Position:
    """Ask how to confirm who the patient is, then for the PIN; before the last try, whether to use it."""
    asked = replace(
        position, tries_left=tries_left, earlier=earlier, keys=keys, reply=None, more=False, pin_sent=False
    )
    if position.step is Step.READING:
        return replace(asked, step=Step.METHOD)
    return _pin_or_last_try(asked)


def ask_registration(position: Position) -> Position:
    """Ask whether the card is to be registered."""
    return replace(position, step=Step.REGISTER, reply=None, more=False)


def ask_consent(
    position: Position, words: str, groups: tuple[tuple[Category, ...], ...], facility: str = ""
) -> Position:
    """Ask for consent to these groups. A second time, after a choice of kinds, it is about these alone."""
    asked = replace(position, words=words, groups=groups, facility=facility, question=0)
    return replace(asked, step=Step.CONSENT, reply=None, more=False)


def work(position: Position) -> Position:
    """The card and the fund are asked."""
    return replace(position, step=Step.WORKING, reply=None, more=False, left=False)


def choose(position: Position, choice: Choice) -> Position:
    """The position after a button was pressed; unchanged where this screen does not have the button."""
    if choice is Choice.CALL:
        return replace(position, called=True)
    if choice in FROM_BAR:
        return replace(position, language=Language(choice))
    if choice is Choice.MORE:
        return replace(position, more=False)
    match position.step, choice:
        case Step.METHOD, Choice.PIN:
            return _pin_or_last_try(position)
        case Step.LAST_TRY, Choice.PIN:
            return replace(position, step=Step.PIN, more=False)
        case Step.PIN, Choice.SEND:
            return replace(_replied(position, Reply.PIN), pin_sent=True)
        case Step.PIN, Choice.ORDER:
            return replace(position, keys=KEYS)
        case ((Step.METHOD | Step.LAST_TRY | Step.PIN), Choice.STAFF):
            return replace(position, step=Step.STAFF, reply=Reply.STAFF, more=False)
        case Step.STAFF, Choice.STOP:
            return Position(Step.TAKE, position.language)
        case Step.REGISTER, (Choice.YES | Choice.NO):
            return _replied(position, Reply.AGREED if choice is Choice.YES else Reply.REFUSED)
        case ((Step.GRACE | Step.EXPIRING), Choice.NEXT):
            return replace(position, step=position.after)
        case ((Step.CONSENT | Step.EACH), _):
            return _choose_consent(position, choice)
    return position


def _choose_consent(position: Position, choice: Choice) -> Position:
    everything = tuple(one for group in position.groups for one in group)
    match position.step, choice:
        case Step.CONSENT, (Choice.ALL | Choice.YES):
            return replace(_replied(position, Reply.AGREED), agreed=everything)
        case Step.CONSENT, Choice.NO:
            return replace(_replied(position, Reply.REFUSED), agreed=())
        case Step.CONSENT, Choice.EACH if position.asks_everything:
            return replace(position, step=Step.EACH, question=0, agreed=(), more=False)
        case Step.EACH, (Choice.YES | Choice.NO):
            agreed = position.agreed + (position.groups[position.question] if choice is Choice.YES else ())
            if position.question + 1 < len(position.groups):
                return replace(position, question=position.question + 1, agreed=agreed, more=False)
            reply = Reply.AGREED if agreed else Reply.REFUSED
            return replace(_replied(position, reply), agreed=agreed)
    return position


def finish(position: Position, ending: Position) -> Position:
    """The tap is over. Who chose the staff waits for them; the call of the staff and the language stay."""
    if position.step is Step.STAFF and ending.step is Step.TAKE:
        return position
    called = position.called or asks_staff(ending, ending.step)
    return replace(ending, language=position.language, pin_sent=position.pin_sent, called=called, reply=None)


def wait(position: Position, seconds: float, total: float) -> Position:
    """The position after so many seconds without a touch, `total` since the card was placed."""
    step = position.step
    limit = question_seconds(position)
    if limit is not None:
        if total >= PRESENCE_SECONDS or (position.more and seconds >= limit):
            return _stop(position)
        return replace(position, more=True) if seconds >= limit else position
    if step in WITHOUT_CARD:
        return Position(step) if seconds >= WITHOUT_CARD_SECONDS else position
    if step in WAITING_FOR_STAFF and seconds >= PRESENCE_SECONDS:
        return Position(Step.TAKE, position.language, left=True)
    if step in ENDINGS:
        limit = REMINDER_SECONDS if step in _WITH_CARD_TO_TAKE else LATER_REMINDER_SECONDS
        return replace(position, left=position.left or seconds >= limit)
    return position


def question_seconds(position: Position) -> float | None:
    """How long the question of a screen waits for a touch; None where nothing is asked."""
    if position.step in BEFORE_PIN:
        return MORE_SECONDS if position.more else WAIT_SECONDS
    if position.step in AT_CONSENT:
        return MORE_SECONDS if position.more else CONSENT_SECONDS
    return None


def _stop(position: Position) -> Position:
    """The patient is gone, or does not answer: nothing is tried, and nothing is agreed to."""
    return replace(_replied(position, Reply.STOPPED), agreed=())


def shown(position: Position, seconds: float) -> Step:
    """The screen: a long wait for the fund is a fault of the connection, even while it goes on."""
    if position.step is Step.WORKING and seconds >= GIVE_UP_SECONDS:
        return Step.NETWORK
    return position.step


def asks_staff(position: Position, step: Step) -> bool:
    """Whether the staff is wanted at a position whose screen is `step`: as it says, or as they were called."""
    return position.called or step in ASKS_STAFF or (step is Step.REMOVED and position.after in ASKS_STAFF)


def linger_seconds(position: Position) -> float:
    """How long a screen stays after the card is out."""
    return REMOVED_SECONDS if position.step is Step.REMOVED else CLEAR_SECONDS


def _replied(position: Position, reply: Reply) -> Position:
    return replace(position, step=Step.WORKING, reply=reply, more=False, earlier=None)


def _pin_or_last_try(position: Position) -> Position:
    return replace(position, step=Step.LAST_TRY if position.tries_left == 1 else Step.PIN, more=False)
