"""Modelkeep as a user installs it: the wheel without extras in an environment of its own, beside what makes models."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installation:
    """A virtual environment, and the environment variables that its programs are run with."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def install(self, *packages: str | Path) -> None:
        uv("pip", "install", "--quiet", "--python", self.python, *packages)

    def run(self, *arguments: str | Path) -> str:
        """Run a program of the environment, and return what it prints."""
        program, *others = arguments
        done = subprocess.run(
            [self.folder / "bin" / program, *others],
            env={**_outside(), **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def modelkeep(self, *arguments: str | Path) -> Any:  # noqa: ANN401 - JSON
        """Run a command, and return the JSON it prints."""
        return json.loads(self.run("modelkeep", *arguments, "--output", "json"))


def install(folder: Path) -> Installation:
    """Build the wheel of this repository, and install it alone."""
    uv("build", "--quiet", "--wheel", "--out-dir", folder / "dist", REPOSITORY)
    uv("venv", "--quiet", "--python", sys.executable, folder / "environment")
    installation = Installation(folder / "environment")
    (wheel,) = (folder / "dist").glob("*.whl")
    installation.install(wheel)
    return installation


def uv(*arguments: str | Path) -> None:
    program = shutil.which("uv")
    assert program, "uv is needed to build and install: pip install uv"
    done = subprocess.run([program, *arguments], env=_outside(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _outside() -> dict[str, str]:
    """The environment without what leads to this checkout."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
