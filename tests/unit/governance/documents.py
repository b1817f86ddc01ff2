"""Policy documents for tests."""

from typing import Any

from modelkeep.domains.access import ROLES
from modelkeep.domains.governance.domain.policy_lint import LintContext, lint
from modelkeep.domains.governance.service.policy_texts import Linted, lint_text

BUILT_IN = {name: frozenset(str(permission) for permission in granted) for name, granted in ROLES.items()}


def a_document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a small policy without errors, with other members instead of its own; None takes one out."""
    document: dict[str, Any] = {
        "name": "small",
        "stages": [
            {"name": "Draft"},
            {"name": "Live", "exclusive": True, "replaced_to": "Draft"},
        ],
        "moves": [{"from": "Draft", "to": "Live", "approvals": {"steps": [{"role": "LEGAL"}]}}],
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


def linted(source: str) -> Linted:
    """Return a text as the linter of a registry with the built-in roles sees it."""
    return lint_text(source, lambda document: lint(document, LintContext(BUILT_IN)))
