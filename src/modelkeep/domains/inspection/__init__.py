"""Reads model files without ever running them: format, tensors, signature, findings."""

from modelkeep.domains.inspection.domain.contents import ContentFacts, FileReading
from modelkeep.domains.inspection.domain.diffs import Difference, VersionDiff
from modelkeep.domains.inspection.domain.facts import Dimension, Field, FormatFacts, Signature, Tensor
from modelkeep.domains.inspection.domain.inspections import Inspection
from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.verdicts import ContentScan, Finding, FormatPolicy, Tool, Verdict
from modelkeep.domains.inspection.jobs import Inspections
from modelkeep.domains.inspection.operations import inspection_of
from modelkeep.domains.inspection.ports import Scanner, SourceFile
from modelkeep.domains.inspection.service import (
    ContentComparer,
    ContentReader,
    ContentScanner,
    DiffService,
    InspectionService,
    Picklescan,
    TensorDigests,
)

__all__ = [
    "AllowList",
    "ContentComparer",
    "ContentFacts",
    "ContentReader",
    "ContentScan",
    "ContentScanner",
    "DiffService",
    "Difference",
    "Dimension",
    "Field",
    "FileReading",
    "Finding",
    "FormatFacts",
    "FormatPolicy",
    "Inspection",
    "InspectionService",
    "Inspections",
    "Picklescan",
    "Scanner",
    "Signature",
    "SourceFile",
    "Tensor",
    "TensorDigests",
    "Tool",
    "Verdict",
    "VersionDiff",
    "inspection_of",
]
