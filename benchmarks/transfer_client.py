"""One push or pull in a process of its own: `push PATH MODEL` or `pull REF FOLDER`.

Prints the greatest resident size in bytes. The process tells it itself: what wait4 reports is at least that of the
parent at the time of the fork.
"""

import sys
from pathlib import Path

import modelkeep


def main(action: str, first: str, second: str) -> None:
    """Do it by the SDK."""
    with modelkeep.connect() as registry:
        if action == "push":
            registry.push(first, second, detect_code=False)
        else:
            registry.pull(first, second)


def peak() -> int:
    """Return the greatest resident size of this process."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(fields["VmHWM"].split()[0]) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
    print(peak())
