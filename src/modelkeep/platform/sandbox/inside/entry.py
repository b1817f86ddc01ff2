"""The program of a guest's process: imports the guest, closes every door, then lets it read.

Run by its path, with no environment and no site packages. Our own code is imported while files can be opened; from then
on it has what it imported, one descriptor, and limits.
"""

import codecs
import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # found only when the path is set
    from modelkeep.platform.sandbox.inside.channel import Channel

Order = dict[str, Any]

_MODULES_OF_THE_INTERPRETER = ("unicodedata",)
"""Imported by the parser itself, when a text needs them."""
_CODECS = ("ascii", "cp437", "latin-1", "raw-unicode-escape", "unicode-escape", "utf-8", "utf-16-le")


def main() -> None:
    """Obey the order that comes by the descriptor named as the only argument."""
    descriptor = int(sys.argv[1])
    sys.path[:] = json.loads(sys.argv[2])
    stand_in_for_packages_of("modelkeep.platform.sandbox.inside.channel")
    channel_module = importlib.import_module("modelkeep.platform.sandbox.inside.channel")
    channel = channel_module.Channel(descriptor)
    order: Order = json.loads(channel.receive())
    bound(order["memory_bytes"], order["cpu_seconds"])
    signal.signal(signal.SIGXCPU, lambda *_: leave(channel, "cpu", "processor time is used up"))
    stand_in_for_packages_of(order["guest"])
    guest = importlib.import_module(order["guest"])
    for codec in _CODECS:
        codecs.lookup(codec)
    for module in _MODULES_OF_THE_INTERPRETER:
        importlib.import_module(module)
    held = confine(descriptor, set(order["mechanisms"]))
    if order["exactly"] and held != set(order["mechanisms"]):
        leave(channel, "unconfined", "this machine refused what it permitted before")
    files = [channel_module.remote_file(channel, index, size) for index, size in enumerate(order["sizes"])]
    obey(channel, guest, files, order, held)


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


def bound(memory_bytes: int, cpu_seconds: int) -> None:
    """Set the limits of this process and its children."""
    for limit, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, 1024 * 1024, 1024 * 1024),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
    ):
        with contextlib.suppress(ValueError, OSError):  # a hard limit below ours stays; macOS has no limit of memory
            resource.setrlimit(limit, (soft, hard))


def confine(descriptor: int, wanted: set[str]) -> set[str]:
    """Close what can be closed, and say by which mechanisms."""
    inside = "modelkeep.platform.sandbox.inside"
    namespaces = importlib.import_module(f"{inside}.namespaces")
    system_calls = importlib.import_module(f"{inside}.system_calls")
    held = set()
    if "namespaces" in wanted and namespaces.enter_namespaces():
        held.add("namespaces")
        namespaces.continue_as_first_process(descriptor)
    namespaces.drop_privileges()
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    if "system_calls" in wanted and system_calls.refuse_system_calls():
        held.add("system_calls")
    return held


def obey(channel: "Channel", guest: types.ModuleType, files: list[Any], order: Order, held: set[str]) -> None:
    """Let the guest answer."""
    try:
        value = guest.run(files, order["arguments"])
        answer = json.dumps({"value": value, "mechanisms": sorted(held)}, allow_nan=False)
    except MemoryError:
        files.clear()
        leave(channel, "memory", "memory is used up")
    except Exception as error:  # noqa: BLE001 # whatever it is, it is no answer
        leave(channel, "error", f"{type(error).__name__}: {error}"[:500])
    else:
        channel.send_text(answer)
        os._exit(0)


def leave(channel: "Channel", failure: str, detail: str) -> None:
    """End without an answer."""
    channel.send({"failure": failure, "detail": detail.encode("ascii", "backslashreplace").decode()})
    os._exit(1)


if __name__ == "__main__":
    main()
