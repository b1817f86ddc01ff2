"""Running the command line inside the test's process, with settings of the test's own."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from modelkeep.app.main import program

NOWHERE = "http://127.0.0.1:1"
"""Where no server is."""


def run(*words: str, given: str | None = None) -> Result:
    """Run a command without a terminal; `given` is its standard input."""
    return CliRunner().invoke(program(), words, input=given, prog_name="modelkeep")


def isolate(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let no setting of the machine be seen."""
    monkeypatch.setenv("HOME", str(folder))
    for variable, name in (("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")):
        monkeypatch.setenv(variable, str(folder / name))
    for variable in ("URL", "TOKEN", "OUTPUT", "CACHE_DIR", "TRACEBACK"):
        monkeypatch.delenv(f"MODELKEEP_{variable}", raising=False)
