"""The program of the process that guests are forked from: it imports what they need, and never reads what they read.

Run by its path, with no environment, no site packages and one descriptor, by which the server asks it to start and to
end guests. There is nothing in it that a guest may not know. It ends with the server, and all its guests with it.
"""

import codecs
import contextlib
import importlib
import json
import os
import signal
import socket
import sys
import types
from pathlib import Path
from typing import Any, Final, NoReturn

_INSIDE: Final = "modelkeep.platform.sandbox.inside"
_OUR_OWN: Final = (f"{_INSIDE}.entry", f"{_INSIDE}.namespaces", f"{_INSIDE}.system_calls")
_MODULES_OF_THE_INTERPRETER: Final = ("unicodedata",)
"""Imported by the parser itself, when a text needs them."""
_CODECS: Final = (
    "ascii",
    "cp437",
    "latin-1",
    "raw-unicode-escape",
    "unicode-escape",
    "utf-8",
    "utf-16-be",
    "utf-16-le",
)
_LENGTH_BYTES: Final = 4

Message = dict[str, Any]


def main() -> None:
    """Obey the server until it is gone; the arguments are the descriptor, and where modules are found."""
    sys.path[:] = json.loads(sys.argv[2])
    for module in (*_OUR_OWN, *_MODULES_OF_THE_INTERPRETER):
        prepare(module)
    for codec in _CODECS:
        codecs.lookup(codec)
    control = socket.socket(fileno=int(sys.argv[1]))
    guests: set[int] = set()
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            question, descriptors = receive(control)
            send(control, obey(question, descriptors, guests))
    for process in guests:
        kill(process)


def receive(control: socket.socket) -> tuple[Message, list[int]]:
    """Return the next question, and the descriptors that came with it."""
    begin, descriptors, _, _ = socket.recv_fds(control, _LENGTH_BYTES, 1)
    while len(begin) < _LENGTH_BYTES:
        begin += more(control, _LENGTH_BYTES - len(begin))
    length, body = int.from_bytes(begin, "big"), b""
    while len(body) < length:
        body += more(control, length - len(body))
    return json.loads(body), descriptors


def more(control: socket.socket, length: int) -> bytes:
    """Return some of the bytes that are to come."""
    part = control.recv(length)
    if not part:
        raise EOFError
    return part


def send(control: socket.socket, answer: Message) -> None:
    """Answer."""
    body = json.dumps(answer).encode()
    control.sendall(len(body).to_bytes(_LENGTH_BYTES, "big") + body)


def obey(question: Message, descriptors: list[int], guests: set[int]) -> Message:
    """Do what is asked for: `start` a guest, `look` whether a process of a guest has ended, or `kill` it.

    The number of a process is that of no other one until it is answered that it has ended.
    """
    if "start" in question:
        prepare(question["start"])
        try:
            process = fork(question["start"], descriptors[0])
        except OSError as error:
            return {"refused": str(error)}
        finally:
            os.close(descriptors[0])
        guests.add(process)
        return {"process": process}
    if "kill" in question:
        process = question["kill"]
        kill(process)
        _, status = os.waitpid(process, 0)
    else:
        process = question["look"]
        ended, status = os.waitpid(process, os.WNOHANG)
        if not ended:
            return {"status": None}
        kill(process)  # what it has left behind
    guests.discard(process)
    return {"status": os.waitstatus_to_exitcode(status)}


def kill(process: int) -> None:
    """Kill a guest with all that it has started."""
    for end in (os.killpg, os.kill):  # it may not lead its group yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(process, signal.SIGKILL)


def prepare(module: str) -> None:
    """Import a module for all guests to come; if that fails, it fails for the guest in its own process."""
    stand_in_for_packages_of(module)
    with contextlib.suppress(Exception):
        importlib.import_module(module)


def fork(guest: str, channel: int) -> int:
    """Return the process of a new guest, whose only descriptor has the number that was that of the server's."""
    template = os.getpid()
    process = os.fork()
    if process:
        return process
    with contextlib.suppress(BaseException):
        be_guest(guest, channel, template)
    os._exit(1)


def be_guest(guest: str, channel: int, template: int) -> NoReturn:
    """Leave everything of the template behind but what it imported."""
    descriptor = int(sys.argv[1])
    os.dup2(channel, descriptor)
    os.close(channel)
    os.setsid()
    entry = importlib.import_module(f"{_INSIDE}.entry")
    entry.main(guest, descriptor, template)
    os._exit(0)


def stand_in_for_packages_of(module: str) -> None:
    """Put empty packages in place of those above a module: their own imports are the server's, not the guest's."""
    parts = module.split(".")[:-1]
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        if name in sys.modules:
            continue
        package = types.ModuleType(name)
        above = sys.path if depth == 1 else sys.modules[".".join(parts[: depth - 1])].__path__
        places = (Path(parent, parts[depth - 1]) for parent in above)
        package.__path__ = [str(place) for place in places if place.is_dir()]
        sys.modules[name] = package


if __name__ == "__main__":
    main()
