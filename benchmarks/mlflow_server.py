"""A stock mlflow server, in an environment of its own outside of this project."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.processes import Server, free_port
from benchmarks.workspace import cache_folder, say

VERSION: Final = "3.18.0"
DEPENDENCIES_OF: Final = "3.17.2"
"""mlflow 3.18.0 asks for a mlflow-skinny 3.18.0 that was never published; it runs with that of 3.17.2."""

QUIET: Final = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_CONFIGURE_LOGGING": "false"}
_INSTALL_SECONDS: Final = 1200


def environment() -> Path:
    """Return the folder of mlflow's environment; the first run makes it, which takes a minute or two."""
    folder = cache_folder() / f"mlflow-{VERSION}"
    done = folder / "installed"
    if done.exists():
        return folder
    say(f"installing mlflow {VERSION} into {folder}")
    python = str(folder / "bin/python")
    install = ["uv", "pip", "install", "--quiet", "--python", python]
    _run(["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    _run([*install, f"mlflow=={DEPENDENCIES_OF}", "psycopg2-binary"])
    _run([*install, "--no-deps", f"mlflow=={VERSION}"])
    done.touch()
    return folder


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, timeout=_INSTALL_SECONDS)


@dataclass(frozen=True)
class Mlflow:
    """The folder of an mlflow server."""

    root: Path
    database_url: str = ""

    @property
    def database(self) -> str:
        """The address of its database; SQLite in its folder by default, as it is with mlflow."""
        return self.database_url or f"sqlite:///{self.root / 'mlflow.db'}"

    def seed(self, versions: int) -> None:
        """Make the schema, and fill it."""
        self.root.mkdir(parents=True, exist_ok=True)
        script = Path(__file__).with_name("mlflow_seed.py")
        self._python(str(script), self.database, str(versions))

    def _python(self, *arguments: str) -> None:
        with (self.root / "seed.log").open("wb") as log:
            subprocess.run(
                [str(environment() / "bin/python"), *arguments],
                check=True,
                timeout=_INSTALL_SECONDS,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **QUIET},
            )

    def start(self, *, workers: int) -> Server:
        """Start the server with its defaults but the number of workers."""
        self.root.mkdir(parents=True, exist_ok=True)
        port = free_port()
        serve = [str(environment() / "bin/mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)]
        store = ["--backend-store-uri", self.database, "--artifacts-destination", str(self.root / "artifacts")]
        return Server.start(
            [*serve, "--workers", str(workers), *store],
            port,
            log=self.root / f"server-{workers}.log",
            environment=QUIET,
        )
