"""An entry of the log as a CloudEvent, for webhooks, streams and exports."""

from typing import Final

from modelkeep.domains.audit.domain.entries import Entry
from modelkeep.domains.audit.domain.event_types import public_type, schema_id
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.events import Json

MEDIA_TYPE: Final = "application/cloudevents+json"
BATCH_MEDIA_TYPE: Final = "application/cloudevents-batch+json"
_SEQUENCE_DIGITS: Final = 20


def cloud_type(name: str) -> str:
    """Return the CloudEvents type of an event: `io.modelkeep.model_created.v1` for `catalog.model_created`."""
    return f"io.modelkeep.{public_type(name).lower()}.v1"


def cloud_event(entry: Entry, *, source: str) -> dict[str, Json]:
    """Return an entry in the JSON format of CloudEvents 1.0 (section 3 of the JSON event format).

    `source` names this registry, as a URI; with it the id, which is the place in the log, is unique in the world. The
    extension `sequence` has the same number with leading zeros, so that it sorts as text. The event carries the data
    of the entry and no text that a person typed: what has left the registry can not be erased.
    """
    return {
        "specversion": "1.0",
        "id": str(entry.seq),
        "source": source,
        "type": cloud_type(entry.action),
        "subject": entry.subject,
        "time": timestamp(entry.at),
        "datacontenttype": "application/json",
        "dataschema": schema_id(entry.type),
        "sequence": f"{entry.seq:0{_SEQUENCE_DIGITS}}",
        "actorid": entry.actor.id,
        "actortype": entry.actor.kind,
        "requestid": entry.request_id,
        "leafhash": entry.leaf_hash.hex(),
        "data": entry.data,
    }
