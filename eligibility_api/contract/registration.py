"""The first registration (初回登録): the holder agrees to use the card as insurance certificate."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from eligibility_api.contract import examples
from eligibility_api.contract.eligibility import Proof
from eligibility_api.contract.membership import StatedMembership
from eligibility_api.contract.wire import Agreement, Answer, OperatorName


class RegistrationRequest(Proof):
    """`POST /v1/registrations`: a proof with a first-registration challenge, and the holder's agreement.

    A card without a PIN signs a visual-registration challenge, after staff compared the face.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROOF | {"agreed": True}]})

    agreed: Agreement = Field(description="True: the holder agreed at this terminal.")
    membership: StatedMembership | None = None
    operator: OperatorName | None = Field(
        default=None, description="Who compared the face, if the card signed without its PIN; recorded."
    )


class RegistrationAnswer(Answer):
    """The result: the certificate is bound; `already_registered` if it was bound before."""

    already_registered: bool
    registered_at: datetime
    record_id: str
