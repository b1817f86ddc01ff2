"""Reads, changes, compares and rates the cards of versions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.audit import receipt_of, receipts_of
from modelkeep.domains.cards.domain.cards import Card, CardRevision, card_revised, check_seen, no_card, revise
from modelkeep.domains.cards.domain.diffs import Change, diff
from modelkeep.domains.cards.domain.errors import UnknownFrameworkError
from modelkeep.domains.cards.domain.frameworks import Framework, Score, score
from modelkeep.domains.cards.domain.merging import completed, merged
from modelkeep.domains.cards.domain.schema import SCHEMA_VERSION, Document, Problem, refuse
from modelkeep.domains.cards.repository import CardRepository
from modelkeep.domains.cards.service.drafting import InspectedContent, facts_of
from modelkeep.domains.cards.service.extra_schemas import schema_in_force
from modelkeep.domains.catalog import ModelVersion, permitted_model, permitted_version
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database, Transaction

_BEGINNING: Final[Json] = {"schema_version": SCHEMA_VERSION}


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card, the version that it is of, and where `extra` is not what its namespace asks of it."""

    version: ModelVersion
    card: Card
    misfits: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Rating:
    """How complete a card is by some frameworks, and where `extra` is not what its namespace asks of it."""

    scores: tuple[Score, ...]
    misfits: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that a card could begin with: what people wrote stays, and what the registry knows is added.

    `added` is what it adds to the card that there is, of which `revision` is the revision; 0 is none.
    """

    document: Json
    revision: int
    added: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two cards, and what changed from the first to the second."""

    before: ShownCard | None
    after: ShownCard
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class CardService:
    """Cards of versions."""

    database: Database
    access: AccessService
    clock: Clock
    frameworks: Mapping[str, Framework] = field(repr=False)
    inspected: Callable[[Transaction, Digest], InspectedContent | None] = field(repr=False)

    def get(self, actor: Actor, reference: Reference) -> ShownCard:
        """Return the card of a version, now or at the reference's `as_of`, and the audit entry that made it so.

        Raises:
            CardNotFoundError: it has, or had, none.
        """
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            card = self._card(tx, version, reference.as_of)
            card = card.with_entry(receipt_of(tx, version.reference, card.since))
            return ShownCard(version, card, _misfits(tx, version, card.document, reference.as_of))

    def edit(self, actor: Actor, reference: Reference, document: Json, *, seen: int | None) -> Recorded[ShownCard]:
        """Make a document the card of a version; the same document again changes nothing.

        `seen` is the revision that the change is based on, 0 where there was no card, None whatever there is.

        Raises:
            InvalidCardError: it is no card, or its `extra` is not what the namespace asks of it.
            StaleRevisionError: somebody has changed the card.
        """
        return self._change(actor, reference, seen, lambda _: document)

    def patch(self, actor: Actor, reference: Reference, patch: Json, *, seen: int | None) -> Recorded[ShownCard]:
        """Change a part of the card by a merge patch (RFC 7396); of a version without one, begin it.

        Raises:
            InvalidCardError: what comes of it is no card, or its `extra` is not what the namespace asks of it.
            StaleRevisionError: somebody has changed the card.
        """
        return self._change(actor, reference, seen, lambda card: merged(card.document if card else _BEGINNING, patch))

    def history(self, actor: Actor, reference: Reference, page: PageRequest) -> Page[CardRevision]:
        """Return one page of the revisions of a version's card, newest first, each with its audit entry."""
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            found = CardRepository(tx).list(version.id, page, reference.as_of)
            places = [(version.reference, item.since) for item in found.items]
            entries = receipts_of(tx, places)
            pairs = zip(found.items, places, strict=True)
            return replace(found, items=tuple(replace(item, entry=entries.get(place)) for item, place in pairs))

    def compare(
        self, actor: Actor, reference: Reference, *, before: int | Reference | None = None, after: int | None = None
    ) -> Comparison:
        """Return what changed between two revisions, or from the card of another version.

        Args:
            actor: who asks.
            reference: which version.
            before: a revision of its card, or another version; by default the revision before `after`.
            after: a revision of its card, by default the one there is, now or at the reference's `as_of`.

        Raises:
            CardNotFoundError: one of them is not there.
        """
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            new = ShownCard(version, self._card(tx, version, reference.as_of, after))
            old = self._before(tx, actor, new, before)
            return Comparison(old, new, diff(old.card.document if old else {}, new.card.document))

    def score(self, actor: Actor, reference: Reference, framework: str | None = None) -> Rating:
        """Return how complete a card is by a framework, or by each that there is; a version without one has nothing.

        Raises:
            UnknownFrameworkError: there is no such framework.
        """
        if framework is not None and framework not in self.frameworks:
            known = ", ".join(sorted(self.frameworks))
            raise UnknownFrameworkError(f"there is no framework {framework[:80]!r}; there are {known}")
        asked = list(self.frameworks.values()) if framework is None else [self.frameworks[framework]]
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            card = CardRepository(tx).find(version.id, reference.as_of)
            misfits = () if card is None else _misfits(tx, version, card.document, reference.as_of)
        return Rating(tuple(score(card.document if card else {}, item) for item in asked), misfits)

    def draft(self, actor: Actor, reference: Reference) -> Draft:
        """Return a card of what the registry knows of a version; what its card says already stays."""
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            model = permitted_model(tx, self.access, actor, Permission.MODEL_READ, version.model)
            card = CardRepository(tx).find(version.id)
            content = self.inspected(tx, version.manifest_digest)
        written: Json = card.document if card else {}
        document = completed(written, facts_of(model, version, content))
        return Draft(document, card.revision if card else 0, diff(written, document))

    def _change(
        self, actor: Actor, reference: Reference, seen: int | None, decide: Callable[[Card | None], Json]
    ) -> Recorded[ShownCard]:
        with self.database.transaction() as tx:
            version = permitted_version(tx, self.access, actor, Permission.CARD_WRITE, reference, lock=True)
            cards = CardRepository(tx)
            current = cards.find(version.id)
            check_seen(version.reference, current, seen)
            card = revise((version.id, version.reference), current, decide(current), actor, self.clock())
            if card is None and current is not None:
                return Recorded(ShownCard(version, current, _misfits(tx, version, current.document)), None)
            assert card is not None  # noqa: S101 - without a card, a document always makes one
            namespace = version.model.namespace
            refuse(
                f"'extra' is not what {namespace} asks of it ('modelkeep card schema show {namespace}')",
                _misfits(tx, version, card.document),
            )
            cards.add(card)
            tx.record(card_revised(version.reference, current, card, actor))
        return Recorded(ShownCard(version, card), tx.receipt)

    def _before(
        self, tx: Transaction, actor: Actor, new: ShownCard, before: int | Reference | None
    ) -> ShownCard | None:
        """Return the card that another is compared with; the first revision has none before it."""
        if isinstance(before, Reference):
            other = permitted_version(tx, self.access, actor, Permission.VERSION_READ, before)
            return ShownCard(other, self._card(tx, other, before.as_of))
        wanted = new.card.revision - 1 if before is None else before
        return None if wanted == 0 else ShownCard(new.version, self._card(tx, new.version, None, wanted))

    def _card(self, tx: Transaction, version: ModelVersion, at: datetime | None, revision: int | None = None) -> Card:
        cards = CardRepository(tx)
        found = cards.find(version.id, at) if revision is None else cards.find_revision(version.id, revision)
        if found is None:
            raise no_card(version.reference, "no card" if revision is None else f"no revision {revision} of its card")
        return found


def _misfits(tx: Transaction, version: ModelVersion, card: Document, at: datetime | None = None) -> tuple[Problem, ...]:
    asked = schema_in_force(tx, version.model.namespace, at)
    return () if asked is None else asked.misfits(card)
