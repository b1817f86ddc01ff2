"""Chat templates (Jinja) that reach for what is behind the values they are given.

A template sees messages and a few functions. Names with two underscores, and what makes such names out of parts, have
no use but to get from these to the interpreter.
"""

import re
from collections.abc import Iterator
from typing import Final

from modelkeep.domains.inspection.domain.verdicts import Finding, Verdict

_PARTS: Final = r"['\"]__\w*['\"]\s*[~+]|[~+]\s*['\"]\w*__['\"]|['\"]_['\"]\s*[~+]\s*['\"]_"
_TRICKS: Final = (
    (re.compile(r"__\w+__"), "names with two underscores"),
    (re.compile(r"\|\s*attr\b"), "the filter attr"),
    (re.compile(r"\\(?:x5f|u005f|137)", re.IGNORECASE), "underscores that are written as escapes"),
    (re.compile(_PARTS), "names that are made of parts"),
    (re.compile(r"\b(?:lipsum|cycler|joiner|url_for|get_flashed_messages)\b"), "functions with a way to globals"),
    (re.compile(r"\b(?:popen|subprocess|eval|exec|builtins)\b\s*[.(\[]"), "functions that run code"),
    (re.compile(r"{%-?\s*(?:import|include|from|extends)\b"), "other templates"),
)  # fmt: skip


def template_findings(path: str, template: str) -> Iterator[Finding]:
    """Yield what a template uses that none needs."""
    for pattern, what in _TRICKS:
        found = pattern.search(template)
        if found:
            message = f"its chat template uses {what}: {found.group()[:60]}"
            yield Finding.of("template.injection", Verdict.MALICIOUS, path, message)
