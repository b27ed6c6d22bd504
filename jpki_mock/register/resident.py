"""A resident: one line of a residents file and one row of the register."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Resident(BaseModel):
    """One synthetic person."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    resident_id: str = Field(max_length=40)
    name: str = Field(min_length=1, max_length=100)
    name_kana: str = Field(min_length=1, max_length=100)
    birth_date: date
    sex: Literal["1", "2"] = Field(description="1 male, 2 female.")
    postal_code: str = Field(pattern=r"^[0-9]{3}-[0-9]{4}$")
    address: str = Field(min_length=1, max_length=200)
    died_on: date | None = None

    @property
    def four_items(self) -> tuple[str, str, date, str]:
        """Name, address, birth date and sex (基本4情報), which a signature certificate contains."""
        return self.name, self.address, self.birth_date, self.sex
