"""Background work."""

from modelkeep.platform.jobs.keyed import KeyedTasks

__all__ = ["KeyedTasks"]
