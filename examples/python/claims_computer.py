"""A tiny claims computer (レセコン): asks by number through the exchange folder, and reads the file of the next card tap.

python claims_computer.py FOLDER
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

JAPAN = timezone(timedelta(hours=9))
WAIT_SECONDS = 60

REQUEST = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<XmlMsg>
  <MessageHeader>
    <QualificationConfirmationDate>{day}</QualificationConfirmationDate>
    <MedicalInstitutionCode>1311111114</MedicalInstitutionCode>
    <ArbitraryFileIdentifier>{name}</ArbitraryFileIdentifier>
  </MessageHeader>
  <MessageBody>
    <QualificationConfirmSearchInfo>
      <InsurerNumber>01130012</InsurerNumber>
      <InsuredCardSymbol>架空</InsuredCardSymbol>
      <InsuredIdentificationNumber>7701</InsuredIdentificationNumber>
      <InsuredBranchNumber>00</InsuredBranchNumber>
      <Birthdate>19850615</Birthdate>
      <LimitApplicationCertificateRelatedConsFlg>0</LimitApplicationCertificateRelatedConsFlg>
    </QualificationConfirmSearchInfo>
  </MessageBody>
</XmlMsg>
"""


def ask(folder: Path) -> Path:
    """Drop a request; the path at which its result will be. Written under another name, it is never read in part."""
    now = datetime.now(JAPAN)
    name = f"{now:%Y%m%d%H%M%S%f}"
    part = folder / "req" / f"{name}.part"
    part.write_text(REQUEST.format(day=f"{now:%Y%m%d}", name=name), encoding="utf-8")
    part.rename(folder / "req" / f"OQSsiquc01req_{name}.xml")
    return folder / "res" / f"OQSsiquc01res_{name}.xml"


def wait_for(folder: Path, pattern: str) -> Path:
    """The first file of this pattern, once there is one."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        if files := sorted(folder.glob(pattern)):
            return files[0]
        if time.monotonic() > deadline:
            sys.exit(f"no {pattern} after {WAIT_SECONDS} s")
        time.sleep(0.1)


def show(kind: str, file: Path) -> None:
    """Print validity and name, and delete the file. A character encoding is declared in the file."""
    message = ElementTree.fromstring(file.read_bytes())  # noqa: S314 - our own terminal's file
    file.unlink()
    validity, name = (
        message.findtext(f".//{element}") or "-" for element in ("QualificationValidity", "Name")
    )
    if validity == "-":
        sys.exit(f"{kind}: {message.findtext('.//ErrorMessage') or 'no answer'}")
    print(kind, validity, name, flush=True)


def main() -> None:
    """Ask, and read two files."""
    folder = Path(sys.argv[1])
    result = ask(folder)
    show("number", wait_for(result.parent, result.name))
    show("face", wait_for(folder / "face", "OQSsiquc01res_face_*.xml"))


if __name__ == "__main__":
    main()
