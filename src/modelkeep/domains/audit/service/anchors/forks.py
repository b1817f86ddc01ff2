"""Whether what an anchor remembers is the log that this server has."""

from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.ports import ForkedLogError, PublishedTree


def check_remembered(remembered: Checkpoint, ours: Checkpoint, tree: PublishedTree, anchor: str) -> None:
    """Refuse to go on when an anchor remembers a longer log, or another one.

    Raises:
        ForkedLogError: it does.
    """
    if remembered.size > ours.size:
        raise longer(anchor, remembered.size, ours.size)
    if tree.root(remembered.size) != remembered.root:
        raise ForkedLogError(
            f"the anchor {anchor} remembers other entries than the first {remembered.size} of this log: the database "
            "was rewritten, or restored from a backup and then changed; compare an export with the anchor's checkpoint"
        )


def longer(anchor: str, remembered: int, ours: int) -> ForkedLogError:
    """Return the error for an anchor that knows of more entries than there are."""
    return ForkedLogError(
        f"the anchor {anchor} remembers a log of {remembered} entries, this database has {ours}: entries were removed, "
        "or an old backup was restored"
    )
