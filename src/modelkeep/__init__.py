"""Modelkeep, an AI model registry. `modelkeep.connect()` is the way in.

Importing this loads nothing: a server's process, or `modelkeep --help`, does not pay for an HTTP client.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelkeep.client.registry import Registry, connect

    __version__: str

__all__ = ["Registry", "__version__", "connect"]


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - on demand

        return version("modelkeep")
    if name in __all__:
        from modelkeep.client import registry  # noqa: PLC0415 - on demand

        return getattr(registry, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
