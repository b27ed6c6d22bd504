"""SQL statements with named parameters: `:name` in the source, `$1`, `$2` … in the text that the driver sends.

A name is numbered where it first occurs, once, when its module is imported. The sources are rendered to
`eligibility_api/sql/`, to be read from top to bottom.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PARAMETER = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]{0,62})")
"""A parameter. Two colons are a cast."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its source with names, its text with numbers, and the names in the order of the numbers."""

    source: str
    text: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, source: str) -> Statement:
        """Number the parameters of a source."""
        names = tuple(dict.fromkeys(_PARAMETER.findall(source)))
        numbers = {name: f"${number}" for number, name in enumerate(names, start=1)}
        return cls(source, _PARAMETER.sub(lambda found: numbers[found[1]], source), names)

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of their numbers. Raises KeyError for a parameter without a value."""
        return [values[name] for name in self.names]
