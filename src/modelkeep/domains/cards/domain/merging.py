"""Changes a document by a part of it: JSON merge patch (RFC 7396)."""

from collections.abc import Mapping

from modelkeep.kernel.canonical_json import Json


def merged(document: Json, patch: Json) -> Json:
    """Return the document with the patch applied: members that are null go, others are set, arrays are replaced."""
    if not isinstance(patch, Mapping):
        return patch
    kept = dict(document) if isinstance(document, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = merged(kept.get(name), value)
    return kept


def completed(document: Json, facts: Json) -> Json:
    """Return the document with what it lacks taken from `facts`: what is there stays, texts and lists as they are."""
    if isinstance(document, Mapping) and isinstance(facts, Mapping):
        kept = dict(document)
        for name, value in facts.items():
            kept[name] = completed(kept[name], value) if name in kept else value
        return kept
    return facts if document in (None, "", [], {}) else document
