"""What the built-in roles grant, and what a refusal says."""

from datetime import UTC, datetime

import pytest

from modelkeep.domains.access.domain.permissions import (
    ADMIN,
    ROLES,
    Permission,
    builtin_roles_with,
    is_never,
    shown_to,
    within_reach,
)
from modelkeep.domains.access.domain.refusals import refusal
from modelkeep.domains.access.domain.scopes import REGISTRY, Scope
from modelkeep.kernel.errors import Kind
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo
from modelkeep.kernel.references import ModelName
from modelkeep.kernel.references.spans import InvalidReferenceError

EVE = Actor(PrincipalId("p"), "eve", PrincipalKind.USER, frozenset(), request=RequestInfo("r", "a key", "a print"))
NOW = datetime(2026, 11, 16, tzinfo=UTC)


def test_the_administrator_may_do_everything() -> None:
    assert ROLES[ADMIN] == frozenset(Permission)


def test_a_viewer_sees_metadata_and_no_bytes() -> None:
    assert ROLES["viewer"] == {Permission.MODEL_READ, Permission.VERSION_READ}


def test_each_role_of_a_team_holds_what_the_one_below_does() -> None:
    assert ROLES["viewer"] < ROLES["contributor"] < ROLES["maintainer"] < ROLES[ADMIN]


@pytest.mark.parametrize("role", ["TEAM_LEAD", "LEGAL", "SECURITY"])
def test_a_business_role_approves_and_changes_nothing(role: str) -> None:
    waives = {Permission.GATE_WAIVE} if role == "SECURITY" else set()
    assert ROLES[role] == {Permission.MODEL_READ, Permission.VERSION_READ, Permission.STAGE_APPROVE, *waives}


@pytest.mark.parametrize("permission", Permission)
def test_every_permission_is_granted_by_the_administrator_at_least(permission: Permission) -> None:
    assert ADMIN in builtin_roles_with(permission)


def test_a_pipeline_never_approves_nor_grants() -> None:
    for permission in (
        Permission.STAGE_APPROVE,
        Permission.STAGE_PROMOTE,
        Permission.GRANT_WRITE,
        Permission.PRINCIPAL_WRITE,
        Permission.POLICY_WRITE,
        Permission.TOKEN_CREATE,
    ):
        assert is_never(PrincipalKind.CI, permission)
        assert not is_never(PrincipalKind.USER, permission)
    contributor = ROLES["contributor"]
    assert within_reach(PrincipalKind.CI, contributor) == contributor - {Permission.TOKEN_CREATE}
    assert within_reach(PrincipalKind.USER, contributor) == contributor


def test_visibility_shows_metadata_of_internal_and_content_of_public_models_to_all_but_pipelines() -> None:
    for kind in (PrincipalKind.USER, PrincipalKind.SERVICE):
        assert shown_to(kind, Permission.MODEL_READ) == ("internal", "public")
        assert shown_to(kind, Permission.VERSION_DOWNLOAD) == ("public",)
        assert shown_to(kind, Permission.VERSION_CREATE) == ()
    assert shown_to(PrincipalKind.CI, Permission.MODEL_READ) == ()


@pytest.mark.parametrize(
    ("text", "namespace", "lineage"),
    [("*", None, ("*",)), ("fraud", "fraud", ("*", "fraud")), ("fraud/S", "fraud", ("*", "fraud", "fraud/S"))],
)
def test_a_scope_lies_in_every_wider_one(text: str, namespace: str | None, lineage: tuple[str, ...]) -> None:
    scope = Scope.parse(text)
    assert (str(scope), scope.namespace, scope.lineage) == (text, namespace, lineage)


@pytest.mark.parametrize("text", ["", "**", "Fraud", "fraud/", "fraud/a/b", "fraud/*"])
def test_what_names_no_part_of_the_registry_is_no_scope(text: str) -> None:
    with pytest.raises(InvalidReferenceError):
        Scope.parse(text)


def test_a_refusal_names_the_permission_the_place_and_whom_to_ask() -> None:
    error = refusal(EVE, Permission.MODEL_READ, Scope.of_model(ModelName("fraud", "scorer")), NOW)
    assert error.message.startswith("eve may not model.read on fraud/scorer; ask an administrator")
    assert error.kind is Kind.FORBIDDEN
    assert error.details == {"permission": "model.read", "scope": "fraud/scorer"}
    assert "on the registry" in refusal(EVE, Permission.LOGIN_WRITE, REGISTRY, NOW).message


def test_only_a_privileged_refusal_is_kept_and_it_claims_no_idempotency_key() -> None:
    assert refusal(EVE, Permission.VERSION_DOWNLOAD, REGISTRY, NOW).event is None
    kept = refusal(EVE, Permission.GRANT_WRITE, Scope("fraud"), NOW).event
    assert kept is not None
    assert (kept.name, kept.subject) == ("access.access_denied", "fraud")
    assert kept.data == {"permission": "grant.write", "scope": "fraud"}
    assert kept.actor.request == RequestInfo("r", None, "a print")
    assert not kept.texts
