"""The wheel, built once for a module, and an environment with what it needs and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout, with the locked build backend; without network."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    [wheel] = folder.glob("*.whl")
    return wheel


def tracked_files(*packages: str) -> set[str]:
    """The files of these folders that belong to the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *packages],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


def requirements(wheel: Path, extra: str = "") -> list[Requirement]:
    """What the wheel requires in this environment, with an extra or without any."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        lines = archive.read(name).decode().split("\n\n")[0].splitlines()
    stated = [Requirement(line.partition(":")[2]) for line in lines if line.startswith("Requires-Dist:")]
    return [one for one in stated if one.marker is None or one.marker.evaluate({"extra": extra})]


def closure(wanted: list[Requirement]) -> dict[str, Distribution]:
    """The installed distributions that are needed for some requirements, by normalised name."""
    found: dict[str, Distribution] = {}
    waiting = [(one.name, frozenset(one.extras)) for one in wanted]
    while waiting:
        name, extras = waiting.pop()
        known = normalised(name) in found
        found[normalised(name)] = installed = distribution(name)
        if known and not extras:
            continue
        for line in installed.requires or ():
            needed = Requirement(line)
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in {"", *extras}
            ):
                waiting.append((needed.name, frozenset(needed.extras)))
    return found


def normalised(name: str) -> str:
    """A distribution's name as it is compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def install(wheel: Path, folder: Path) -> Path:
    """Lay out the wheel, and the installed files of what it requires without extras, in an empty folder."""
    folder.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    for installed in closure(requirements(wheel)).values():
        for source, target in _files(installed, folder):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return folder


def _files(installed: Distribution, folder: Path) -> Iterator[tuple[Path, Path]]:
    for file in installed.files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            yield Path(str(file.locate())), folder / str(file)
