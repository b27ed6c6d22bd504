"""The questions of a tap to the people at the reader, who may give up at any of them."""

from typing import Protocol

from clinic_terminal.card.errors import CardError
from eligibility_api.contract.codes import Category


class Prompts(Protocol):
    """The questions of a tap. Each may raise GivenUpError, or a CardError that ends the tap."""

    def pin(self, tries_left: int, earlier: CardError | None) -> str:
        """The PIN as typed.

        `earlier` is why it is asked again; an implementation without a second try raises it.
        """
        ...

    def agrees_to_registration(self) -> bool:
        """Whether the patient agrees to the first registration (初回登録) of this card."""
        ...

    def agrees_to(
        self, text: str, categories: tuple[Category, ...], facility: str = "", /
    ) -> tuple[Category, ...]:
        """Show the patient the `text`, which names the `facility`; returns the categories agreed to.

        All, some in their order, or none.
        """
        ...
