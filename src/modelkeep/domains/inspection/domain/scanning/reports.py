"""What a scan of a file found."""

from dataclasses import dataclass

from modelkeep.domains.inspection.domain.verdicts import Finding, FormatPolicy, Verdict, worst


@dataclass(frozen=True, slots=True)
class ScanReport:
    """A file: what it is, whether that format can hold code, and every reason against it.

    Only formats that were recognized and read to their end are without findings.
    """

    kind: str
    policy: FormatPolicy
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings."""
        return worst([Verdict.PASS, *(finding.verdict for finding in self.findings)])

    def with_findings(self, findings: tuple[Finding, ...]) -> "ScanReport":
        """Return it with more reasons."""
        return ScanReport(self.kind, self.policy, self.findings + findings)


def data_only(kind: str, *findings: Finding) -> ScanReport:
    """Return a report of a format that holds numbers and text."""
    return ScanReport(kind, FormatPolicy.DATA_ONLY, findings)


def code_capable(kind: str, *findings: Finding) -> ScanReport:
    """Return a report of a format that can hold code."""
    return ScanReport(kind, FormatPolicy.CODE_CAPABLE, findings)


def unknown(path: str, message: str) -> ScanReport:
    """Return a report of what is not known: it does not pass."""
    finding = Finding.of("file.unknown", Verdict.INCONCLUSIVE, path, message)
    return ScanReport("unknown", FormatPolicy.UNKNOWN, (finding,))
