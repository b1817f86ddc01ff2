"""The guest that finds out what a guest can do here."""

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO

from modelkeep.kernel.canonical_json import Json


def run(files: Sequence[BinaryIO], arguments: Json) -> Json:
    """Try to reach this machine's own network, to start a process, to open a file that its user can read."""
    del files
    readable = str(arguments["readable"]) if isinstance(arguments, Mapping) else ""
    return {"network": not _reaches(), "processes": not _forks(), "files": not _opens(readable)}


def _reaches() -> bool:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
            connection.settimeout(1)
            connection.connect(("127.0.0.1", 9))
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True


def _forks() -> bool:
    try:
        child = os.fork()
    except OSError:
        return False
    if child == 0:
        os._exit(0)
    with suppress(OSError):
        os.waitpid(child, 0)
    return True


def _opens(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError:
        return False
    return True
