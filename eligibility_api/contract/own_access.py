"""Own access (本人による閲覧): a terminal obtains a one-time code with which the holder opens her own page.

A terminal chooses the purpose that a card signs. So the answer at a facility is a code alone, unless the fund is
set to let a terminal with this right show the list of accesses: the content is on a page of the fund, on a device
of the patient's own, which says where and when the code was made.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from eligibility_api.contract import examples
from eligibility_api.contract.eligibility import Proof
from eligibility_api.contract.wire import Answer

OWN_ACCESS_PATH = "/v1/own-access"
PORTAL_PATH = "/portal"
"""The path of the page, below the fund's public address."""


class OwnAccessRequest(Proof):
    """`POST /v1/own-access`: a proof with an own-access challenge, signed after the PIN."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROOF]})


class AccessAtReader(Answer):
    """One access to the holder's information, as a terminal may show it."""

    accessed_at: datetime
    kind: str = Field(description="The kind of the audit record.", examples=["eligibility.card"])
    title_ja: str = Field(examples=["マイナンバーカードで保険の資格を確認"])
    title_en: str = Field(examples=["Checked the insurance by My Number Card"])
    by: str | None = Field(description="The facility or insurer; null for the holder herself.")
    operator: str | None
    emergency: bool = Field(description="Without consent, in an emergency or disaster.")
    refused: bool = Field(description="The access was refused.")


class OwnAccessAnswer(Answer):
    """The one-time code, and the address of the page on which it is entered."""

    code: str = Field(
        description="Valid for five minutes and one opening.", examples=["K7Q-29M-XD4-T8R-W3H-P5K"]
    )
    address: str = Field(examples=["https://fund.example/portal"])
    made_at: datetime
    expires_at: datetime
    record_id: str
    accesses: list[AccessAtReader] | None = Field(
        default=None,
        description="The newest accesses, if the fund is set to show them at readers; else null.",
    )
