"""Has the files of a version scanned in the sandbox, by our own rules and by second opinions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, Protocol, cast

from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.verdicts import ContentScan, Finding, FormatPolicy, Tool, Verdict, worst
from modelkeep.domains.inspection.ports import INSPECTION_SECONDS, SourceFile
from modelkeep.platform.sandbox import Allowance, Completed, Failed, Limits, Sandbox

_GUEST: Final = "modelkeep.domains.inspection.domain.scanning.guest"
_LIMITS: Final = Limits(memory_bytes=1024 * 2**20, cpu_seconds=120, wall_seconds=600.0, answer_bytes=16 * 2**20)
_TOGETHER: Final = 200
_ALONE: Final = 50
"""How many files are scanned one by one where they cannot be scanned together."""
_MOST_FINDINGS: Final = 500


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What one scan says of one file."""

    policy: FormatPolicy
    verdict: Verdict
    findings: tuple[Finding, ...]

    @classmethod
    def inconclusive(cls, rule: str, path: str, message: str) -> "FileVerdict":
        """Return that nothing is known, and why."""
        finding = Finding.of(rule, Verdict.INCONCLUSIVE, path, message)
        return cls(FormatPolicy.UNKNOWN, Verdict.INCONCLUSIVE, (finding,))

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "FileVerdict":
        """Read what a guest says: its findings count, whatever verdict it gives."""
        findings = tuple(Finding.read(one) for one in answer["findings"])
        verdict = worst([Verdict(answer["verdict"]), *(finding.verdict for finding in findings)])
        return cls(FormatPolicy(answer["policy"]), verdict, findings)


class SecondOpinion(Protocol):
    """Another's scanner."""

    @property
    def tool(self) -> Tool:
        """What it is."""

    def scan(self, sandbox: Sandbox, file: SourceFile) -> FileVerdict:
        """Judge a file that could hold code; what it cannot judge is inconclusive."""


@dataclass(frozen=True, slots=True)
class ContentScanner:
    """Judges all files of a version. The worst verdict of any file, by any tool, is the version's."""

    confine: Callable[[], Sandbox]
    allowed: AllowList
    opinions: tuple[SecondOpinion, ...] = ()

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What looks at files: other versions or rules may come to other verdicts."""
        own = Tool("modelkeep", version("modelkeep"), self.allowed.digest)
        return (own, *(opinion.tool for opinion in self.opinions))

    def scan(self, files: Sequence[SourceFile], allowance: Allowance | None = None) -> ContentScan:
        """Judge the files; what cannot be judged, or not in time, is inconclusive.

        Raises:
            StoppedError: it was called off.
            CorruptBlobError, ObjectStoreUnavailableError: the bytes cannot be had.
        """
        sandbox = self.confine().within(allowance or Allowance.of(INSPECTION_SECONDS))
        verdicts = list(self._all(sandbox, files))
        findings = sorted((found for one in verdicts for found in one.findings), key=_worst_first)
        policy = FormatPolicy.together(one.policy for one in verdicts)
        return ContentScan(worst(one.verdict for one in verdicts), policy, tuple(findings[:_MOST_FINDINGS]), self.tools)

    def _all(self, sandbox: Sandbox, files: Sequence[SourceFile]) -> Iterator[FileVerdict]:
        for start in range(0, len(files), _TOGETHER):
            if sandbox.allowance.spent:
                message = f"the time for one version is over: {len(files) - start} files were not scanned, from this on"
                yield FileVerdict.inconclusive("file.not_scanned", files[start].path, message)
                return
            batch = files[start : start + _TOGETHER]
            for file, own in zip(batch, self._own(sandbox, batch), strict=True):
                yield own
                if own.policy is FormatPolicy.CODE_CAPABLE and own.verdict is not Verdict.MALICIOUS:
                    yield from (opinion.scan(sandbox, file) for opinion in self.opinions)

    def _own(self, sandbox: Sandbox, files: Sequence[SourceFile]) -> list[FileVerdict]:
        arguments = {"paths": [file.path for file in files], "allowed": sorted(self.allowed.added)}
        outcome = sandbox.run(_GUEST, [file.source for file in files], arguments, limits=_LIMITS)
        if isinstance(outcome, Completed):
            answers = cast("Sequence[Mapping[str, Any]]", outcome.value)
            return [FileVerdict.read(answer) for answer in answers]
        if len(files) == 1:
            return [gave_up("file.not_scanned", files[0].path, outcome)]
        alone = [self._own(sandbox, [file])[0] for file in files[:_ALONE]]
        return alone + [
            FileVerdict.inconclusive("file.not_scanned", file.path, "another file of the version takes too much")
            for file in files[_ALONE:]
        ]


def gave_up(rule: str, path: str, outcome: Failed) -> FileVerdict:
    """Return that a guest gave no answer."""
    message = f"it could not be scanned: {outcome.failure.value} {outcome.detail}".rstrip()
    return FileVerdict.inconclusive(rule, path, message)


def _worst_first(finding: Finding) -> int:
    return -tuple(Verdict).index(finding.verdict)
