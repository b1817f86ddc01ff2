"""No test of the command line sees the settings of the machine."""

from pathlib import Path

import pytest
from tests.unit.cli.running import isolate


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)
