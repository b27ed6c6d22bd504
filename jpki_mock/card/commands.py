"""Implements the card's commands on the selected application, with the status words of refusals.

`card.py` handles power, faults and logging; `apdu.py` parses the bytes.
"""

from collections.abc import Callable, Container, Mapping

from jpki_mock.card import profile, signing, status
from jpki_mock.card.apdu import Command
from jpki_mock.card.files import Application, DataFile, KeyFile, PinFile
from jpki_mock.card.selection import Selection
from jpki_mock.card.status import Refused
from jpki_mock.card.terminal_route import CHAINED, TerminalRoute
from jpki_mock.tlv import tlv

_MASTER_FILE = bytes.fromhex("3F00")
_CONTROL_INFORMATION, _NO_INFORMATION = 0x00, 0x0C
_MAX_AUTHENTICATION_INPUT = 245
"""Bytes that RSA-2048 signs with PKCS #1 v1.5 padding."""


class Chip:
    """A powered card: its applications and the current selection, initially the issuer domain."""

    def __init__(
        self,
        applications: Mapping[bytes, Application],
        new_route: Callable[[], TerminalRoute],
        randomness: Callable[[int], bytes],
    ) -> None:
        self.randomness = randomness
        self.selection: Selection
        self._applications = applications
        self._new_route = new_route
        self.select_application(profile.ISSUER_DOMAIN)

    def execute(self, command: Command) -> bytes:
        """Execute a command and return its response data.

        Raises:
            Refused: with the status word of the refusal.
        """
        _check_channel(command.cla)
        if command.ins not in _COMMANDS:
            raise Refused(status.UNKNOWN_INSTRUCTION)
        classes, run = _COMMANDS[command.ins]
        if command.cla not in classes:
            raise Refused(status.UNKNOWN_CLASS)
        if run is not _set_public_key:
            self.selection.route.break_chain()
        return run(self, command)

    def has_application(self, aid: bytes) -> bool:
        """Return whether this is the full AID of one of the card's applications."""
        return aid in self._applications

    def select_application(self, aid: bytes) -> None:
        """Select an application of the card.

        PIN status and all other state of the former selection are lost.
        """
        self.selection = Selection(self._applications[aid], self._new_route())


def _check_channel(cla: int) -> None:
    """Refuse all channels but the basic one, and secure messaging (ISO/IEC 7816-4, 5.4.1)."""
    further_channels = 0x40 <= cla < 0x80
    first_channels = cla & 0x60 == 0
    if further_channels or (first_channels and cla & 0x03):
        raise Refused(status.CHANNEL_NOT_SUPPORTED)
    if first_channels and cla & 0x0C:
        raise Refused(status.SECURE_MESSAGING_NOT_SUPPORTED)


def _select(chip: Chip, command: Command) -> bytes:
    if command.p1 == 0x04:
        return _select_application(chip, command)
    if command.p1 == 0x02:
        return _select_file(chip, command)
    if command.p1 == 0x00:
        return _select_master_file(chip, command)
    raise Refused(status.WRONG_PARAMETERS)


def _select_application(chip: Chip, command: Command) -> bytes:
    if not chip.has_application(command.data):
        raise Refused(status.FILE_NOT_FOUND)
    if command.p2 not in (_NO_INFORMATION, _CONTROL_INFORMATION):
        raise Refused(status.WRONG_PARAMETERS)
    chip.select_application(command.data)
    return tlv(0x6F, tlv(0x84, command.data)) if command.p2 == _CONTROL_INFORMATION else b""


def _select_file(chip: Chip, command: Command) -> bytes:
    if len(command.data) != 2:
        raise Refused(status.WRONG_LENGTH)
    chip.selection.select(int.from_bytes(command.data))
    return b""


def _select_master_file(chip: Chip, command: Command) -> bytes:
    """Do nothing: cards accept this inside an application and refuse it outside."""
    if chip.selection.application.aid == profile.ISSUER_DOMAIN:
        raise Refused(status.WRONG_PARAMETERS)
    if command.data not in (b"", _MASTER_FILE):
        raise Refused(status.FILE_NOT_FOUND)
    return b""


def _read_binary(chip: Chip, command: Command) -> bytes:
    if command.data or command.expected is None:
        raise Refused(status.WRONG_LENGTH)
    selection = chip.selection
    offset = command.p1p2
    if command.p1 & 0x80:
        selection.refer(command.p1)
        offset = command.p2
    file = selection.file
    if not isinstance(file, DataFile):
        raise Refused(status.WRONG_FILE_TYPE)
    if file.access is not None and not file.access & selection.verified:
        raise Refused(status.SECURITY_NOT_SATISFIED)
    return _part(file, offset, command)


