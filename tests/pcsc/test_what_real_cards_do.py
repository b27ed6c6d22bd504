"""Cards that differ as real ones do, through PC/SC: files with filler that end without a warning, lengths of three bytes.

The terminal taps them, and an independent reader verifies what is printed on them.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jpki_mock.card.image import CardImage, Faults, save_image
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import CardOrder
from jpki_mock.settings import Settings
from tests.pcsc.sandbox import PcscSandbox
from tests.unit.jpki_mock.builders import ADULT, a_resident, key_maker

READ = """
import json, sys
from clinic_terminal.card.jpki import JpkiApplication
from clinic_terminal.card.pcsc import open_reader_card
from tests.builders.face_reader import Reader, read_face, read_text

connection = open_reader_card(None, 10)
reader = Reader(connection.transmit)
text = read_text(reader, "1234")
reader.transmit(bytes.fromhex("00A4020C020001"))
beyond = reader.transmit(bytes.fromhex("00B00000FF"))
face = read_face(reader, sys.argv[1])
jpki = JpkiApplication(connection)
jpki.select()
certificate = jpki.read_certificate()
jpki.verify_pin("1234")
signature = jpki.sign_for_authentication(b"message")
connection.close()
print(json.dumps({
    "text": [text[tag].decode() for tag in range(0xDF22, 0xDF26)],
    "face": {f"{tag:04X}": len(item) for tag, item in face.items()},
    "head": text[0xFF20][:3].hex(),
    "beyond": [len(beyond) - 2, beyond[-2:].hex()],
    "certificate": certificate.hex(),
    "signature": len(signature),
}))
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> CardImage:
    """A card as J-LIS issues it."""
    now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    home = tmp_path_factory.mktemp("jlis")
    with Jlis(Settings(home=home), now, key_maker()) as jlis:
        jlis.register.add([a_resident()])
        return jlis.cards.issue(CardOrder(resident_id=ADULT), now)


@pytest.mark.parametrize("three_byte_lengths", [False, True], ids=["short-lengths", "three-byte-lengths"])
@pytest.mark.parametrize("padded_files", [False, True], ids=["exact-files", "padded-files"])
def test_a_card_is_read_whole(
    sandbox: PcscSandbox, image: CardImage, tmp_path: Path, padded_files: bool, three_byte_lengths: bool
) -> None:
    faults = Faults(padded_files=padded_files, three_byte_lengths=three_byte_lengths)
    path = tmp_path / "card.json"
    save_image(image.with_faults(faults), path)
    sandbox.insert(0, path)
    try:
        run = sandbox.run(sys.executable, "-c", READ, str(image.reference_b.value), seconds=60)
    finally:
        sandbox.remove(0)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert report["text"] == ["見本　花子", "架空県見本市中央１丁目２番３号", "19800217", "2"]
    assert bytes.fromhex(report["certificate"]) == image.authentication.certificate
    assert report["signature"] == 256
    assert [int(tag, 16) for tag in report["face"] if tag != "FF20"] == list(range(0xDF21, 0xDF2B))
    assert (report["head"] == "ff2082") == three_byte_lengths
    assert report["beyond"] == ([255, "9000"] if padded_files else [17, "6282"])
