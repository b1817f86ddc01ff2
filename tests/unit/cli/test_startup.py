import subprocess
import sys

_PROGRAM = """
import sys
before = set(sys.modules)
from modelkeep.app.main import main
sys.argv = ["modelkeep", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print(*sorted(set(sys.modules) - before), sep="\\n", file=sys.stderr)
"""
_OURS = {
    "modelkeep",
    "modelkeep.app",
    "modelkeep.app.commands",
    "modelkeep.app.main",
    "modelkeep.kernel",
    "modelkeep.kernel.errors",
}


def imported(*words: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, *words], capture_output=True, text=True, check=True)
    assert done.stdout
    return set(done.stderr.split())


def test_help_loads_click_and_the_commands_and_nothing_else() -> None:
    modules = imported("--help")
    ours = {name for name in modules if name.partition(".")[0] == "modelkeep"}
    assert {name for name in ours if not name.startswith("modelkeep.cli")} == _OURS
    packages = {name.partition(".")[0] for name in modules if not name.startswith("_")}
    assert packages - sys.stdlib_module_names == {"click", "modelkeep"}


def test_the_help_of_a_command_loads_no_more() -> None:
    assert imported("push", "--help") == imported("--help")


def test_a_list_that_no_terminal_shows_loads_no_drawing() -> None:
    assert not {"rich", "httpx"} & imported("config", "list")
