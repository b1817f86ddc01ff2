"""The background work that publishes the audit log: checkpoints, and one job for each anchor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from modelkeep.app.anchors import open_anchors
from modelkeep.app.log_keys import ServerLogKeys
from modelkeep.app.settings import Settings
from modelkeep.domains.audit import Anchor, AnchorService, CheckpointPublisher, LogCheckService, LogKeyService
from modelkeep.kernel.clock import Clock
from modelkeep.platform.database import Database
from modelkeep.platform.jobs import Again, JobKind, Outcome, Work

_LOOKED_AT_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LogServices:
    """What signs the audit log, and hands it out."""

    keys: LogKeyService
    publisher: CheckpointPublisher
    anchors: AnchorService
    check: LogCheckService

    @property
    def job_kinds(self) -> Sequence[JobKind]:
        """The jobs; each runs as soon as it has something to do, in one process at a time."""
        publisher = self.publisher
        return (
            _kind("audit.publish", lambda work: publisher.publish(lambda: work.stopping), publisher.wanted),
            *(_anchoring(self.anchors, anchor) for anchor in self.anchors.anchors),
        )


def log_services(settings: Settings, database: Database, clock: Clock) -> LogServices:
    """Wire what publishes the log.

    Raises:
        InvalidValueError: an anchor that is set has no form that is known.
    """
    signers = ServerLogKeys(settings)
    return LogServices(
        keys=LogKeyService(database, signers, clock),
        publisher=CheckpointPublisher(database, signers, clock),
        anchors=AnchorService(database, open_anchors(settings), clock),
        check=LogCheckService(database),
    )


def _anchoring(anchors: AnchorService, anchor: Anchor) -> JobKind:
    return _kind(f"audit.anchor.{anchor.name}", lambda _work: anchors.push(anchor), lambda: anchors.wanted(anchor))


def _kind(name: str, act: Callable[[Work], object], wanted: Callable[[], bool]) -> JobKind:
    def handle(work: Work) -> Outcome:
        act(work)
        return Again(_LOOKED_AT_EVERY)

    return JobKind(name, handle, recurring=True, wanted=lambda: (name,) if wanted() else ())
