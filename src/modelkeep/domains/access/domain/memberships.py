"""Events of joining and leaving groups."""

from datetime import datetime

from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId


def member_added(group: str, member: PrincipalId, by: Actor, at: datetime) -> Event:
    """Return the event of somebody joining a group."""
    return Event("access.group_member_added", group, by, at, {"principal_id": member})


def member_removed(group: str, member: PrincipalId, by: Actor, at: datetime) -> Event:
    """Return the event of somebody leaving a group."""
    return Event("access.group_member_removed", group, by, at, {"principal_id": member})
