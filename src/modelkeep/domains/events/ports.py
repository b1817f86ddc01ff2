"""How events leave the registry: signed to a web address, or as a message to people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from modelkeep.domains.events.domain.deliveries import Sent
from modelkeep.kernel.events import Json


@dataclass(frozen=True, slots=True)
class Parcel:
    """One event on its way: a CloudEvent, where it goes, and what the receiver knows it by when it comes again."""

    target: str = field(repr=False)
    secrets: Sequence[str] = field(repr=False)
    message_id: str
    event: Mapping[str, Json]
    template: str


class Sender(Protocol):
    """One way out."""

    def check(self, target: str) -> None:
        """Refuse a target that can never be sent to, before it is stored.

        Raises:
            RegistryError: it cannot.
        """

    def send(self, parcel: Parcel) -> Sent:
        """Send, and say what came of it; a receiver that fails is an answer, not an error."""
