"""Groups of principals: a role given to a group is held by its members while they are in it."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.@-]{0,126}[A-Za-z0-9]|[A-Za-z0-9]")


class GroupNotFoundError(RegistryError):
    """There is no such group."""

    kind = Kind.NOT_FOUND
    code = "access.group_not_found"


class GroupExistsError(RegistryError):
    """A group of this name is there already."""

    kind = Kind.ALREADY_EXISTS
    code = "access.group_exists"


@dataclass(frozen=True, slots=True)
class Group:
    """A group; its members are intervals of their own."""

    id: str
    name: str
    created_at: datetime
    created_by: PrincipalId
    deleted_at: datetime | None = None

    def checked(self) -> Self:
        """Return the group, or refuse its name.

        Raises:
            InvalidValueError: the name has characters that no name of a group has.
        """
        if _NAME.fullmatch(self.name) is None:
            raise InvalidValueError(
                f"{self.name[:80]!r} cannot name a group: 1 to 128 letters, digits, ' ', '_', '.', '@' and '-', a "
                "letter or digit at both ends"
            )
        return self

    def created(self, by: Actor) -> Event:
        """Return the event of its making."""
        return Event("access.group_created", self.id, by, self.created_at, texts={"name": self.name})

    def delete(self, by: Actor, at: datetime) -> tuple[Self, Event]:
        """Delete it."""
        return replace(self, deleted_at=at), Event("access.group_deleted", self.id, by, at, texts={"name": self.name})


@dataclass(frozen=True, slots=True)
class Membership:
    """An interval in which a principal is in a group; `until` is None for now."""

    group_id: str
    principal_id: PrincipalId
    since: datetime
    added_by: PrincipalId
    until: datetime | None = None
    ended_by: PrincipalId | None = None
