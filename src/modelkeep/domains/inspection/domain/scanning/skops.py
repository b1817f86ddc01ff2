"""The schema of a skops file: which classes and functions it builds. Source: `skops/io`."""

from collections.abc import Iterator
from typing import Final

from modelkeep.domains.inspection.domain.formats.documents import json_object
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError
from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList, is_dangerous
from modelkeep.domains.inspection.domain.pickles.values import Global
from modelkeep.domains.inspection.domain.scanning.pieces import MOST_IN_MEMORY, Piece
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport, code_capable, unknown
from modelkeep.domains.inspection.domain.verdicts import Finding, Verdict

_LOADERS: Final = frozenset(
    {
        "BytearrayNode", "BytesNode", "CachedNode", "DatetimeNode", "DefaultDictNode", "DictNode", "DtypeNode",
        "JsonNode", "ListNode", "LossNode", "MaskedArrayNode", "NdArrayNode", "ObjectNode",
        "RandomGeneratorNode", "RandomStateNode", "SGDNode", "SetNode", "SliceNode", "SparseMatrixNode",
        "TreeNode", "TupleNode", "TypeNode", "_TreeNode", "_KDTreeNode",
    }
)  # fmt: skip
_ALSO: Final = frozenset({"builtins.NoneType", "builtins.type", "json.JSONEncoder"})


def scan_skops_schema(piece: Piece, allowed: AllowList) -> ScanReport:
    """Look at every node of the schema."""
    data = piece.file.read(MOST_IN_MEMORY)
    if piece.file.read(1):
        return unknown(piece.path, "its schema is longer than is looked at")
    try:
        schema = json_object(data)
    except UnreadableFileError as error:
        return unknown(piece.path, f"its schema cannot be read: {error}")
    return code_capable("skops", *dict.fromkeys(_findings(piece.path, schema, allowed)))


def _findings(path: str, schema: object, allowed: AllowList) -> Iterator[Finding]:
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            if "__loader__" in part or "__class__" in part:
                yield from _node(path, part, allowed)
            pending += part.values()
        elif isinstance(part, list):
            pending += part


def _node(path: str, part: dict[str, object], allowed: AllowList) -> Iterator[Finding]:
    named = Global(str(part.get("__module__")), str(part.get("__class__")))
    full = f"{named.module}.{named.name}"
    if is_dangerous(named) and full not in _ALSO:
        yield Finding.of("skops.dangerous_name", Verdict.MALICIOUS, path, f"it uses {full}, which can run anything")
    elif not allowed.allows(named) and full not in _ALSO:
        yield Finding.of("skops.unlisted_name", Verdict.SUSPICIOUS, path, f"{full} is not on the allow-list")
    if str(part.get("__loader__")) not in _LOADERS:
        loader = part.get("__loader__")
        yield Finding.of("skops.loader", Verdict.SUSPICIOUS, path, f"it is loaded by {loader}, which is not known")
