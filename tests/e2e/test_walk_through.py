"""Who may do what, from one end to the other: real HTTP, a real server, a real OpenID provider, one story."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.browser import Browser
from tests.e2e.registry_server import RegistryServer
from tests.servers.openid_provider import CLIENT, SECRET, OpenIdProvider
from tests.servers.signing_issuer import SigningIssuer, signing_issuer

from modelkeep.client import ForbiddenError, Registry
from modelkeep.client.cache import Cache
from modelkeep.client.credentials import find_credential
from modelkeep.client.settings import Settings

API = "/api/v1"
ACCOUNTS = {
    "ana": {"name": "Ana", "groups": ["risk-team"]},
    "ben": {"name": "Ben", "groups": []},
    "cleo": {"name": "Cleo", "groups": []},
}
WORKFLOW = "octo-org/scorer/.github/workflows/release.yml@refs/heads/main"
VERSION = f"{API}/models/fraud/scorer/versions/1"


@dataclass
class Story:
    """A registry with the provider `corporate`, whose group `risk-team` is the group `risk` here."""

    server: RegistryServer
    provider: OpenIdProvider
    folder: Path
    admin: httpx.Client

    def ask(self, method: str, path: str, *, status: int = 200, who: httpx.Client | None = None, **sent: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a request, by default as the administrator, that must be answered with this status."""
        answer = (who or self.admin).request(method, f"{API}{path}", **sent)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def log_in(self, account: str) -> httpx.Client:
        """Log in with a browser, and return it as a client of the API."""
        browser = Browser(account, self.provider)
        shown = browser.open(f"{self.server.url}/login?return_to=/login")
        assert f"You are logged in as {ACCOUNTS[account]['name']}" in shown.text
        browser.registry.base_url = httpx.URL(self.server.url)
        return browser.registry

    def bearer(self, token: str) -> httpx.Client:
        return httpx.Client(base_url=self.server.url, headers={"Authorization": f"Bearer {token}"})

    def sdk(self, token: str) -> Registry:
        return Registry(Settings(self.server.url, token), cache=Cache(self.folder / "cache"))

    def id_of(self, person: httpx.Client) -> str:
        """Return the id of who uses a client: people of a login provider are granted roles by it, not by their name."""
        found: str = self.ask("GET", "/whoami", who=person)["id"]
        return found

    def grant(self, subject: str, role: str, scope: str, **details: Any) -> Any:  # noqa: ANN401 - JSON
        binding = {"subject": subject, "role": role, "scope": scope, "reason": "the story", **details}
        return self.ask("POST", "/access/bindings", status=201, json=binding)

    def explain(
        self, permission: str, scope: str, *, subject: str | None = None, who: httpx.Client | None = None
    ) -> Any:  # noqa: ANN401 - JSON
        asked = {"permission": permission, "scope": scope} | ({} if subject is None else {"subject": subject})
        return self.ask("GET", "/access/explanation", params=asked, who=who)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, openid_provider_server: OpenIdProvider) -> Iterator[Story]:
    options = {"MODELKEEP_OUTBOUND_ALLOW": "127.0.0.1", "MODELKEEP_OIDC_CORPORATE_SECRET": SECRET}
    server = RegistryServer(tmp_path_factory.mktemp("registry"), options)
    server.start()
    openid_provider_server.configure(server.url, "corporate", ACCOUNTS)
    token = find_credential(server.url, path=server.folder / "config" / "modelkeep" / "credentials.json")
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as admin:
        made = Story(server, openid_provider_server, tmp_path_factory.mktemp("story"), admin)
        set_up(made)
        yield made
    server.stop()


def set_up(story: Story) -> None:
    """Do what an administrator does once."""
    story.ask("POST", "/namespaces", status=201, json={"name": "fraud"})
    story.ask("POST", "/namespaces", status=201, json={"name": "other"})
    story.ask("POST", "/models", status=201, json={"name": "fraud/scorer"})
    story.ask("POST", "/groups", status=201, json={"name": "risk"})
    story.grant("group:risk", "contributor", "fraud")
    provider = {
        "name": "corporate",
        "issuer": story.provider.issuer,
        "client_id": CLIENT,
        "scopes": ["openid", "profile", "groups"],
        "groups_claim": "groups",
        "groups": {"risk-team": "risk"},
    }
    story.ask("POST", "/login-providers", status=201, json=provider)


def weights(folder: Path) -> Path:
    path = folder / f"weights-{time.monotonic_ns()}.bin"
    path.write_bytes(os.urandom(1000))
    return path


def test_a_group_of_the_provider_gives_a_role_on_one_namespace(story: Story) -> None:
    ana = story.log_in("ana")
    story.ask("GET", "/models/fraud/scorer", who=ana)
    why = story.explain("version.create", "fraud/scorer", who=ana)
    assert why["allowed"]
    assert [(item["role"], item["scope"], item["group"]) for item in why["bindings"]] == [
        ("contributor", "fraud", "risk")
    ]
    elsewhere = story.explain("version.create", "other", who=ana)
    assert not elsewhere["allowed"]
    assert "no role of Ana grants version.create on other" in " ".join(elsewhere["missing"])
    assert [item["name"] for item in story.ask("GET", "/models", who=ana)["items"]] == ["fraud/scorer"]


