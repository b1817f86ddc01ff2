"""Erases what people typed where governance keeps it beside the audit log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Table, false, func, or_, select, true, update
from sqlalchemy.orm import Session

from modelkeep.domains.access import REGISTRY
from modelkeep.domains.audit import ERASED, Erasure
from modelkeep.domains.catalog import ids_of_models, ids_of_versions
from modelkeep.domains.governance.domain.votes import MACHINE_TERMS
from modelkeep.domains.governance.tables.comments import COMMENT
from modelkeep.domains.governance.tables.delegations import DELEGATION
from modelkeep.domains.governance.tables.gates import EXTERNAL_CHECK, WAIVER
from modelkeep.domains.governance.tables.promotion import REQUEST, VOTE
from modelkeep.domains.governance.tables.reviews import REVIEW
from modelkeep.domains.governance.tables.withdrawn import WITHDRAWN_DATA

About = Callable[[Erasure], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """Texts of a table: the column of each by its name in the log, who typed them, and what they are about."""

    table: Table
    texts: Mapping[str, str]
    typed_by: str
    about: About


def erase_texts(session: Session, erasure: Erasure) -> int:
    """Put the marker in the place of the texts that an erasure asks for; return how many there were."""
    count = sum(_replace(session, kept, name, erasure) for kept in _KEPT for name in kept.texts)
    return count + _erase_terms(session, erasure)


def _replace(session: Session, kept: _Kept, name: str, erasure: Erasure) -> int:
    """Replace one text of a table; where somebody typed nothing, nothing is replaced."""
    if erasure.fields and name not in erasure.fields:
        return 0
    column = kept.table.c[kept.texts[name]]
    chosen = (_asked(kept, erasure), column.not_in(("", ERASED)))
    count = session.scalars(select(func.count()).select_from(kept.table).where(*chosen)).one()
    if count:
        session.execute(update(kept.table).where(*chosen).values({column: ERASED}))
    return count


def _erase_terms(session: Session, erasure: Erasure) -> int:
    """Leave of the terms of approvals what programs act by, which is a number."""
    if erasure.fields and "terms" not in erasure.fields:
        return 0
    changed = [
        (identity, kept)
        for identity, terms in session.execute(select(VOTE.c.id, VOTE.c.terms).where(_asked(_VOTES, erasure)))
        if (kept := {name: terms[name] for name in MACHINE_TERMS if name in terms}) != terms
    ]
    for identity, kept in changed:
        session.execute(update(VOTE).where(VOTE.c.id == identity).values(terms=kept))
    return len(changed)


def _asked(kept: _Kept, erasure: Erasure) -> ColumnElement[bool]:
    if erasure.principal is not None:
        return kept.table.c[kept.typed_by] == erasure.principal
    return kept.about(erasure)


def _of_versions(erasure: Erasure) -> ColumnElement[bool]:
    return REQUEST.c.version_id.in_(ids_of_versions(erasure))


def _of_requests(table: Table) -> About:
    return lambda erasure: table.c.request_id.in_(select(REQUEST.c.id).where(_of_versions(erasure)))


def _in_scope(erasure: Erasure) -> ColumnElement[bool]:
    scope = DELEGATION.c.scope
    if erasure.within is None:
        return scope == erasure.subject
    return or_(scope == erasure.within, scope.startswith(f"{erasure.within}/", autoescape=True))


_VOTES: Final = _Kept(VOTE, {"comment": "comment", "conditions": "conditions"}, "voter", _of_requests(VOTE))
_KEPT: Final = (
    _VOTES,
    _Kept(REQUEST, {"reason": "reason"}, "requested_by", _of_versions),
    _Kept(COMMENT, {"comment": "text"}, "author", _of_requests(COMMENT)),
    _Kept(REVIEW, {"comment": "comment"}, "closed_by", _of_requests(REVIEW)),
    _Kept(WAIVER, {"reason": "reason"}, "granted_by", lambda asked: WAIVER.c.model_id.in_(ids_of_models(asked))),
    _Kept(DELEGATION, {"reason": "reason"}, "delegator", _in_scope),
    _Kept(
        EXTERNAL_CHECK,
        {"details": "details"},
        "asked_by",
        lambda asked: EXTERNAL_CHECK.c.version_id.in_(ids_of_versions(asked)),
    ),
    _Kept(
        WITHDRAWN_DATA,
        {"reason": "reason"},
        "withdrawn_by",
        lambda asked: true() if asked.subject == str(REGISTRY) else false(),
    ),
)
