"""What the sandboxed process does with the files of a version: each is read by the format it is of."""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final

from modelkeep.domains.inspection.domain.fact_json import facts_json, tensors_json
from modelkeep.domains.inspection.domain.formats import is_known, read_facts
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window
from modelkeep.kernel.events import Json

_MOST_PROBLEM: Final = 1000


def run(files: Sequence[BinaryIO], arguments: Mapping[str, Any]) -> Json:
    """Return, for each of the files whose `paths` are given, its facts and tensors, None, or why it is unreadable.

    With `heads_only`, whether it begins as a format does that is read.
    """
    named = zip(arguments["paths"], files, strict=True)
    if arguments["heads_only"]:
        return [is_known(path, Window(file)) for path, file in named]
    return [_read(path, file) for path, file in named]


def _read(path: str, file: BinaryIO) -> Json:
    try:
        facts = read_facts(path, Window(file))
    except UnreadableFileError as error:
        return {"problem": str(error)[:_MOST_PROBLEM]}
    except (MemoryError, RecursionError) as error:
        return {"problem": f"it is too large or nested too deep to be read ({type(error).__name__})"}
    if facts is None:
        return None
    return {"facts": facts_json(facts), "tensors": tensors_json(facts.tensors)}
