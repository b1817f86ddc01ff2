"""S9: whatever an expression or the facts are, the process lives on, and nothing passes that is not true.

Each test runs in a process of its own, so that one which dies is a test that fails.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.soak import rounds

FUZZER = Path(__file__).with_name("gate_fuzzer.py")
EXPRESSIONS = rounds(ci=1_500, soak=20_000)


@pytest.mark.parametrize(
    ("what", "times"), [("grammar", EXPRESSIONS), ("noise", EXPRESSIONS), ("bombs", 1), ("facts", 1), ("threads", 4)]
)
def test_the_process_lives_on_and_fails_closed(what: str, times: int) -> None:
    run = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(FUZZER), what, str(times)],
        capture_output=True,
        text=True,
        timeout=rounds(ci=300, soak=3_000),
        check=False,
    )
    assert run.returncode == 0, (run.stdout + run.stderr)[-2_000:]
    assert run.stdout.startswith("lived on")
    if what in ("grammar", "noise"):
        assert run.stdout.startswith(f"lived on: {times} expressions")
    print(run.stdout)  # noqa: T201 - `pytest -rP` shows what became of them
