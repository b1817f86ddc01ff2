"""The votes that an evidence pack tells, compared with the entries of the audit log that they made."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from modelkeep.kernel.canonical_json import canonical_json

Facts: TypeAlias = Mapping[str, Any]


def checked_votes(
    told: Sequence[tuple[str, Facts]], leaves: Sequence[Facts], entries: Mapping[int, Facts]
) -> Generator[str, None, str]:
    """Yield where votes differ from the log; return what was looked at.

    Args:
        told: the votes of the pack, each with the id of its request.
        leaves: what was hashed of each entry about the version that the log still has.
        entries: the entries as the pack shows them, by number, with their texts.
    """
    cast = {leaf["data"]["vote_id"]: leaf for leaf in leaves if leaf["action"] == "governance.vote_cast"}
    lapsed = {leaf["data"]["vote_id"]: leaf for leaf in leaves if leaf["action"] == "governance.vote_lapsed"}
    whole = any(leaf["action"] == "catalog.version_registered" for leaf in leaves)
    proven = 0
    for request_id, vote in told:
        leaf = cast.pop(vote["id"], None)
        if leaf is not None:
            proven += 1
            texts = entries.get(leaf["seq"], {}).get("texts") or {}
            differing = [*_differing(request_id, vote, leaf), *_other_texts(vote, texts)]
            if differing:
                yield f"vote {vote['id']} is not the one that was cast: {', '.join(differing)}"
        elif whole:
            yield f"the audit log has no vote {vote['id']}"
        yield from _ended(vote, lapsed.get(vote["id"]), whole=whole)
    yield from (f"vote {identity} is in the audit log, and not told" for identity in sorted(cast))
    return f"{proven} of {len(told)} votes compared with the entries that they made"


def _differing(request_id: str, vote: Facts, leaf: Facts) -> Iterator[str]:
    """Yield the names of facts that the log has otherwise."""
    data = leaf["data"]
    pairs = {
        "request": (request_id, data["request_id"]),
        "voter": (vote["voter"], leaf["actor"]["id"]),
        "delegator": (vote["delegator"], data["delegator"]),
        "step": (vote["step"], data["step"]),
        "decision": (vote["decision"], data["decision"]),
        "end": (vote["conditions"]["expires_at"], data["expires_at"]),
        "what the voter saw": (vote["saw"], data["binding"]),
    }
    yield from (name for name, (said, logged) in pairs.items() if said != logged)


def _other_texts(vote: Facts, texts: Mapping[str, Facts]) -> Iterator[str]:
    """Yield which of the texts that the log still has are told otherwise; without personal data none are told."""
    conditions = vote["conditions"]
    said = {"comment": vote.get("comment"), "conditions": conditions.get("text")}
    if conditions.get("terms"):
        said["terms"] = canonical_json(conditions["terms"]).decode()
    for name, text in said.items():
        if text and name in texts and text != texts[name]["value"]:
            yield name


def _ended(vote: Facts, lapse: Facts | None, *, whole: bool) -> Iterator[str]:
    """Yield whether a vote counts otherwise than the log says."""
    if lapse is not None and vote["lapse"] != lapse["data"]["why"]:
        yield f"vote {vote['id']} has lapsed ({lapse['data']['why']}), which is told otherwise"
    elif lapse is None and whole and vote["lapse"] not in (None, "replaced"):
        yield f"the audit log has no lapse of vote {vote['id']}"
