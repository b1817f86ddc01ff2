"""httpx, without the command line program in it.

Where click and rich are installed, as they are with this package, `import httpx` loads its own program as well, with
all of rich and pygments: 0.2 s of every command that nobody has asked for. Without that module httpx does without.
"""

import sys
from typing import Final

_PROGRAM: Final = "httpx._main"

if "httpx" in sys.modules:
    import httpx
else:
    sys.modules[_PROGRAM] = None  # type: ignore[assignment]  # to the import system: not to be found
    try:
        import httpx
    finally:
        del sys.modules[_PROGRAM]

__all__ = ["httpx"]
