"""Events of the catalog."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import (
    DECIMAL,
    DIGEST,
    INTEGER,
    TEXT,
    TIME,
    EventType,
    Schema,
    an_object,
    list_of,
    nullable,
)
from modelkeep.domains.audit.domain.vocabulary.subjects import ALIAS, MODEL, NAMESPACE, VERSION

_METRICS: Final = list_of(
    an_object(
        {"name": TEXT, "value": DECIMAL, "dataset": nullable(TEXT), "slice": nullable(TEXT), "step": nullable(INTEGER)}
    )
)
_OF_MODEL: Final[dict[str, Schema]] = {"model_id": TEXT, "revision": INTEGER}
_OF_VERSION: Final[dict[str, Schema]] = {"version_id": TEXT, "revision": INTEGER}
_OF_ALIAS: Final[dict[str, Schema]] = {"alias": TEXT, "version_id": TEXT, "number": INTEGER}

_NAMESPACES: Final = (
    EventType("catalog.namespace_created", NAMESPACE, "A namespace was created.", texts=("description",)),
    EventType(
        "catalog.namespace_updated",
        NAMESPACE,
        "The description of a namespace was changed.",
        data={"revision": INTEGER},
        texts=("description",),
    ),
    EventType("catalog.namespace_deleted", NAMESPACE, "An empty namespace was deleted."),
)
_MODELS: Final = (
    EventType(
        "catalog.model_created",
        MODEL,
        "A model was created: a name under which versions appear.",
        data=_OF_MODEL,
        texts=("description", "task", "owners", "tag:KEY"),
    ),
    EventType(
        "catalog.model_updated",
        MODEL,
        "What people say of a model was changed; the texts are those that were given.",
        data=_OF_MODEL,
        texts=("description", "task", "owners"),
    ),
    EventType("catalog.model_tagged", MODEL, "A tag of a model was set.", data=_OF_MODEL, texts=("tag:KEY",)),
    EventType("catalog.model_untagged", MODEL, "A tag of a model was removed.", data=_OF_MODEL, texts=("tag_key",)),
    EventType("catalog.model_deleted", MODEL, "A model was deleted; it can be restored.", data=_OF_MODEL),
    EventType("catalog.model_restored", MODEL, "A deleted model was restored.", data=_OF_MODEL),
)
_VERSIONS: Final = (
    EventType(
        "catalog.version_registered",
        VERSION,
        "A version was registered: its content and its record are fixed.",
        data={
            "model_id": TEXT,
            "number": INTEGER,
            "version": TEXT,
            "manifest_digest": DIGEST,
            "stage": TEXT,
            "metrics": _METRICS,
        },
        texts=("description", "message", "tag:KEY", "forced_version"),
    ),
    EventType(
        "catalog.version_updated",
        VERSION,
        "The description of a version was changed.",
        data=_OF_VERSION,
        texts=("description",),
    ),
    EventType("catalog.version_tagged", VERSION, "A tag of a version was set.", data=_OF_VERSION, texts=("tag:KEY",)),
    EventType(
        "catalog.version_untagged", VERSION, "A tag of a version was removed.", data=_OF_VERSION, texts=("tag_key",)
    ),
    EventType(
        "catalog.metrics_logged",
        VERSION,
        "Metrics were added to a version; `replaced` holds what they took the place of.",
        data={**_OF_VERSION, "metrics": _METRICS, "replaced": _METRICS},
    ),
    EventType("catalog.version_deleted", VERSION, "A version was deleted; it can be restored.", data=_OF_VERSION),
    EventType("catalog.version_restored", VERSION, "A deleted version was restored.", data=_OF_VERSION),
    EventType(
        "catalog.version_deprecated",
        VERSION,
        "A version should no longer be used: until when it can be, and what succeeds it.",
        data={**_OF_VERSION, "ends_at": nullable(TIME), "successor": nullable(TEXT)},
        texts=("notice",),
    ),
    EventType("catalog.version_undeprecated", VERSION, "A deprecation was taken back.", data=_OF_VERSION),
    EventType(
        "catalog.version_quarantined",
        VERSION,
        "A version was withdrawn: its files are no longer handed out.",
        data=_OF_VERSION,
        texts=("reason",),
    ),
    EventType(
        "catalog.version_released",
        VERSION,
        "The quarantine of a version ended: its files are handed out again.",
        data=_OF_VERSION,
        texts=("reason",),
    ),
)
_ALIASES: Final = (
    EventType(
        "catalog.alias_set",
        ALIAS,
        "An alias was pointed to a version.",
        data={
            **_OF_ALIAS,
            "model_id": TEXT,
            "previous_version_id": nullable(TEXT),
            "previous_number": nullable(INTEGER),
        },
    ),
    EventType("catalog.alias_removed", ALIAS, "An alias was removed.", data=_OF_ALIAS),
)
CATALOG: Final = (*_NAMESPACES, *_MODELS, *_VERSIONS, *_ALIASES)
