"""Every operation of the OpenAPI document, with a request that can be served.

Tests that ask every route go through here: an operation whose body or parameters have no example fails them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

from tests.cards import PDF
from tests.facade.rest.registry import API, Rest

from modelkeep.kernel.blob_frames import MEDIA_TYPE, frame_header
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.model_signing import BUNDLE_MEDIA_TYPE, PAYLOAD_TYPE

BLOB = b"a blob that is on its way"
A_KEY = {"name": "$namespace-new", "pem": "$pem"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "add_signature": {
        "bundle": {
            "mediaType": BUNDLE_MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": "$hint"}},
            "dsseEnvelope": {"payload": "$payload", "payloadType": PAYLOAD_TYPE, "signatures": [{"sig": "$signed"}]},
        }
    },
    "assign_policy": {"scope": "$namespace", "policy": "open", "reason": "x"},
    "add_comment": {"text": "x"},
    "break_glass": {"stage": "Staging", "reason": "x"},
    "delegate": {"delegate": "$principal", "scope": "$namespace", "ends_at": "$tomorrow"},
    "finish_review": {"verdict": "accepted"},
    "roll_back": {"to": "1.0.0", "stage": "Draft", "reason": "x"},
    "withdraw_data": {"reference": "s3://lake/tx", "reason": "x"},
    "cast_vote": {"decision": "approve", "comment": "x"},
    "answer_external_check": {"token": "x", "passed": True},
    "ask_external_check": {"minutes": 60},
    "begin_device_login": {"label": "ana@laptop"},
    "create_group": {"name": "$new"},
    "create_login_provider": {"name": "$new", "issuer": "$issuer", "client_id": "modelkeep"},
    "create_model": {"name": "$namespace/$new", "description": "x", "tags": {"team": "risk"}, "owners": ["ana"]},
    "create_namespace": {"name": "$namespace"},
    "create_publisher": {
        "name": "$new",
        "kind": "github",
        "conditions": {"repository": "octo-org/scorer", "owner_id": "9919", "workflow": "release.yml"},
        "role": "viewer",
        "scopes": ["$namespace"],
    },
    "create_role": {"name": "$new", "permissions": ["model.read"]},
    "create_service_account": {"name": "$new", "owner": "$principal"},
    "create_token": {"name": "laptop", "permissions": ["model.read"], "scopes": ["$namespace"]},
    "create_webhook": {
        "name": "$new",
        "url": "$url",
        "selection": {"types": ["MODEL_DELETED"], "namespace": "$namespace"},
    },
    "deprecate_version": {"notice": "x"},
    "describe_namespace": {"description": "x"},
    "describe_version": {"description": "x"},
    "edit_card": {"document": {"schema_version": "1.0", "overview": {"description": "Scores payments"}}},
    "erase_audit_texts": {"reason": "Asked for", "within": "$namespace"},
    "finish_browser_login": {"code": "x", "code_verifier": "x"},
    "finish_device_login": {"device_code": "x"},
    "get_blobs": {"digests": ["$stored"]},
    "grant_role": {"subject": "$principal", "role": "viewer", "scope": "$namespace"},
    "lint_policy": {"source": "{}"},
    "import_card": {"format": "yaml", "content": "{schema_version: '1.0', overview: {description: Scores orders}}"},
    "log_in_locally": {"name": "admin", "password": "x"},
    "log_metrics": {"metrics": [{"name": "auc", "value": 0.5, "dataset": "test", "slice": "all"}]},
    "mint_ci_token": {"identity_token": "x"},
    "open_upload": {
        "files": [{"path": "b.bin", "size": 25, "digest": "$digest", "media_type": "text/plain", "mode": 420}]
    },
    "patch_card": {"patch": {"limitations": ["Small"]}},
    "place_legal_hold": {"scope": "$namespace/scorer", "reason": "Case 7"},
    "plan_policy": {"scope": "$namespace", "policy": "open"},
    "publish_policy": {"source": "{name: $namespace-new, stages: [{name: Draft}], moves: []}"},
    "quarantine_version": {"reason": "leaks"},
    "register_version": {
        "manifest_digest": "$manifest",
        "description": "x",
        "message": "x",
        "tags": {"team": "risk"},
        "metrics": [{"name": "auc", "value": 0.5, "dataset": "test", "slice": "all"}],
        "params": {"layers": 3},
        "training_data": [{"uri": "s3://lake/tx", "schema": {"amount": "double"}}],
        "validation_data": [{"name": "holdout"}],
        "training_code": {"repository": "https://code.example.org/scorer", "commit": "c0ffee", "dirty": False},
        "environment": {"lock_file": "uv.lock"},
        "parents": [{"reference": "https://models.example.org/base", "relation": "fine-tune"}],
        "signature": {"inputs": []},
        "preprocessing": {"steps": []},
    },
    "release_legal_hold": {"reason": "Case 7 is closed"},
    "release_version": {"reason": "does not"},
    "replay_webhook": {"from_seq": 0},
    "report_leaked_token": {"token": "x"},
    "request_promotion": {"stage": "Staging", "reason": "x"},
    "withdraw_promotion_request": {"reason": "x"},
    "revoke_namespace_signing_key": {"reason": "x"},
    "revoke_signing_key": {"reason": "x"},
    "rotate_webhook_secret": {"overlap_seconds": 60},
    "set_alias": {"version": "1.0.0"},
    "set_extra_schema": {"document": {"type": "object"}},
    "set_model_tag": {"value": "x"},
    "set_version_tag": {"value": "x"},
    "trust_namespace_signing_key": A_KEY,
    "trust_signing_key": A_KEY,
    "update_login_provider": {"issuer": "$issuer", "client_id": "modelkeep"},
    "waive_gate": {"gate": "good", "reason": "x", "expires_at": "$soon"},
    "update_model": {"task": "x"},
    "update_role": {"description": "x"},
    "update_webhook": {"name": "x"},
}
"""The JSON body of every operation that has one."""

QUERIES: dict[str, dict[str, str]] = {
    "explain_promotion": {"stage": "Staging"},
    "explain": {"permission": "model.read", "scope": "$namespace/scorer"},
    "prove_consistency": {"from": "1", "to": "1"},
    "prove_inclusion": {"seq": "0", "size": "1"},
    "check_gates": {"stage": "Production"},
    "resolve": {"reference": "$namespace/scorer:1.0.0"},
    "diff_versions": {"before": "$namespace/scorer:1.0.0", "after": "$namespace/scorer:1.0.0"},
    "review_access": {"scope": "$namespace"},
}
"""What the parameters of an operation are, where it has any that matter."""

BYTES: dict[str, tuple[str, bytes]] = {
    "attach_file": ("application/pdf", PDF),
    "send_batch": (MEDIA_TYPE, frame_header(Digest.of(BLOB), len(BLOB)) + BLOB),
    "send_part": ("application/octet-stream", BLOB),
    "receive_leak_alert": ("application/json", b'[{"token": "x", "type": "x"}]'),
    "log_out_by_provider": ("application/x-www-form-urlencoded", b"logout_token=x"),
}
"""The body of every operation that reads something else than JSON."""

ENDLESS = "stream_events"
"""The one operation whose answer has no end."""


@dataclass(frozen=True)
class Operation:
    """A method of a route: what it declares, and how it is asked."""

    name: str
    method: str
    path: str
    described: Mapping[str, Any]

    @property
    def permission(self) -> str:
        """The permission that it declares; empty where it declares none."""
        return str(self.described["x-permission"].get("permission", ""))

    @property
    def on(self) -> str:
        """On what it needs the permission, or who else may ask."""
        return str(self.described["x-permission"]["on"])

    @property
    def places(self) -> tuple[str, ...]:
        """The names of the parameters in its path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    def request(self, things: Mapping[str, str], *, if_match: str = "*") -> dict[str, Any]:
        """Return how it is asked about these things, as the arguments of the test client."""
        headers = {"If-Match": if_match} if self.method in ("PUT", "PATCH", "DELETE") else {}
        request: dict[str, Any] = {
            "method": self.method,
            "url": self.path.format_map(things),
            "params": filled(QUERIES.get(self.name, {}), things),
            "headers": headers,
        }
        if self.name in BYTES:
            headers["Content-Type"], request["content"] = BYTES[self.name]
        elif "requestBody" in self.described:
            request["json"] = filled(EXAMPLES[self.name], things)
        return request


def operations(rest: Rest) -> list[Operation]:
    """Return the operations of the API; those that take something away come last."""
    document = rest.http.get("/openapi.json").json()
    found = [
        Operation(described["operationId"], method.upper(), path, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
        if path.startswith(API)
    ]
    assert len(found) > 100
    return sorted(found, key=lambda operation: operation.method == "DELETE")


def filled(value: Any, things: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Return an example in which each `$name` is the thing of that name."""
    if isinstance(value, str):
        return Template(value).substitute(things)
    if isinstance(value, dict):
        return {key: filled(item, things) for key, item in value.items()}
    return [filled(item, things) for item in value] if isinstance(value, list) else value
