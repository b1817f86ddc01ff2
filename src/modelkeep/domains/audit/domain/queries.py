"""What is asked of the log."""

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from modelkeep.domains.audit.domain.vocabulary import VOCABULARY
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.references import ModelName, check_namespace


class UnknownEventTypeError(InvalidValueError):
    """The vocabulary has no event of this type."""

    code = "audit.unknown_event_type"


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Which entries are wanted; what is None is not asked for.

    Args:
        actor: the id of who made them.
        subject: what they are about, exactly: `fraud/scorer:1.4.0`.
        within: the namespace or the model they are about, with all that belongs to it: `fraud`, `fraud/scorer`.
        type: a public type, `MODEL_CREATED`, or the name in the log, `catalog.model_created`.
        since: the first moment.
        until: the moment that is too late.
        request: the id of the request that made them.
    """

    actor: str | None = None
    subject: str | None = None
    within: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    request: str | None = None

    def __post_init__(self) -> None:
        """Refuse a scope that is neither a namespace nor a model.

        Raises:
            InvalidReferenceError: `within` is neither.
        """
        if self.within is not None:
            ModelName.parse(self.within) if "/" in self.within else check_namespace(self.within)

    @property
    def action(self) -> str | None:
        """The name in the log of the type that is wanted.

        Raises:
            UnknownEventTypeError: there is no such type.
        """
        if self.type is None or self.type in VOCABULARY:
            return self.type
        by_type = {kind.type: kind.name for kind in VOCABULARY.values()}
        name = by_type.get(self.type.upper())
        if name is None:
            close = get_close_matches(self.type.upper(), by_type, n=3)
            advice = f"; did you mean {' or '.join(close)}?" if close else ""
            raise UnknownEventTypeError(f"there is no event type {self.type!r}{advice}", type=self.type)
        return name
