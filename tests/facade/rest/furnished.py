"""A registry in which every operation has something to be asked about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.facade.rest.operations import BLOB, BYTES, EXAMPLES, filled
from tests.facade.rest.registry import API, Rest
from tests.gates import govern
from tests.people import bind, somebody
from tests.signing import a_bundle, a_private_key, json_of

from modelkeep.domains.governance import NewWaiver
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Reference

WIDE: dict[str, Any] = dict.fromkeys(
    ("searches", "exports", "logins", "logins_per_address", "mints_per_address", "token_failures"), 9999
)
"""Limits that no test reaches, for a registry that is asked everything."""
_serial = count(1)


@dataclass(frozen=True)
class Furnished:
    """A registry with one of everything that an operation can name, in some namespaces."""

    rest: Rest
    url: str
    things: dict[str, dict[str, str]] = field(default_factory=dict)
    """By namespace: the names and ids of what is in it, or belongs to no namespace."""
    security: dict[str, Actor] = field(default_factory=dict)
    """By namespace: who waives gates in it."""

    def furnish(self, namespace: str) -> None:
        """Make a namespace with a model, a version and what else can be on it."""
        rest = self.rest
        rest.http.post(f"{API}/namespaces", json={"name": namespace})
        rest.create_model(f"{namespace}/scorer", tags={"team": "risk"})
        content = namespace.encode()
        version = rest.push({"config.json": content}, f"{namespace}/scorer", tags={"team": "risk"})
        alias = f"{API}/models/{namespace}/scorer/aliases/champion"
        rest.http.put(alias, json={"version": "1.0.0"}, headers={"If-Match": "*"})
        card = f"{API}/models/{namespace}/scorer/versions/1.0.0/card"
        rest.http.put(card, json=EXAMPLES["edit_card"], headers={"If-Match": "*"})
        kind, report = BYTES["attach_file"]
        rest.http.put(f"{card}/attachments/report.pdf", content=report, headers={"Content-Type": kind})
        victim = somebody(rest.services, name=f"{namespace}-victim")
        things = {
            "namespace": namespace,
            "new": f"{namespace}-new",
            "model": "scorer",
            "selector": "1.0.0",
            "alias": "champion",
            "key": "team",
            "path": "config.json",
            "manifest": version["manifest_digest"],
            "stored": str(Digest.of(content)),
            "digest": str(Digest.of(BLOB)),
            "number": "1",
            "seq": str(version["audit"]["seq"]),
            "principal": victim.id,
            "session": "0",
            "job": "0",
            "delegation": "0",
            "tomorrow": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            "attachment": "report.pdf",
            "policy": "default",
            "url": self.url,
            "gate": "load-test",
            "check": "0",
            "soon": (rest.services.access.clock() + timedelta(days=30)).isoformat(),
            **_signed({"config.json": content}),
            "issuer": self.a_provider("")["issuer"],
        }
        self.things[namespace] = things
        things |= {
            "group": self._made("groups", {"name": f"{namespace}-team"}, "name"),
            "role": self._made("roles", {"name": f"{namespace}-role", "permissions": ["model.read"]}, "name"),
            "token": self._made("tokens", {"name": "spare"}, "id"),
            "hold": self._made("audit/holds", {"scope": f"{namespace}/of-nobody", "reason": "Case 1"}, "id"),
            "provider": self._made("login-providers", self.a_provider(f"{namespace}-login"), "name"),
            "publisher": self.a_publisher(namespace),
            "binding": self.a_binding(namespace),
            "assignment": self.an_assignment(namespace),
            "webhook": self._a_webhook(namespace),
            "upload_id": self.an_upload(namespace, rest.token),
            "signing_key": self.a_signing_key(namespace),
            "waiver": self.a_waiver(namespace),
        }
        things["request"] = self._made(
            f"models/{namespace}/scorer/versions/1.0.0/promotion-requests", EXAMPLES["request_promotion"], "id"
        )
        things["signature"] = self._made(
            f"models/{namespace}/scorer/versions/1.0.0/signatures", filled(EXAMPLES["add_signature"], things), "id"
        )

    def a_provider(self, name: str) -> dict[str, str]:
        """Return what is decided of a login provider, which is no provider if anybody asks it."""
        return {"name": name, "issuer": self.url.partition("/hooks")[0], "client_id": "modelkeep"}

    def a_waiver(self, namespace: str) -> str:
        """Return the id of a waiver of a gate of the version."""
        services, model = self.rest.services, f"{namespace}/scorer"
        if namespace not in self.security:
            govern(services, somebody(services, "admin"), scope=model)
            self.security[namespace] = somebody(services, "SECURITY")
        new = NewWaiver("good", "Seen by hand", services.access.clock() + timedelta(days=30))
        by, reference = self.security[namespace], Reference.parse(f"{model}:1.0.0")
        return services.governance.gates.waivers.waive(by, reference, new).value.id

    def a_binding(self, namespace: str) -> str:
        """Return the id of a new binding on a namespace."""
        return bind(self.rest.services, somebody(self.rest.services).id, "viewer", namespace).id

    def an_assignment(self, namespace: str) -> str:
        """Return the id of a new assignment of a policy on a model of a namespace."""
        scope = f"{namespace}/model-{next(_serial)}"
        return self._made("policy-assignments", {"scope": scope, "policy": "open"}, "id")

    def a_publisher(self, namespace: str) -> str:
        """Return the name of a new publisher of a namespace."""
        body = filled(EXAMPLES["create_publisher"], self.things[namespace])
        return self._made("publishers", body | {"name": f"ci-{next(_serial)}"}, "name")

    def a_signing_key(self, namespace: str) -> str:
        """Return the id of a key that is trusted in a namespace; it has signed what is there."""
        body = {"name": f"key {next(_serial)}", "pem": self.things[namespace]["pem"]}
        return self._made(f"namespaces/{namespace}/signing-keys", body, "id")

    def an_upload(self, namespace: str, token: str) -> str:
        """Return the id of an upload of whoever has a token."""
        body = filled(EXAMPLES["open_upload"], self.things[namespace])
        return self._made(f"models/{namespace}/scorer/uploads", body, "id", token)

    def _a_webhook(self, namespace: str) -> str:
        webhook = self._made("webhooks", filled(EXAMPLES["create_webhook"], self.things[namespace]), "id")
        off = self.rest.http.patch(f"{API}/webhooks/{webhook}", json={"enabled": False}, headers={"If-Match": "*"})
        assert off.status_code == 200, off.text
        return webhook

    def _made(self, where: str, body: Mapping[str, Any], key: str, token: str = "") -> str:
        headers = {"Authorization": f"Bearer {token or self.rest.token}"}
        made = self.rest.http.post(f"{API}/{where}", json=body, headers=headers)
        assert made.status_code == 201, made.text
        return str(made.json()[key])


def _signed(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the parts of a signature over files, and the key that made it."""
    key = a_private_key()
    envelope = json_of(a_bundle(files, key))["dsseEnvelope"]
    signature = envelope["signatures"][0]["sig"]
    return {"pem": key.public.pem, "hint": key.public.hint, "payload": envelope["payload"], "signed": signature}
