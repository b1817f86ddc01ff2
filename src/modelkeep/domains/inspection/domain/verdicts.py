"""What is to be thought of content: findings of scanners, and the verdict that follows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from modelkeep.kernel.events import Json


class Verdict(StrEnum):
    """How content was judged; nothing but an explicit pass passes."""

    PASS = "pass"  # noqa: S105 - a verdict
    INCONCLUSIVE = "inconclusive"
    SUSPICIOUS = "suspicious"
    MALICIOUS = "malicious"


_SEVERITY: Final = tuple(Verdict)
_MOST_MESSAGE: Final = 500
_MOST_PATH: Final = 1000


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts; who has seen nothing has come to no conclusion."""
    return max(verdicts, key=_SEVERITY.index, default=Verdict.INCONCLUSIVE)


class FormatPolicy(StrEnum):
    """Whether loading a format can run code that is in the file."""

    DATA_ONLY = "data-only"
    CODE_CAPABLE = "code-capable"
    UNKNOWN = "unknown"

    @classmethod
    def together(cls, policies: Iterable["FormatPolicy"]) -> "FormatPolicy":
        """Return the one that asks for most care."""
        return max(policies, key=tuple(cls).index, default=cls.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found: by which rule, how bad, in which file (empty for the whole), and in words."""

    rule: str
    verdict: Verdict
    path: str
    message: str

    @classmethod
    def of(cls, rule: str, verdict: Verdict, path: str, message: str) -> Self:
        """Make one of texts that a file has chosen: they become printable ASCII of some length."""
        return cls(rule, verdict, _shown(path, _MOST_PATH), _shown(message, _MOST_MESSAGE))

    def to_json(self) -> dict[str, Json]:
        """Return the finding as JSON."""
        return {"rule": self.rule, "verdict": self.verdict.value, "path": self.path, "message": self.message}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Return a finding that was written."""
        return cls(document["rule"], Verdict(document["verdict"]), document["path"], document["message"])


@dataclass(frozen=True, slots=True)
class Tool:
    """What has looked: its name and version, and the digest of its rules where it has some."""

    name: str
    version: str
    ruleset: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return the tool as JSON."""
        return {"name": self.name, "version": self.version, "ruleset": self.ruleset}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Return a tool that was written."""
        return cls(document["name"], document["version"], document["ruleset"])


@dataclass(frozen=True, slots=True)
class ContentScan:
    """What scanners say of all files of a version; `policy` is that of the file that asks for most care."""

    verdict: Verdict
    policy: FormatPolicy = FormatPolicy.UNKNOWN
    findings: tuple[Finding, ...] = ()
    tools: tuple[Tool, ...] = ()


def _shown(text: str, most: int) -> str:
    printable = "".join(letter if letter.isprintable() or not letter.isascii() else " " for letter in text)
    escaped = printable.encode("ascii", "backslashreplace").decode()
    return escaped if len(escaped) <= most else escaped[: most - 3] + "..."
