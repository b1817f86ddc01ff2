"""Runs the examples of the documentation as a reader would: in order, each page against a new registry.

A fenced block of shell or Python is run if the line before it is `<!-- run -->`; `<!-- run: 8 -->` expects that exit
code. A block of text after `<!-- shows -->` must have been printed by the block before it, line by line in this order;
`…` in it stands for anything.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.registry_server import PROGRAM, RegistryServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server

ROOT = Path(__file__).parents[2]
MARKED = re.compile(
    r"^(?P<indent> *)<!-- (?P<mark>run|shows)(?:: (?P<code>\d+))? -->\n+"
    r"(?P=indent)```(?P<language>\w+)\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A marked block: what to do with it, and where it is."""

    place: str
    mark: str
    exit_code: int
    language: str
    body: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            place=f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, found.start('body'))}",
            mark=found["mark"],
            exit_code=int(found["code"] or 0),
            language=found["language"],
            body=found["body"],
        )
        for found in MARKED.finditer(text)
    ]


PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if blocks(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_page_run(page: Path, own_server: RegistryServer, tmp_path: Path) -> None:
    run_page(page, own_server, tmp_path)


def test_the_readme_holds_for_postgresql_and_s3_by_settings_alone(
    postgres_server: PostgresServer, moto_server: S3Server, tmp_path: Path
) -> None:
    database = postgres_server.new_database()
    settings = {
        "MODELKEEP_DATABASE_URL": postgres_server.url(database),
        "MODELKEEP_STORE_URL": moto_server.new_bucket("registry"),
        "MODELKEEP_SECRET_KEY": "of the documentation's tests, 32 characters or more",
        **moto_server.environment,
    }
    server = RegistryServer(tmp_path, settings)
    server.start()
    run_page(ROOT / "README.md", server, tmp_path)
    server.stop()
    assert not (tmp_path / "data" / "modelkeep.db").exists()
    assert not server.objects.exists()
    postgres_server.drop_database(database)


def test_pages_that_newcomers_read_have_examples_that_run() -> None:
    names = {str(page.relative_to(ROOT)) for page in PAGES}
    assert {"README.md", "docs/getting-started.md", "docs/guides/push-and-pull.md", "docs/reference/sdk.md"} <= names


def test_no_mark_stands_alone() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        marks = re.findall(r"^ *<!-- (?:run|shows)\b", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(marks) == len(blocks(page)), page


def run_page(page: Path, server: RegistryServer, home: Path) -> None:
    environment = reader(server, home)
    printed = ""
    for block in blocks(page):
        if block.mark == "shows":
            check_shown(block, printed)
            continue
        done = run(block, environment, home)
        printed = done.stdout
        assert done.returncode == block.exit_code, f"{block.place}\n{block.body}\n{done.stdout}"


def reader(server: RegistryServer, home: Path) -> dict[str, str]:
    """Return the environment of somebody who has run the server, and has installed the program."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MODELKEEP_", "XDG_"))}
    own = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(server.folder / "config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "MODELKEEP_URL": server.url,
        "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}",
    }
    return inherited | own


def run(block: Block, environment: dict[str, str], folder: Path) -> "subprocess.CompletedProcess[str]":
    commands = {"sh": ["bash", "-euo", "pipefail"], "python": [sys.executable, "-W", "error"]}
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return subprocess.run(
        [*commands[block.language], "-c", block.body],
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def check_shown(block: Block, printed: str) -> None:
    text, place = squeezed(printed), 0
    for line in filter(None, map(str.strip, squeezed(block.body).splitlines())):
        pattern = re.compile(".*?".join(map(re.escape, line.split("…"))))
        found = pattern.search(text, place)
        assert found is not None, f"{block.place}: {line!r} was not printed after what is above it:\n{printed}"
        place = found.end()


def squeezed(text: str) -> str:
    """Make columns of other widths equal."""
    return re.sub(" {2,}", "  ", text)
