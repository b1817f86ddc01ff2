"""Inspections within one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.inspection.domain.contents import ContentFacts, FileReading
from modelkeep.domains.inspection.domain.fact_json import facts_json, read_facts_json, read_tensors_json, tensors_json
from modelkeep.domains.inspection.domain.inspections import Inspection
from modelkeep.domains.inspection.domain.verdicts import Finding, FormatPolicy, Tool, Verdict
from modelkeep.domains.inspection.tables import INSPECTION, PROGRESS, RULESET, TENSOR_DIGESTS, TENSORS
from modelkeep.kernel.digests import Digest
from modelkeep.platform.database import AnyRow, Transaction


class InspectionRepository:
    """What is known of content."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._tx, self._session = tx, tx.session

    def find(self, content: Digest) -> Inspection | None:
        """Return the last inspection of content, without tensors."""
        query = select(*INSPECTION.c).where(INSPECTION.c.manifest_digest == str(content))
        row = self._session.execute(query).one_or_none()
        return None if row is None else _inspection(row)

    def inspected_by_others(self, contents: Collection[Digest], tools: Sequence[Tool]) -> frozenset[Digest]:
        """Return those of the contents that other tools have looked at than these."""
        query = select(INSPECTION.c.manifest_digest, INSPECTION.c.tools)
        rows = self._session.execute(query.where(INSPECTION.c.manifest_digest.in_(map(str, contents))))
        mine = [tool.to_json() for tool in tools]
        return frozenset(Digest.parse(digest) for digest, theirs in rows if theirs != mine)

    def find_with_tensors(self, content: Digest) -> ContentFacts | None:
        """Return the facts of content with all its tensors."""
        found = self.find(content)
        query = select(TENSORS.c.files).where(TENSORS.c.manifest_digest == str(content))
        files = self._session.execute(query).scalar_one_or_none()
        if found is None or files is None:
            return None
        tensors = {one["path"]: read_tensors_json(one["tensors"]) for one in files}
        readings = tuple(
            replace(one, facts=replace(one.facts, tensors=tensors.get(one.path, ()))) if one.facts else one
            for one in found.contents.files
        )
        return ContentFacts(found.facts, readings)

    def save(self, inspection: Inspection, contents: ContentFacts) -> None:
        """Store an inspection and the tensors of the contents, in place of an earlier one."""
        key = {"manifest_digest": str(inspection.manifest_digest)}
        self._put(INSPECTION, key, _values(inspection))
        tensors = [
            {"path": one.path, "tensors": tensors_json(one.facts.tensors)}
            for one in contents.files
            if one.facts and one.facts.tensors
        ]
        self._put(TENSORS, key, {"files": tensors})

    def tensor_digests(self, content: Digest) -> Mapping[str, str] | None:
        """Return the digests of tensors, if they have been made."""
        query = select(TENSOR_DIGESTS.c.digests).where(TENSOR_DIGESTS.c.manifest_digest == str(content))
        found: Mapping[str, str] | None = self._session.execute(query).scalar_one_or_none()
        return found

    def save_tensor_digests(self, content: Digest, digests: Mapping[str, str]) -> None:
        """Keep the digests of tensors."""
        self._put(TENSOR_DIGESTS, {"manifest_digest": str(content)}, {"digests": dict(digests)})

    def ruleset(self) -> str | None:
        """Return the digest of the names that pickles may use, as it was recorded last; None if it never was."""
        found: str | None = self._session.execute(select(RULESET.c.ruleset)).scalar_one_or_none()
        return found

    def save_ruleset(self, ruleset: str) -> None:
        """Keep that digest."""
        self._put(RULESET, {"id": 1}, {"ruleset": ruleset})

    def cursor(self) -> int:
        """Return up to where the log has been read."""
        cursor: int = self._session.execute(select(PROGRESS.c.cursor).where(PROGRESS.c.id == 1)).scalar_one()
        return cursor

    def advance(self, seen: int, cursor: int) -> bool:
        """Move on from where the log had been read to; False when another process has."""
        moved = update(PROGRESS).where(PROGRESS.c.id == 1, PROGRESS.c.cursor == seen).values(cursor=cursor)
        return self._session.execute(moved.returning(PROGRESS.c.id)).one_or_none() is not None

    def _put(self, table: Table, key: Mapping[str, str | int], values: Mapping[str, Any]) -> None:
        dialect = postgresql if self._tx.dialect == "postgresql" else sqlite
        put = dialect.insert(table).values(**key, **values)
        self._session.execute(put.on_conflict_do_update(index_elements=list(key), set_=dict(values)))


def _values(inspection: Inspection) -> dict[str, Any]:
    return {
        "format": inspection.format,
        "facts": facts_json(inspection.facts),
        "files": [
            {
                "path": one.path,
                "size": one.size,
                "facts": None if one.facts is None else facts_json(one.facts),
                "problem": one.problem,
            }
            for one in inspection.contents.files
        ],
        "tensor_count": inspection.tensor_count,
        "verdict": inspection.verdict.value,
        "format_policy": inspection.format_policy.value,
        "findings": [finding.to_json() for finding in inspection.findings],
        "tools": [tool.to_json() for tool in inspection.tools],
        "sandbox": inspection.sandbox,
        "scanned_at": inspection.scanned_at,
        "number": inspection.number,
    }


def _inspection(row: AnyRow) -> Inspection:
    return Inspection(
        manifest_digest=Digest.parse(row.manifest_digest),
        contents=ContentFacts(read_facts_json(row.facts), _readings(row.files)),
        tensor_count=row.tensor_count,
        verdict=Verdict(row.verdict),
        format_policy=FormatPolicy(row.format_policy),
        findings=tuple(Finding.read(item) for item in row.findings),
        tools=tuple(Tool.read(item) for item in row.tools),
        sandbox=row.sandbox,
        scanned_at=row.scanned_at,
        number=row.number,
    )


def _readings(files: Sequence[Mapping[str, Any]]) -> tuple[FileReading, ...]:
    return tuple(
        FileReading(
            one["path"], one["size"], None if one["facts"] is None else read_facts_json(one["facts"]), one["problem"]
        )
        for one in files
    )
