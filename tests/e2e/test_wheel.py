"""The base installation: the SDK and the command line, light, and nothing of the server."""

import time

import pytest
from tests.e2e.installation import Installation

HEAVY = ["fastapi", "sqlalchemy", "pydantic", "uvicorn", "obstore", "alembic"]


def test_the_command_line_works_without_the_server(installation: Installation) -> None:
    assert "push" in installation.run("modelkeep", "--help")
    assert installation.run("modelkeep", "--version").strip()
    assert installation.run("modelkeep", "completion", "bash")
    installed = installation.run("python", "-c", f"import importlib.util as u; print(*filter(u.find_spec, {HEAVY}))")
    assert installed.split() == []


def test_the_sdk_can_be_imported_without_the_server(installation: Installation) -> None:
    assert installation.run("python", "-c", "import modelkeep; print(modelkeep.connect().settings.url)").startswith(
        "http"
    )


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_the_server_s_commands_say_what_to_install(installation: Installation, command: str) -> None:
    with pytest.raises(AssertionError, match=r"pip install 'modelkeep\[server\]'"):
        installation.run("modelkeep", command)


def test_help_comes_at_once(installation: Installation) -> None:
    times = []
    for _ in range(5):
        started = time.monotonic()
        installation.run("modelkeep", "--help")
        times.append(time.monotonic() - started)
    assert min(times) < 0.5, "the aim is 0.2 s on an idle machine"
