"""What the sandboxed process does to find out what is harmful in files."""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final

from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.scanning.reports import unknown
from modelkeep.domains.inspection.domain.scanning.scan import scan
from modelkeep.kernel.events import Json

_MOST_FINDINGS: Final = 100
"""Of one file; the worst come first."""


def run(files: Sequence[BinaryIO], arguments: Mapping[str, Any]) -> Json:
    """Return a report of each of the files whose `paths` are given; `allowed` are the names that were added."""
    allowed = AllowList(frozenset(arguments["allowed"]))
    return [_report(file, path, allowed) for path, file in zip(arguments["paths"], files, strict=True)]


def _report(file: BinaryIO, path: str, allowed: AllowList) -> Json:
    try:
        report = scan(file, path, allowed)
    except Exception as error:  # noqa: BLE001 # a fault of ours at one file: it does not pass, and others are scanned
        report = unknown(path, f"it could not be scanned ({type(error).__name__})")
    findings = sorted(report.findings, key=lambda finding: finding.verdict is not report.verdict)
    return {
        "kind": report.kind,
        "policy": report.policy.value,
        "verdict": report.verdict.value,
        "findings": [finding.to_json() for finding in findings[:_MOST_FINDINGS]],
    }
