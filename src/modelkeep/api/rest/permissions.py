"""What each route needs: one table, part of the OpenAPI document, and what the tests of roles go by.

A route is named as its operation. `NEEDS` says which permission it needs and on what; its use case checks that.
Everything else is in `OTHERWISE`, with the reason.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from modelkeep.domains.access import Permission

EXTENSION: Final = "x-permission"


class On(StrEnum):
    """On what a permission is needed."""

    REGISTRY = "registry"
    NAMESPACE = "namespace"
    MODEL = "model"
    BODY = "body"
    """The scope that the body or the query names."""
    ITEMS = "items"
    """Everybody may ask, and gets those items on which it holds the permission; there may be none."""


_MODEL_READ: Final = ("get_model", "get_model_policy", "list_stages", "list_aliases", "get_alias", "list_alias_history")
_TAG_READ: Final = ("list_model_tags", "list_model_tag_history")
_VERSION_READ: Final = (
    "list_versions",
    "get_version",
    "get_manifest",
    "explain_promotion",
    "get_approvals",
    "list_version_tags",
    "list_version_tag_history",
    "list_signatures",
    "get_signature_bundle",
    "get_inspection",
    "list_tensors",
    "check_gates",
    "list_waivers",
)
_MODEL_WRITE: Final = ("update_model", "set_model_tag", "remove_model_tag")
_VERSION_WRITE: Final = (
    "describe_version",
    "log_metrics",
    "set_version_tag",
    "remove_version_tag",
    "add_signature",
    "inspect_again",
    "deprecate_version",
    "undeprecate_version",
)
_CARD_READ: Final = (
    "get_card",
    "list_card_history",
    "compare_cards",
    "score_card",
    "draft_card",
    "export_card",
    "show_card",
    "list_attachments",
    "get_attachment",
)
_CARD_WRITE: Final = ("edit_card", "patch_card", "import_card", "attach_file", "remove_attachment")
_ON_MODELS: Final[Mapping[Permission, tuple[str, ...]]] = {
    Permission.MODEL_READ: _MODEL_READ + _TAG_READ,
    Permission.MODEL_WRITE: _MODEL_WRITE,
    Permission.MODEL_DELETE: ("delete_model", "restore_model"),
    Permission.VERSION_READ: _VERSION_READ + _CARD_READ,
    Permission.VERSION_CREATE: ("register_version", "open_upload"),
    Permission.VERSION_WRITE: _VERSION_WRITE,
    Permission.CARD_WRITE: _CARD_WRITE,
    Permission.VERSION_DELETE: ("delete_version", "restore_version"),
    Permission.STAGE_REQUEST: ("request_promotion",),
    Permission.STAGE_PROMOTE: ("break_glass", "roll_back"),
    Permission.VERSION_QUARANTINE: ("quarantine_version", "release_version"),
    Permission.VERSION_DOWNLOAD: ("get_file", "get_blobs"),
    Permission.GATE_WAIVE: ("waive_gate", "end_waiver"),
    Permission.GATE_REPORT: ("ask_external_check",),
    Permission.ALIAS_WRITE: ("set_alias", "remove_alias"),
    Permission.AUDIT_EXPORT: ("get_evidence",),
}
_ON_NAMESPACES: Final[Mapping[Permission, tuple[str, ...]]] = {
    Permission.MODEL_READ: ("get_namespace", "get_extra_schema", "list_namespace_signing_keys"),
    Permission.POLICY_WRITE: ("trust_namespace_signing_key", "revoke_namespace_signing_key"),
    Permission.NAMESPACE_WRITE: ("describe_namespace", "set_extra_schema", "remove_extra_schema"),
    Permission.NAMESPACE_DELETE: ("delete_namespace",),
}
_ON_THE_REGISTRY: Final[Mapping[Permission, tuple[str, ...]]] = {
    Permission.GRANT_WRITE: ("create_role", "update_role", "delete_role"),
    Permission.GRANT_READ: ("list_principals", "get_principal", "list_groups", "list_members", "list_publishers"),
    Permission.PRINCIPAL_WRITE: (
        "disable_principal",
        "create_service_account",
        "create_group",
        "delete_group",
        "add_member",
        "remove_member",
    ),
    Permission.LOGIN_WRITE: (
        "create_login_provider",
        "list_login_providers",
        "get_login_provider",
        "update_login_provider",
        "delete_login_provider",
    ),
    Permission.AUDIT_READ: (
        "get_checkpoint",
        "prove_inclusion",
        "prove_consistency",
        "get_proof_file",
        "list_log_keys",
        "list_anchors",
        "list_legal_holds",
    ),
    Permission.AUDIT_EXPORT: ("export_audit_log",),
    Permission.VERSION_QUARANTINE: ("withdraw_data",),
    Permission.POLICY_WRITE: ("publish_policy", "trust_signing_key", "revoke_signing_key"),
    Permission.AUDIT_ERASE: ("erase_audit_texts", "place_legal_hold", "release_legal_hold"),
    Permission.WEBHOOK_READ: ("list_jobs", "get_job"),
    Permission.WEBHOOK_WRITE: ("retry_job", "cancel_job"),
}
_NAMED_IN_THE_REQUEST: Final[Mapping[Permission, tuple[str, ...]]] = {
    Permission.NAMESPACE_WRITE: ("create_namespace",),
    Permission.MODEL_WRITE: ("create_model",),
    Permission.VERSION_READ: ("resolve", "diff_versions"),
    Permission.GRANT_WRITE: ("grant_role", "create_publisher"),
    Permission.GRANT_READ: ("review_access",),
    Permission.WEBHOOK_WRITE: ("create_webhook",),
    Permission.POLICY_WRITE: ("assign_policy", "plan_policy"),
}
_ON_ITEMS: Final[Mapping[Permission, tuple[str, ...]]] = {
    Permission.MODEL_READ: ("list_models", "list_namespaces", "stream_events"),
    Permission.VERSION_READ: (
        "search_versions",
        "list_promotion_requests",
        "list_live_versions",
        "get_promotion_request",
        "list_comments",
        "add_comment",
    ),
    Permission.STAGE_APPROVE: ("cast_vote", "finish_review"),
    Permission.STAGE_PROMOTE: ("promote", "withdraw_promotion_request"),
    Permission.VERSION_CREATE: (
        "get_upload",
        "cancel_upload",
        "send_batch",
        "list_parts",
        "send_part",
        "complete_blob",
    ),
    Permission.GRANT_READ: ("list_bindings", "get_publisher"),
    Permission.GRANT_WRITE: ("revoke_role", "delete_publisher"),
    Permission.POLICY_WRITE: ("unassign_policy",),
    Permission.WEBHOOK_READ: ("list_webhooks", "get_webhook", "list_webhook_deliveries"),
    Permission.WEBHOOK_WRITE: (
        "update_webhook",
        "delete_webhook",
        "test_webhook",
        "replay_webhook",
        "deliver_webhook_event",
        "rotate_webhook_secret",
    ),
    Permission.AUDIT_READ: ("list_audit_entries", "get_audit_entry", "list_access_log"),
}


def _needs() -> dict[str, tuple[Permission, On]]:
    tables = (
        (On.MODEL, _ON_MODELS),
        (On.NAMESPACE, _ON_NAMESPACES),
        (On.REGISTRY, _ON_THE_REGISTRY),
        (On.BODY, _NAMED_IN_THE_REQUEST),
        (On.ITEMS, _ON_ITEMS),
    )
    return {name: (permission, on) for on, table in tables for permission, names in table.items() for name in names}


NEEDS: Final[Mapping[str, tuple[Permission, On]]] = _needs()
"""Which permission a route needs, and on what."""

OTHERWISE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("whoami", "get_session", "log_out", "list_sessions", "end_session"), "own"),
    **dict.fromkeys(("create_token", "list_tokens", "get_token", "revoke_token"), "own"),
    **dict.fromkeys(("list_inbox", "list_delegations", "delegate", "end_delegation"), "own"),
    **dict.fromkeys(("get_policy_schema", "lint_policy", "list_policies", "get_policy"), "authenticated"),
    **dict.fromkeys(("list_policy_versions", "get_policy_version", "list_policy_assignments"), "authenticated"),
    **dict.fromkeys(("list_roles", "get_role", "explain", "list_signing_keys"), "authenticated"),
    **dict.fromkeys(("get_card_schema", "list_card_frameworks"), "authenticated"),
    **dict.fromkeys(("get_ci_audience", "mint_ci_token", "report_leaked_token", "list_login_offers"), "public"),
    **dict.fromkeys(("receive_leak_alert", "answer_external_check"), "public"),
    **dict.fromkeys(("begin_login", "finish_login", "log_out_by_provider", "begin_device_login"), "public"),
    **dict.fromkeys(("finish_device_login", "finish_browser_login", "log_in_locally"), "public"),
}
"""Routes that need no permission on what they name: `public` asks for no credential, `authenticated` is for everybody
who has one, `own` is about the caller's own things. Tokens of others need `principal.write`, and making one needs
`token.create` on any scope."""


def declared(name: str) -> dict[str, Any]:
    """Return the extension of an operation's description, empty where nobody has declared it."""
    if name in NEEDS:
        permission, on = NEEDS[name]
        return {EXTENSION: {"permission": permission.value, "on": on.value}}
    return {EXTENSION: {"on": OTHERWISE[name]}} if name in OTHERWISE else {}
