"""Settings of the dataset."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class DatasetSettings(BaseSettings):
    """Settings from environment variables.

    `LOADTEST_HOME`: the folder in which the cards' keys are kept between runs.
    """

    model_config = SettingsConfigDict(env_prefix="LOADTEST_", frozen=True)

    home: Path = Path("var/loadtest")