def test_a_service_account_pushes_a_viewer_sees_and_cannot_pull(story: Story) -> None:
    owner = story.ask("GET", "/whoami")["name"]
    account = story.ask("POST", "/service-accounts", status=201, json={"name": "fraud-trainer", "owner": owner})
    story.grant("fraud-trainer", "contributor", "fraud")
    token = story.ask("POST", "/tokens", status=201, json={"principal": account["id"], "name": "training"})["token"]
    assert token.startswith("mks_")
    with story.sdk(token) as trainer:
        version = trainer.push(weights(story.folder), "fraud/scorer", detect_code=False)
        with pytest.raises(ForbiddenError):
            trainer.push(weights(story.folder), "other/scorer", detect_code=False)
    assert version.number == 1
    assert story.explain("version.create", "fraud/scorer", subject="fraud-trainer")["allowed"]

    ben = story.log_in("ben")
    story.ask("GET", "/models/fraud/scorer", status=404, who=ben)
    story.grant(story.id_of(ben), "viewer", "fraud/scorer")
    seen = story.ask("GET", "/models/fraud/scorer/versions/1", who=ben)
    assert seen["created_by"]["name"] == "fraud-trainer"
    refused = ben.get(f"{VERSION}/files/{seen['files'][0]['path'] if 'files' in seen else 'weights.bin'}")
    assert (refused.status_code, refused.json()["context"]["permission"]) == (403, "version.download")
    why_not = story.explain("version.download", "fraud/scorer", who=ben)
    assert not why_not["allowed"]
    assert "no role of Ben grants version.download" in " ".join(why_not["missing"])
    assert story.explain("version.read", "fraud/scorer", who=ben)["bindings"][0]["role"] == "viewer"


def test_an_expired_binding_stops_working_and_is_said_to_have(story: Story) -> None:
    cleo = story.log_in("cleo")
    cleo_id = story.id_of(cleo)
    end = datetime.now(UTC) + timedelta(seconds=3)
    binding = story.grant(cleo_id, "viewer", "fraud", expires_at=end.isoformat())
    story.ask("GET", "/models/fraud/scorer", who=cleo)
    time.sleep(max((end - datetime.now(UTC)).total_seconds(), 0) + 0.1)
    story.ask("GET", "/models/fraud/scorer", status=404, who=cleo)
    why_not = story.explain("model.read", "fraud/scorer", who=cleo)
    assert not why_not["allowed"]
    assert f"binding {binding['id']} (viewer on fraud) expired" in " ".join(why_not["missing"])


def test_a_ci_job_pushes_with_a_token_for_its_identity_token_and_approves_nothing(story: Story) -> None:
    with signing_issuer() as issuer:
        publisher = {
            "name": "release",
            "kind": "github",
            "issuer": issuer.url,
            "conditions": {"repository": "octo-org/scorer", "owner_id": "9919", "workflow": "release.yml"},
            "scopes": ["fraud"],
        }
        story.ask("POST", "/publishers", status=201, json=publisher)
        audience = story.ask("GET", "/ci/audience")["audience"]
        with httpx.Client(base_url=story.server.url) as nobody:
            body = {"identity_token": a_job(issuer, audience)}
            minted = story.ask("POST", "/ci/mint", status=201, who=nobody, json=body)
            story.ask("POST", "/ci/mint", status=401, who=nobody, json=body)
    with story.sdk(minted["token"]) as job:
        pushed = job.push(weights(story.folder), "fraud/scorer", detect_code=False)
    assert pushed.created_by.name == "ci:release"
    with story.bearer(minted["token"]) as job_http:
        binding = {"subject": "Ben", "role": "viewer", "scope": "fraud"}
        refused = story.ask("POST", "/access/bindings", status=403, who=job_http, json=binding)
        assert refused["context"]["permission"] == "grant.write"
        for permission in ("stage.approve", "stage.promote", "grant.write", "token.create"):
            why_not = story.explain(permission, "fraud", who=job_http)
            assert not why_not["allowed"]
            assert f"a ci identity never gets {permission}" in " ".join(why_not["missing"])
        assert story.explain("version.create", "fraud", who=job_http)["allowed"]


def a_job(issuer: SigningIssuer, audience: str) -> str:
    now = int(time.time())
    return issuer.sign(
        {
            "iss": issuer.url,
            "aud": audience,
            "sub": "repo:octo-org/scorer:ref:refs/heads/main",
            "iat": now,
            "exp": now + 300,
            "jti": str(time.monotonic_ns()),
            "repository": "octo-org/scorer",
            "repository_owner": "octo-org",
            "repository_owner_id": "9919",
            "event_name": "push",
            "ref": "refs/heads/main",
            "job_workflow_ref": WORKFLOW,
        }
    )
