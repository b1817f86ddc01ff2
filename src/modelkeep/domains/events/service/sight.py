"""Who may see which event, and what selections look at."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from modelkeep.domains.access import REGISTRY, AccessService, Permission, Scope
from modelkeep.domains.audit import VOCABULARY, Entry
from modelkeep.domains.events.domain.selection import Happening, Selection
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Transaction

KNOWN_TYPES: Final = frozenset(kind.type for kind in VOCABULARY.values())
_OF_THE_LOG: Final = frozenset({"access", "audit", "events"})
_LOG_TYPES: Final = frozenset(kind.type for kind in VOCABULARY.values() if kind.name.partition(".")[0] in _OF_THE_LOG)


def happening_of(entry: Entry) -> Happening:
    """Return what selections look at; an event that a newer server wrote is about the whole registry."""
    known = VOCABULARY.get(entry.action)
    place = ("", "") if known is None else known.subject.place_of(entry.subject)
    return Happening(entry.type, *place)


@dataclass(frozen=True, slots=True)
class EventSight:
    """Answers whether somebody may see an event, now.

    It takes to read the model or namespace that the event is about, by a binding: what a model's visibility gives is
    to look it up, not to watch it. Events about access, the log and subscriptions, and those of the whole registry,
    take to read the log.
    """

    access: AccessService

    def sees(self, tx: Transaction, actor: Actor, entry: Entry) -> bool:
        """Say whether the actor may see an entry."""
        return self.allows(tx, actor, *_needed(entry))

    def watcher(self, tx: Transaction, actor: Actor) -> Callable[[Entry], bool]:
        """Return what says the same of many entries, and asks once for each place."""
        allowed = cache(lambda permission, place: self.allows(tx, actor, permission, place))
        return lambda entry: allowed(*_needed(entry))

    def may_be_of_the_log(self, selection: Selection) -> bool:
        """Say whether a selection takes events that are for who may read the log."""
        return any(selection.wants_type(kind) for kind in _LOG_TYPES)

    def allows(self, tx: Transaction, actor: Actor, permission: Permission, place: str) -> bool:
        """Say whether the actor may, on a model, a namespace, or (no text) the registry."""
        return self.access.allows(tx, actor, permission, scope_of(place))


def _needed(entry: Entry) -> tuple[Permission, str]:
    """Return the permission that it takes to see an entry, and where."""
    happening = happening_of(entry)
    place = happening.model or happening.namespace
    of_the_log = not place or entry.action.partition(".")[0] in _OF_THE_LOG
    return Permission.AUDIT_READ if of_the_log else Permission.MODEL_READ, place


def scope_of(place: str) -> Scope:
    """Return the scope of a model, a namespace, or (no text) the registry."""
    return Scope(place) if place else REGISTRY
