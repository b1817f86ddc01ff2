"""What is known of content, and how it comes to be known."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore, Event
from typing import Final

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.artifacts import ArtifactService
from modelkeep.domains.catalog import permitted_version
from modelkeep.domains.inspection.domain.contents import ContentFacts, without_tensors
from modelkeep.domains.inspection.domain.facts import Tensor
from modelkeep.domains.inspection.domain.inspections import Inspection, NotInspectedError, allow_list_changed
from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.ports import INSPECTION_SECONDS, Scanner
from modelkeep.domains.inspection.repository import InspectionRepository
from modelkeep.domains.inspection.service.content_reader import ContentReader
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import Page, PageRequest, decode_token, encode_token
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import ConcurrentWriteError, Database
from modelkeep.platform.sandbox import Allowance, never
from modelkeep.platform.throttling import TooManyRequestsError

_POSITION: Final = (int,)
_ASKED_AT_ONCE: Final = 2
_COME_AGAIN_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class InspectionService:
    """Inspections of versions.

    Those that somebody waits for take one of a few `turns` of this process, and end when it is `stopping`.
    """

    database: Database
    access: AccessService
    artifacts: ArtifactService
    reader: ContentReader
    scanner: Scanner
    clock: Clock
    turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_ASKED_AT_ONCE), repr=False)
    stopping: Event = field(default_factory=Event, repr=False)

    def prepare(self, actor: Actor, allowed: AllowList) -> None:
        """Record which names pickles may use, if these are others than were recorded last, or else than ship.

        The list is a setting of the server: nobody is asked, so the log says when it changed.
        """
        with suppress(ConcurrentWriteError), self.database.transaction() as tx:
            repository = InspectionRepository(tx)
            before = repository.ruleset()
            if (before or AllowList().digest) != allowed.digest:
                repository.save_ruleset(allowed.digest)
                tx.record(allow_list_changed(allowed, before, actor, self.clock()))

    def get(self, actor: Actor, reference: Reference) -> Inspection:
        """Return the last inspection of a version's content.

        Raises:
            NotInspectedError: there was none yet.
        """
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            found = InspectionRepository(tx).find(version.manifest_digest)
        return _there(found, version.reference)

    def tensors(self, actor: Actor, reference: Reference, page: PageRequest) -> Page[tuple[str, Tensor]]:
        """Return one page of the tensors of a version's model by name, in the order of its files.

        Raises:
            NotInspectedError: it was not inspected yet.
        """
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            repository = InspectionRepository(tx)
            inspection = _there(repository.find(version.manifest_digest), version.reference)
            contents = repository.find_with_tensors(version.manifest_digest)
        named = list((contents or inspection.contents).tensors().items())
        scope = f"tensors {version.manifest_digest} {inspection.number}"
        position = 0 if page.token is None else decode_token(page.token, scope, _POSITION)[0]
        start = position if isinstance(position, int) else 0
        end = start + page.size
        return Page(tuple(named[start:end]), encode_token((end,), scope) if end < len(named) else None)

    def rescan(self, actor: Actor, reference: Reference) -> Recorded[Inspection]:
        """Inspect the content of a version again, now.

        Raises:
            CorruptBlobError, ObjectStoreUnavailableError: the bytes cannot be had.
            StoppedError: the server stops.
            TooManyRequestsError: others are being inspected on request.
        """
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_WRITE, reference)
        if not self.turns.acquire(blocking=False):
            raise TooManyRequestsError(
                "other versions are being inspected on request; ask again in a moment", retry_after=_COME_AGAIN_SECONDS
            )
        try:
            inspection, contents = self._inspect(version.manifest_digest, self.stopping.is_set)
        finally:
            self.turns.release()
        with self.database.transaction() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_WRITE, reference, lock=True)
            repository = InspectionRepository(tx)
            before = repository.find(version.manifest_digest)
            after = _counted(inspection, before)
            repository.save(after, contents)
            tx.record(after.rescanned(version.reference, actor, before))
        return Recorded(after, tx.receipt)

    def inspect(self, by: Actor, reference: str, content: Digest, called_off: Callable[[], bool] = never) -> bool:
        """Inspect content that was not inspected yet, for the version that brought it; False if it was.

        Raises:
            CorruptBlobError, ObjectStoreUnavailableError: the bytes cannot be had.
            StoppedError: it was called off.
        """
        with self.database.snapshot() as tx:
            if InspectionRepository(tx).find(content) is not None:
                return False
        inspection, contents = self._inspect(content, called_off)
        with self.database.transaction() as tx:
            repository = InspectionRepository(tx)
            if repository.find(content) is not None:
                return False
            repository.save(inspection, contents)
            tx.record(inspection.inspected(reference, by))
        return True

    def outdated(self, contents: Collection[Digest]) -> frozenset[Digest]:
        """Return those of the contents that were inspected by other tools than would be today."""
        with self.database.snapshot() as tx:
            return InspectionRepository(tx).inspected_by_others(contents, self.scanner.tools)

    def renew(self, by: Actor, reference: str, content: Digest, called_off: Callable[[], bool] = never) -> bool:
        """Inspect content again if other tools have looked at it than would today; False if there is no need.

        Raises:
            CorruptBlobError, ObjectStoreUnavailableError: the bytes cannot be had.
            StoppedError: it was called off.
        """
        with self.database.snapshot() as tx:
            before = InspectionRepository(tx).find(content)
        if before is None or before.tools == self.scanner.tools:
            return False
        inspection, contents = self._inspect(content, called_off)
        with self.database.transaction() as tx:
            repository = InspectionRepository(tx)
            before = repository.find(content)
            after = _counted(inspection, before)
            repository.save(after, contents)
            tx.record(after.rescanned(reference, by, before))
        return True

    def _inspect(self, content: Digest, called_off: Callable[[], bool]) -> tuple[Inspection, ContentFacts]:
        """Scan all files, and read them in the time that is left, outside of any transaction."""
        files = self.artifacts.files(content)
        allowance = Allowance.of(INSPECTION_SECONDS, called_off)
        scan = self.scanner.scan(self.reader.sources(files), allowance)
        contents = self.reader.read(files, allowance)
        inspection = Inspection(
            manifest_digest=content,
            contents=without_tensors(contents),
            tensor_count=len(contents.tensors()),
            verdict=scan.verdict,
            format_policy=scan.policy,
            findings=scan.findings,
            tools=scan.tools,
            sandbox=self.reader.level,
            scanned_at=self.clock(),
        )
        return inspection, contents


def _there(found: Inspection | None, reference: str) -> Inspection:
    if found is None:
        raise NotInspectedError(
            f"{reference} was not inspected yet; ask again in a moment, or ask for it with "
            f"'modelkeep inspect {reference} --again'",
            reference=reference,
        )
    return found


def _counted(inspection: Inspection, before: Inspection | None) -> Inspection:
    return inspection if before is None else replace(inspection, number=before.number + 1)
