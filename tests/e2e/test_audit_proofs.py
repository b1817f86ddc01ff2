"""The log of a running server is anchored, verified, and seen to be an old backup: by the commands that users have."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.e2e.registry_server import PROGRAM, RegistryServer
from tests.e2e.terminal import CommandLine

from modelkeep.client.verify_audit import read_checkpoints


def anchored(file: Path, more_than: int = 0) -> int:
    """Wait until the anchor has a checkpoint of more entries, and return of how many."""
    until = time.monotonic() + 30
    while True:
        text = file.read_text() if file.exists() else ""
        sizes = [checkpoint.size for checkpoint in read_checkpoints(text.splitlines())]
        if sizes and sizes[-1] > more_than:
            return sizes[-1]
        assert time.monotonic() < until, text
        time.sleep(0.1)


def test_an_old_backup_is_seen_by_the_server_and_by_who_verifies(tmp_path: Path) -> None:
    anchor, database, backup = tmp_path / "anchor", tmp_path / "data" / "modelkeep.db", tmp_path / "backup"
    server = RegistryServer(tmp_path, {"MODELKEEP_ANCHORS": f"file://{anchor}"})
    server.start()
    user = a_user(server)
    try:
        first = anchored(anchor)
        server.stop()
        shutil.copyfile(database, backup)
        server.start()
        assert user.run("push", "weights.bin", "scorer", "--no-git").code == 0
        anchored(anchor, more_than=first)
        holds = user.run("audit", "verify", str(anchor), "--output", "json")
        assert (holds.code, holds.json["holds"]) == (0, True)
        server.stop()
        for file in database.parent.glob("modelkeep.db*"):
            file.unlink()
        shutil.copyfile(backup, database)
        server.start()
        changed = user.run("audit", "verify", str(anchor))
        assert changed.code == 11
        assert "entries were signed, and there are" in changed.out
        assert user.run("push", "weights.bin", "scorer", "--no-git").code == 0
        until = time.monotonic() + 30
        while "remembers" not in server.log.read_text():
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        server.stop()


def test_the_keys_of_the_log_are_shown_and_replaced_and_the_log_is_checked(tmp_path: Path) -> None:
    server = RegistryServer(tmp_path)
    server.start()
    user = a_user(server)
    old = here(server, "log-key", "show")
    new = here(server, "log-key", "new")
    server.stop()
    server.start()
    assert user.run("push", "weights.bin", "scorer", "--no-git").code == 0
    assert here(server, "log-key", "show").split() == [new.strip(), old.strip()]
    assert here(server, "log-key", "retire") == old
    server.stop()
    server.start()
    keys = user.run("audit", "keys", "--output", "json").json["items"]
    assert [key.partition("@")[0] for key in keys] == [old.strip(), new.strip()]
    assert "fit" in here(server, "check-log")
    server.stop()
    (tmp_path / "data" / "log-key").unlink()
    refused = subprocess.run(
        [PROGRAM, "serve", "--port", str(server.port), "--data-dir", str(tmp_path / "data")],
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 8
    assert "MODELKEEP_LOG_KEY" in refused.stderr


def a_user(server: RegistryServer) -> CommandLine:
    """Return somebody with a file to push."""
    folder = server.folder / "user"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"weights")
    return CommandLine(server, folder)


def here(server: RegistryServer, *words: str) -> str:
    """Run a command of the server on its data folder."""
    environment = {**os.environ, "MODELKEEP_DATA_DIR": str(server.folder / "data")}
    return subprocess.run([PROGRAM, *words], env=environment, capture_output=True, text=True, check=True).stdout
