"""Namespaces of Linux: no network, no other process, no file but an empty read-only root, no capability.

Needs no privilege where unprivileged user namespaces are permitted. Sources: `namespaces(7)`, `user_namespaces(7)`,
`pivot_root(2)`, `capabilities(7)`.
"""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Final

_NEW_NAMESPACES: Final = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
"""Mount, host name, System V IPC, user, process ids, network."""
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}
_PRIVATE: Final = 0x4000 | 0x40000
_READ_ONLY: Final = 0x1 | 0x2 | 0x4 | 0x8
_DETACH: Final = 2
_DIE_WITH_PARENT: Final = 1
_DROP_FROM_BOUNDING_SET: Final = 24
_CAPABILITIES_VERSION_3: Final = 0x20080522
_LAST_CAPABILITY: Final = 63
_NOBODY: Final = 65534


def enter_namespaces() -> bool:
    """Move this process into namespaces of its own; its later children are in all of them. False if that is refused.

    After a refusal the process may be in some of them: it has not more than before.
    """
    if sys.platform != "linux" or os.uname().machine not in _PIVOT_ROOT:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_NEW_NAMESPACES) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{_NOBODY} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{_NOBODY} {group} 1", encoding="ascii")
    except OSError:
        return False
    with contextlib.suppress(OSError):  # a namespace within this one is refused anyway once there is no capability
        Path("/proc/sys/user/max_user_namespaces").write_text("0", encoding="ascii")
    return _empty_root(libc)


def _empty_root(libc: ctypes.CDLL) -> bool:
    """Leave all files behind for an empty file system of 1 page that nobody can write to."""
    place = os.fsencode(Path(__file__).parent)
    pivot = _PIVOT_ROOT[os.uname().machine]
    return bool(
        libc.mount(None, b"/", None, ctypes.c_ulong(_PRIVATE), None) == 0
        and libc.mount(b"none", place, b"tmpfs", ctypes.c_ulong(_READ_ONLY), b"size=4k,nr_inodes=1,mode=0555") == 0
        and libc.chdir(place) == 0
        and libc.syscall(ctypes.c_long(pivot), b".", b".") == 0  # the old root is now on top of the new one
        and libc.umount2(b".", _DETACH) == 0
        and libc.chdir(b"/") == 0
    )


def continue_as_first_process(descriptor: int) -> None:
    """Fork: the child returns, as process 1 of its namespace; this process waits for it and ends as it does.

    All of the namespace dies with the child, and the child with this process.
    """
    child = os.fork()
    if child == 0:
        _die_with_parent()
        return
    os.close(descriptor)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def die_with(parent: int) -> None:
    """Have this process killed when that one ends, which has started it; at once, if it has ended."""
    _die_with_parent()
    if os.getppid() != parent:
        os._exit(1)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, ctypes.c_ulong(signal.SIGKILL))


def drop_privileges() -> None:
    """Give up every capability, and the user where that is permitted, for good; failing is no error: there was none."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(_LAST_CAPABILITY + 1):
        libc.prctl(_DROP_FROM_BOUNDING_SET, ctypes.c_ulong(capability))
    with contextlib.suppress(OSError):
        os.setgroups([])
    with contextlib.suppress(OSError):
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    with contextlib.suppress(OSError):
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION_3, 0)
    libc.capset(header, (ctypes.c_uint32 * 6)())
    _die_with_parent()  # a change of the user has undone it
