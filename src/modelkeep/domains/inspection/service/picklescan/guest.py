"""What the sandboxed process does to ask picklescan; imported nowhere else."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

from picklescan.scanner import (  # type: ignore[import-untyped] # it has none
    SafetyLevel,
    ScanResult,
    scan_bytes,
)

from modelkeep.domains.inspection.domain.verdicts import Finding, Verdict, worst
from modelkeep.kernel.events import Json

_MOST: Final = 50


class _Warnings(logging.Handler):
    """Keeps what picklescan only logs: members it could not read, files it took for no pickles."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if not message.endswith("FOUND"):
            self.messages.append(message)


def run(files: Sequence[BinaryIO], arguments: Mapping[str, Any]) -> Json:
    """Return the verdict and the findings of the one file, whose `path` is given."""
    path = str(arguments["path"])
    warnings = _Warnings()
    logger = logging.getLogger("picklescan")
    logger.addHandler(warnings)
    logger.propagate = False
    result = scan_bytes(files[0], path, PurePosixPath(path).suffix)
    findings = [*_dangerous(path, result), *_unclear(path, result, warnings.messages)]
    return {
        "verdict": worst([Verdict.PASS, *(finding.verdict for finding in findings)]).value,
        "findings": [finding.to_json() for finding in findings[:_MOST]],
    }


def _dangerous(path: str, result: ScanResult) -> list[Finding]:
    return [
        Finding.of("picklescan.dangerous_name", Verdict.MALICIOUS, path, f"it names {found.module}.{found.name}")
        for found in result.globals
        if found.safety is SafetyLevel.Dangerous
    ]


def _unclear(path: str, result: ScanResult, messages: list[str]) -> list[Finding]:
    if result.scan_err:
        messages = ["it could not be walked to its end", *messages]
    if not result.scanned_files:
        messages = ["nothing in it was scanned", *messages]
    return [Finding.of("picklescan.unclear", Verdict.INCONCLUSIVE, path, message) for message in messages[:_MOST]]
