"""The program of OpenSSF's model-signing, in an environment of its own: 39 packages that nothing else here needs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.servers.fixtures import absent

INSTALL = "uv venv FOLDER && uv pip install --python FOLDER model-signing pyopenssl"


def program() -> str:
    """Return where it is, or skip the test."""
    found = os.environ.get("MODELKEEP_TEST_MODEL_SIGNING") or shutil.which("model_signing")
    if found is None:
        absent(f"model-signing is not installed: {INSTALL}, then set MODELKEEP_TEST_MODEL_SIGNING")
    return found


def model_signing(*arguments: str | Path, fails: str = "") -> str:
    """Run it, and return what it prints; `fails` is what it must say when it must refuse."""
    done = subprocess.run([program(), *arguments], capture_output=True, text=True, check=False, timeout=120)
    said = done.stdout + done.stderr
    assert (done.returncode != 0) == bool(fails), said
    assert fails in said, said
    return said


@pytest.fixture
def official() -> None:
    """Ask for the program, so that a test without it is skipped before it begins."""
    program()
