"""What people get who give a command what it cannot use: what is wrong, what to do, and the exit code of it."""

from pathlib import Path

import pytest
from tests.unit.cli.running import isolate, run

WRONG = 2


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    isolate(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.zip").write_bytes(b"no pack")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("policy lint missing.yaml", "missing.yaml cannot be read: No such file or directory"),
        ("policy plan missing.yaml --on fraud", "missing.yaml cannot be read: No such file or directory"),
        ("verify missing.zip", "missing.zip cannot be read: No such file or directory"),
        ("verify other.zip", "other.zip is no evidence pack"),
        ("verify other.zip --vkey nonsense", "'nonsense' is no key: write NAME+ID+BASE64"),
        ("verify other.zip --key release.pub", "An evidence pack is verified with --vkey, the key of the audit log."),
    ],
)
def test_a_file_or_key_that_cannot_be_used_is_named(words: str, told: str) -> None:
    done = run(*words.split())
    assert (done.exit_code, told in done.stderr) == (WRONG, True), done.stderr
