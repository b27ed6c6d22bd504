"""Describes settings classes: variables, unit, meaning, and what a process has of them: value and origin.

The page `docs/settings.md` and `eligibility-api settings` are made of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

UNITS = {
    "_seconds": "seconds",
    "_days": "days",
    "_bytes": "bytes",
    "_per_second": "per second",
    "_per_hour": "per hour",
    "_per_day": "per day",
    "_ratio": "ratio, 0 to 1",
    "_drop": "ratio, 0 to 1",
    "_rows": "rows",
    "_connections": "connections",
    "_url": "URL",
}
"""The unit of a setting by the end of its name."""

HIDDEN = "(hidden)"
DEFAULT = "default"

_USER_OF_URL = re.compile(r"(?<=://)[^/?#\s]*@")


@dataclass(frozen=True, slots=True)
class DescribedSetting:
    """One setting of a process. `value` is None if it has none; `origin` is a variable, also if a file has its name, or `default`."""

    name: str
    value: str | None
    origin: str
    unit: str
    meaning: str

    def as_dict(self) -> dict[str, str | None]:
        """The setting as a dictionary."""
        return asdict(self)


def variables(model: type[BaseSettings], name: str, field: FieldInfo) -> list[str]:
    """The environment variables of a field, the first of which wins."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return (
        [alias] if isinstance(alias, str) else [f"{model.model_config.get('env_prefix', '')}{name}".upper()]
    )


def unit(name: str) -> str:
    """The unit of a setting, by its name; empty where it has none."""
    return next((text for ending, text in UNITS.items() if f"{ending}_" in f"{name}_"), "")


def meaning(model: type[BaseSettings], variable: str, field: FieldInfo) -> str:
    """The description of a field, or what the docstring of the class, or of one it extends, states for its variable."""
    if field.description:
        return field.description
    stated = " ".join(
        " ".join((one.__doc__ or "").split()) for one in model.__mro__ if issubclass(one, BaseSettings)
    )
    found = re.search(rf"`{variable}`: (.+?)\.(?= `|\s*$| )", stated)
    return f"{found[1][:1].upper()}{found[1][1:]}." if found else ""


def describe(settings: BaseSettings, environment: Mapping[str, str]) -> Iterator[DescribedSetting]:
    """Describe every setting of `settings`, which was read from `environment`.

    A secret (`repr=False`, or SecretStr) is hidden, and so are user and password of a URL.
    """
    model = type(settings)
    # Names of variables are not case-sensitive.
    folder: Path | None = getattr(settings, "secrets_dir", None)
    files = [path.name for path in folder.iterdir() if path.is_file()] if folder else []
    given = {variable.upper() for variable in (*environment, *files)}
    for name, field in model.model_fields.items():
        names = variables(model, name, field)
        origin = next((variable for variable in names if variable.upper() in given), DEFAULT)
        shown = _shown(getattr(settings, name), secret=not field.repr)
        yield DescribedSetting(names[0], shown, origin, unit(name), meaning(model, names[0], field))


def _shown(value: object, *, secret: bool) -> str | None:
    if value is None or value in ("", ()):
        return None
    if secret or isinstance(value, SecretStr):
        return HIDDEN
    return _USER_OF_URL.sub(f"{HIDDEN}@", str(value))


def unknown_variables(model: type[BaseSettings], environment: Mapping[str, str]) -> list[str]:
    """The variables with the prefix of the settings that are none of them: mistyped, or of another version."""
    prefix = str(model.model_config.get("env_prefix", "")).upper()
    known = {
        variable.upper()
        for name, field in model.model_fields.items()
        for variable in variables(model, name, field)
    }
    return sorted(
        name for name in environment if name.upper().startswith(prefix) and name.upper() not in known
    )


def faults(model: type[BaseSettings], error: ValidationError) -> list[str]:
    """A sentence for each wrong setting: its variable and what is wrong, without the value."""
    return [f"{_variable(model, fault['loc'])}: {fault['msg']}" for fault in error.errors()]


def _variable(model: type[BaseSettings], location: tuple[int | str, ...]) -> str:
    # pydantic names a field with an alias by the alias.
    name = str(location[0]) if location else ""
    field = model.model_fields.get(name)
    return variables(model, name, field)[0] if field else name
