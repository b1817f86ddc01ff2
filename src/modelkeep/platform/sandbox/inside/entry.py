"""What the process of a guest does: takes its order, closes every door, then lets the guest read.

All code is imported while files can be opened; from then on it has what was imported, one descriptor, and limits.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import types
from typing import Any

from modelkeep.platform.sandbox.inside import namespaces, system_calls
from modelkeep.platform.sandbox.inside.channel import Channel, remote_file

Order = dict[str, Any]


def main(name: str, descriptor: int, template: int) -> None:
    """Run the guest of that name, as a child of the template, by the order that comes by the descriptor."""
    namespaces.die_with(template)
    channel = Channel(descriptor)
    order: Order = json.loads(channel.receive())
    bound(order["memory_bytes"], order["cpu_seconds"])
    signal.signal(signal.SIGXCPU, lambda *_: leave(channel, "cpu", "processor time is used up"))
    guest = importlib.import_module(name)
    held = confine(descriptor, set(order["mechanisms"]))
    if order["exactly"] and held != set(order["mechanisms"]):
        leave(channel, "unconfined", "this machine refused what it permitted before")
    files = [remote_file(channel, index, size) for index, size in enumerate(order["sizes"])]
    obey(channel, guest, files, order, held)


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


def obey(channel: Channel, guest: types.ModuleType, files: list[Any], order: Order, held: set[str]) -> None:
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


def leave(channel: Channel, failure: str, detail: str) -> None:
    """End without an answer."""
    channel.send({"failure": failure, "detail": detail.encode("ascii", "backslashreplace").decode()})
    os._exit(1)
