"""Coverage-guided fuzzing of the readers of messages: `python -m tests.fuzz.guided xml|json SECONDS`.

Needs atheris, the extra `fuzz`, which no lock has: it is built for some interpreters only. An input that falls is written
to the current folder (`fall-…`, `timeout-…`, `oom-…`), and the exit code is not 0.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["clinic_terminal.messages", "defusedxml", "xml"]):
    from clinic_terminal.messages import json_codec, xml_codec
    from clinic_terminal.messages.errors import MessageFormatError
    from tests.fuzz.message_inputs import MODELS, SEEDS, read

MAX_BYTES = 64 * 1024
MAX_SECONDS_FOR_ONE = 10


def _xml(content: bytes) -> None:
    """The first byte chooses the model."""
    read(content[1:], MODELS[content[0] % len(MODELS)])


def _json(content: bytes) -> None:
    with suppress(MessageFormatError):
        message = json_codec.decode(content[1:], MODELS[content[0] % len(MODELS)]).message
        json_codec.encode(message)


TARGETS: dict[str, Callable[[bytes], None]] = {"xml": _xml, "json": _json}


def _seeds(form: str) -> list[bytes]:
    """Every example of every message, after the byte of its model."""
    seeds = []
    for model, content in SEEDS:
        written = content
        if form == "json":
            written = json_codec.encode(xml_codec.decode(content, model).message)
        seeds.append(bytes([MODELS.index(model)]) + written)
    return seeds


def main() -> None:
    """Fuzz one reader for some seconds, beginning with the examples."""
    form, seconds = sys.argv[1], int(sys.argv[2])
    target = TARGETS[form]

    def fuzz(content: bytes) -> None:
        if not content:
            return
        try:
            target(content)
        except Exception:
            Path(f"fall-{hashlib.sha256(content).hexdigest()[:16]}").write_bytes(content)
            raise

    with tempfile.TemporaryDirectory(prefix="shikaku-fuzz-") as corpus:
        for number, seed in enumerate(_seeds(form)):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        options = [
            f"-max_total_time={seconds}",
            f"-max_len={MAX_BYTES}",
            f"-timeout={MAX_SECONDS_FOR_ONE}",
            "-print_final_stats=1",
            corpus,
        ]
        atheris.Setup([sys.argv[0], *options], fuzz)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