def _part(file: DataFile, offset: int, command: Command) -> bytes:
    if offset >= len(file.content):
        raise Refused(status.WRONG_OFFSET)
    assert command.expected is not None
    part = file.content[offset : offset + command.expected]
    if len(part) < command.expected and not command.open_ended and not file.padded:
        raise Refused(status.END_OF_FILE, part)
    return part


def _verify(chip: Chip, command: Command) -> bytes:
    """Verify a PIN; without data return the tries left. Any wrong data use a try, even malformed data."""
    if command.p1:
        raise Refused(status.WRONG_PARAMETERS)
    selection = chip.selection
    selection.refer(command.p2)
    file = selection.file
    if not isinstance(file, PinFile):
        raise Refused(status.WRONG_FILE_TYPE)
    if not command.data:
        raise Refused(file.secret.query())
    assert selection.current is not None
    selection.verified.discard(selection.current)
    if (answer := file.secret.verify(command.data)) != status.OK:
        raise Refused(answer)
    selection.verified.add(selection.current)
    return b""


def _compute_signature(chip: Chip, command: Command) -> bytes:
    selection = chip.selection
    selection.refer(command.p2)
    file = selection.file
    if not isinstance(file, KeyFile):
        raise Refused(status.WRONG_FILE_TYPE)
    if file.pin_file not in selection.verified and not _is_visual_check(selection, file, command):
        raise Refused(status.SECURITY_NOT_SATISFIED)
    if not command.data:
        raise Refused(status.WRONG_LENGTH)
    signature = signing.sign(file.key, command.p1, command.data)
    if command.expected is None or command.expected < len(signature):
        raise Refused(status.WRONG_LENGTH)
    return signing.corrupted(signature) if file.corrupts else signature


def _is_visual_check(selection: Selection, file: KeyFile, command: Command) -> bool:
    """Return whether the PIN-less route allows this signature.

    The card must hash, so that it knows the message.
    """
    return (
        selection.route.is_open
        and file.visual_check
        and command.p1 == signing.MESSAGE
        and command.data.startswith(profile.VISUAL_CHECK_TAGS)
    )


def _get_challenge(chip: Chip, command: Command) -> bytes:
    if command.p1p2:
        raise Refused(status.WRONG_PARAMETERS)
    if command.extended:
        raise Refused(status.CONDITIONS_NOT_SATISFIED)
    if command.data or command.expected is None:
        raise Refused(status.WRONG_LENGTH)
    challenge = chip.randomness(command.expected)
    chip.selection.route.note_challenge(challenge)
    return challenge


def _set_public_key(chip: Chip, command: Command) -> bytes:
    """SET PUBLIC IC KEY: the PIN-less route, which only the JPKI application has."""
    if chip.selection.application.aid != profile.JPKI:
        raise Refused(status.CONDITIONS_NOT_SATISFIED)
    chip.selection.route.manage(command)
    return b""


def _always(status_word: int) -> Callable[[Chip, Command], bytes]:
    """Return a command that the card knows but always refuses."""

    def refuse(chip: Chip, command: Command) -> bytes:  # noqa: ARG001 - signature of all commands
        raise Refused(status_word)

    return refuse


def _internal_authenticate(chip: Chip, command: Command) -> bytes:  # noqa: ARG001 - signature of all commands
    """Refuse: no application here has a key for it. The length is checked first, as measured."""
    if not 1 <= len(command.data) <= _MAX_AUTHENTICATION_INPUT or command.expected is None:
        raise Refused(status.WRONG_LENGTH)
    raise Refused(status.CONDITIONS_NOT_SATISFIED)


_COMMANDS: dict[int, tuple[Container[int], Callable[[Chip, Command], bytes]]] = {
    0x20: ({0x00}, _verify),
    0x2A: ({0x80}, _compute_signature),
    0x84: ({0x00}, _get_challenge),
    0x88: ({0x00}, _internal_authenticate),
    0xA2: ({0x80, 0x80 | CHAINED}, _set_public_key),
    0xA4: ({0x00}, _select),
    0xB0: ({0x00}, _read_binary),
    0xB2: ({0x00}, _always(status.RECORD_NOT_FOUND)),  # READ RECORD
    0xCA: ({0x00}, _always(status.REFERENCE_NOT_FOUND)),  # GET DATA
}
"""Instructions with their allowed class bytes and functions."""
