"""Semantic versions (semver.org 2.0.0) and ranges of them (the grammar of npm)."""

from modelkeep.kernel.semver.ranges import Interval, InvalidVersionRangeError, Range
from modelkeep.kernel.semver.versions import Bump, InvalidVersionError, Version

__all__ = ["Bump", "Interval", "InvalidVersionError", "InvalidVersionRangeError", "Range", "Version"]
