"""One push or pull in a process of its own, so that its memory can be read: `push PATH MODEL` or `pull REF FOLDER`."""

import sys

import modelkeep


def main(action: str, first: str, second: str) -> None:
    """Do it by the SDK."""
    with modelkeep.connect() as registry:
        if action == "push":
            registry.push(first, second, detect_code=False)
        else:
            registry.pull(first, second)


if __name__ == "__main__":
    main(*sys.argv[1:])
