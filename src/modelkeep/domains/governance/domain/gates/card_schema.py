"""`card_schema`: the model card fulfils a JSON Schema, or is complete enough for a framework."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, cast

from modelkeep.domains.governance.domain.findings import Finding
from modelkeep.domains.governance.domain.gates.facts import Facts, Snapshot, seen_by
from modelkeep.domains.governance.domain.gates.outcomes import Outcome, failed, passed, undecided
from modelkeep.kernel.canonical_json import Json, canonical_json, parse_json
from modelkeep.kernel.json_schemas import keywords

if TYPE_CHECKING:  # a server starts without it
    from jsonschema_rs import Draft202012Validator

CARD_SCORE: Final = "card_score:"
"""Before the name of a framework: the fact about how complete the card is for it."""

_SHOWN: Final = 10
_REFUSED: Final = frozenset({"$ref", "$dynamicRef", "$recursiveRef", "pattern", "patternProperties"})
_WHOLE: Final = 100


@dataclass(frozen=True, slots=True)
class CardSchemaGate:
    """The card is there and fulfils the schema, and is as complete as asked."""

    schema: Mapping[str, Json] | None = None
    framework: str | None = None
    minimum_score: int = _WHOLE

    @property
    def needs(self) -> frozenset[str]:
        """The card, and its score for the framework."""
        return frozenset({"card"} if self.framework is None else {"card", CARD_SCORE + self.framework})

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return the card as far as the schema names members of it, and its score."""
        paths = [("card",)] if self.schema is not None else []
        scored = {} if self.framework is None else {"score": facts[CARD_SCORE + self.framework]}
        return {"has_card": bool(facts["card"]), **seen_by(facts, paths), **scored}

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:  # noqa: ARG002 - of every rule
        """Validate the card and compare its score; no card fulfils nothing."""
        if not seen.value["has_card"]:
            return failed("the version has no card; write one with 'modelkeep card edit'")
        if self.schema is not None:
            broken = self._broken(self.schema, seen.value["card"])
            if broken is not None:
                return broken
        return self._scored(seen.value.get("score")) if self.framework else passed("the card fulfils the schema")

    def _broken(self, schema: Mapping[str, Json], card: object) -> Outcome | None:
        validator = _validator(canonical_json(schema))
        if validator is None:
            return undecided("the schema is refused; 'modelkeep policy lint' says why")
        errors = sorted((_json_path(error.instance_path), error.message) for error in validator.iter_errors(card))
        if not errors:
            return None
        said = [f"{path}: {message[:200]}" for path, message in errors[:_SHOWN]]
        more = f" and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        return failed(f"the card does not fulfil the schema: {'; '.join(said)}{more}; complete it", errors=list(said))

    def _scored(self, score: object) -> Outcome:
        if not isinstance(score, Mapping) or not isinstance(score.get("percent"), int | float):
            return undecided(f"there is no framework {self.framework} to score the card by; correct it in the policy")
        percent, missing = score["percent"], [str(name) for name in score.get("missing", ())]
        said = f"the card is {percent} % complete for {self.framework}"
        if percent >= self.minimum_score:
            return passed(said)
        lacks = f"; it lacks {', '.join(missing[:_SHOWN])}" if missing else ""
        return failed(
            f"{said}, at least {self.minimum_score} % is asked for{lacks}; complete it", missing=list(missing)
        )


def schema_findings(schema: Mapping[str, Json]) -> Iterator[Finding]:
    """Yield why a schema cannot be used: it is none, or it has keywords whose cost nobody can foresee."""
    for error in _meta_validator().iter_errors(schema):
        yield Finding(tuple(error.instance_path), "invalid_schema", f"this is no JSON Schema: {error.message[:200]}")
        return
    for place in keywords(schema):
        if (keyword := place[-1]) in _REFUSED:
            message = f"`{keyword}` is not taken in a gate; write it out, or ask with a `cel` gate and `matches`"
            yield Finding(place, "refused_keyword", message)


@lru_cache(maxsize=64)
def _validator(schema_text: bytes) -> "Draft202012Validator | None":
    """Return the validator of a schema in canonical JSON, or None where it is refused; nothing is ever fetched."""
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - a server starts without it

    schema = cast("dict[str, Json]", parse_json(schema_text, max_bytes=len(schema_text)))
    if next(schema_findings(schema), None) is not None:
        return None
    return Draft202012Validator(schema, offline=True)


@cache
def _meta_validator() -> "Draft202012Validator":
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - a server starts without it

    return Draft202012Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"}, offline=True)


def _json_path(path: Iterable[str | int]) -> str:
    """Return a place in the card as JSONPath."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
