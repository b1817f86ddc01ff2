"""The scanner picklescan as a second opinion (the extra `scan`), in a sandbox of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final, cast

from modelkeep.domains.inspection.domain.verdicts import FormatPolicy, Tool, Verdict
from modelkeep.domains.inspection.ports import SourceFile
from modelkeep.domains.inspection.service.content_scanner import FileVerdict, gave_up
from modelkeep.platform.sandbox import Completed, Limits, Sandbox

_GUEST: Final = "modelkeep.domains.inspection.service.picklescan.guest"
_LIMITS: Final = Limits(memory_bytes=4096 * 2**20, cpu_seconds=60, wall_seconds=180.0)
_RULES: Final = "picklescan/scanner.py"


@dataclass(frozen=True, slots=True)
class Picklescan:
    """Asks picklescan about files that could hold code.

    It knows what is bad and what is usual; what is neither is for the allow-list to decide, which has looked before.
    Whatever it warns of, skips or fails at is inconclusive.
    """

    tool: Tool

    @classmethod
    def installed(cls) -> "Picklescan | None":
        """Return it, if the extra is installed; nothing of it is imported here."""
        try:
            found = distribution("picklescan")
        except PackageNotFoundError:
            return None
        rules = sha256(Path(str(found.locate_file(_RULES))).read_bytes()).hexdigest()
        return cls(Tool("picklescan", found.version, rules))

    def scan(self, sandbox: Sandbox, file: SourceFile) -> FileVerdict:
        """Judge a file."""
        outcome = sandbox.run(_GUEST, [file.source], {"path": file.path}, limits=_LIMITS)
        if not isinstance(outcome, Completed):
            return gave_up("picklescan.failed", file.path, outcome)
        answer = cast("Mapping[str, Any]", outcome.value)
        if answer["verdict"] == Verdict.PASS:
            return FileVerdict(FormatPolicy.CODE_CAPABLE, Verdict.PASS, ())
        return FileVerdict.read({**answer, "policy": FormatPolicy.CODE_CAPABLE})
