"""What a hostile guest would try; each answers with how far it got. Runs in the sandbox only."""

import ctypes
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from modelkeep.kernel.canonical_json import Json


def run(files: Sequence[BinaryIO], arguments: Json) -> Json:
    assert isinstance(arguments, Mapping)
    return GUESTS[str(arguments["do"])](files, str(arguments.get("with", "")))


def read_backwards(files: Sequence[BinaryIO], _: str) -> Json:
    answers: list[Json] = []
    for file in files:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 4))
        tail = file.read()
        file.seek(0)
        answers.append([size, file.read(4).decode(), tail.decode(), len(file.read())])
    return answers


def speak_to(_: Sequence[BinaryIO], port: str) -> Json:
    reached: list[Json] = []
    for family, kind, address in (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", int(port))),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", int(port))),
        (socket.AF_UNIX, socket.SOCK_STREAM, "\0modelkeep-test-" + port),
    ):
        try:
            with socket.socket(family, kind) as connection:
                connection.connect(address)
                connection.send(b"secret")
        except OSError:
            continue
        reached.append(f"{family.name} {kind.name}")
    return reached


def fork_on(_: Sequence[BinaryIO], __: str) -> Json:
    started = 0
    while started < 20:
        try:
            child = os.fork()
        except OSError:
            break
        if child == 0:
            time.sleep(60)
        started += 1
    return started


def start_program(_: Sequence[BinaryIO], __: str) -> Json:
    try:
        os.execv("/bin/true", ["/bin/true"])  # noqa: S606 # what the sandbox must refuse
    except OSError as error:
        return type(error).__name__


def allocate(_: Sequence[BinaryIO], __: str) -> Json:
    return len(bytearray(4 * 1024**3))


def spin(_: Sequence[BinaryIO], __: str) -> Json:
    while True:
        pass


def spin_in_c(_: Sequence[BinaryIO], __: str) -> Json:
    return sum(range(10**13))


def sleep(_: Sequence[BinaryIO], __: str) -> Json:
    time.sleep(60)
    return None


def write(_: Sequence[BinaryIO], path: str) -> Json:
    try:
        Path(path).write_bytes(bytes(5 * 1024 * 1024))
    except OSError as error:
        return type(error).__name__
    return "written"


def read(_: Sequence[BinaryIO], path: str) -> Json:
    found: list[Json] = []
    for place in (
        path,
        "/etc/passwd",
        "/proc/self/environ",
        "/proc/1/environ",
        "/proc/self/root" + path,
        sys.executable,
    ):
        try:
            Path(place).read_bytes()
        except OSError:
            continue
        found.append(place)
    return found


def undo(_: Sequence[BinaryIO], path: str) -> Json:
    """Go back to where it came from, by calls that Python does not have: another root, another user."""
    libc = ctypes.CDLL(None)
    libc.unshare(0x10000000 | 0x00020000)
    libc.mount(b"none", b"/", b"tmpfs", 0, None)
    libc.chroot(b"../../../..")
    libc.setresuid(0, 0, 0)
    return read(_, path)


def signal_parent(_: Sequence[BinaryIO], pid: str) -> Json:
    try:
        os.kill(int(pid), signal.SIGTERM)
    except OSError as error:
        return type(error).__name__
    return "sent"


def environment(_: Sequence[BinaryIO], __: str) -> Json:
    return sorted(name for name in os.environ if name != "LC_CTYPE")


def descriptors(_: Sequence[BinaryIO], __: str) -> Json:
    """Return which are open; a socket has no position, which is another error."""
    found: list[Json] = []
    for descriptor in range(256):
        try:
            os.lseek(descriptor, 0, os.SEEK_CUR)
        except OSError as error:
            if error.errno == errno.EBADF:
                continue
        found.append(descriptor)
    found.remove(int(sys.argv[1]))
    return found


def lie(_: Sequence[BinaryIO], message: str) -> Json:
    body = message.encode()
    os.write(int(sys.argv[1]), len(body).to_bytes(4, "big") + body)
    time.sleep(60)
    return None


def talk(_: Sequence[BinaryIO], length: str) -> Json:
    return "x" * int(length)


def fail(_: Sequence[BinaryIO], text: str) -> Json:
    raise LookupError(text)


def leave(_: Sequence[BinaryIO], code: str) -> Json:
    os._exit(int(code))


def open_late(_: Sequence[BinaryIO], __: str) -> Json:
    import wave  # noqa: PLC0415 # a guest that forgot to import at its top

    return wave.__name__


GUESTS: Mapping[str, Callable[[Sequence[BinaryIO], str], Json]] = {
    guest.__name__: guest
    for guest in (
        read_backwards, speak_to, fork_on, start_program, allocate, spin, spin_in_c, sleep, write, read, undo,
        signal_parent, environment, descriptors, lie, talk, fail, leave, open_late,
    )
}  # fmt: skip
