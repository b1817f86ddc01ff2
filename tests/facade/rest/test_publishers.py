"""CI jobs that get tokens for identity tokens of their own: test S8, the half of trusted publishing."""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.facade.rest.registry import API, Rest, a_registry, an_entry, problem
from tests.people import a_token, somebody
from tests.servers.signing_issuer import (
    SigningIssuer,
    an_ec_key,
    an_rsa_key,
    flipped,
    signing_issuer,
    unsigned,
    with_claims,
)

from modelkeep.domains.access import REGISTRY, Permission
from modelkeep.domains.audit.tables import ENTRY
from modelkeep.kernel.identity import PrincipalKind

AUDIENCE = "https://models.example.org"
GITHUB = {"repository": "octo-org/scorer", "owner_id": "9919", "workflow": "release.yml"}
GITLAB = {"project": "risk/scorer", "project_id": "42", "namespace_id": "7"}


@dataclass
class Ci:
    """A registry, an issuer that it trusts, and the claims of a job of its publisher `scorer-ci`."""

    rest: Rest
    issuer: SigningIssuer
    number: int = 0

    def claims(self, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        self.number += 1
        now = int(time.time())
        claims = {
            "iss": self.issuer.url,
            "sub": "repo:octo-org/scorer:ref:refs/heads/main",
            "aud": AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": f"job-{self.number}",
            "repository": "octo-org/scorer",
            "repository_owner": "octo-org",
            "repository_owner_id": "9919",
            "event_name": "push",
            "ref": "refs/heads/main",
            "sha": "c0ffee",
            "job_workflow_ref": "octo-org/scorer/.github/workflows/release.yml@refs/heads/main",
        }
        return {name: value for name, value in {**claims, **changed}.items() if value is not None}

    def mint(self, token: str, **more: Any) -> Any:  # noqa: ANN401 - the response of the test client
        return self.rest.http.post(f"{API}/ci/mint", json={"identity_token": token, **more}, headers=NOBODY)

    def refused(self, token: str, code: str, **more: Any) -> Any:  # noqa: ANN401 - JSON
        return problem(self.mint(token, **more), 401, code)


NOBODY = {"Authorization": ""}


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ci]:
    settings = {"outbound_allow": "127.0.0.1", "public_url": f"{AUDIENCE}/"}
    with signing_issuer() as issuer, a_registry(tmp_path_factory.mktemp("registry"), **settings) as rest:
        rest.create_model("fraud/scorer")
        rest.create_model("fraud/other")
        create(rest, "scorer-ci", "github", GITHUB, issuer.url, ["fraud/scorer"])
        yield Ci(rest, issuer)


@pytest.fixture
def ci(trusting: Ci) -> Ci:
    """The registry of the module, whose issuer has its first key only."""
    trusting.issuer.keys = [an_rsa_key()]
    return trusting


def create(rest: Rest, name: str, kind: str, conditions: Any, issuer: str, scopes: list[str], **more: Any) -> Any:  # noqa: ANN401 - JSON
    body = {"name": name, "kind": kind, "conditions": conditions, "issuer": issuer, "scopes": scopes, **more}
    created = rest.http.post(f"{API}/publishers", json=body)
    assert created.status_code == 201, created.text
    return created.json()


def test_a_job_gets_a_token_for_a_quarter_of_an_hour_and_pushes_with_it(ci: Ci) -> None:
    assert ci.rest.http.get(f"{API}/ci/audience", headers=NOBODY).json() == {"audience": AUDIENCE}
    minted = ci.mint(ci.issuer.sign(ci.claims()))
    assert minted.status_code == 201, minted.text
    document = minted.json()
    assert document["token"].startswith("mkc_")
    assert minted.headers["Cache-Control"] == "no-store"
    assert (document["publisher"], document["role"], document["scopes"]) == (
        "scorer-ci",
        "contributor",
        ["fraud/scorer"],
    )
    as_job = {"Authorization": f"Bearer {document['token']}"}
    who = ci.rest.http.get(f"{API}/whoami", headers=as_job).json()
    assert (who["name"], who["kind"], who["token_id"]) == ("ci:scorer-ci", "ci", document["token_id"])
    entries = {"files": [an_entry("a.txt", b"hello")]}
    assert ci.rest.http.post(f"{API}/models/fraud/scorer/uploads", json=entries, headers=as_job).status_code == 201
    problem(
        ci.rest.http.post(f"{API}/models/fraud/other/uploads", json=entries, headers=as_job),
        404,
        "catalog.model_not_found",
    )


def test_a_token_of_a_job_grants_nothing_and_makes_no_publisher(ci: Ci) -> None:
    create(ci.rest, "too-much", "generic", {"claims": {"sub": "an administrator"}}, ci.issuer.url, ["*"], role="admin")
    minted = ci.mint(ci.issuer.sign(ci.claims(sub="an administrator", repository=None)))
    as_job = {"Authorization": f"Bearer {minted.json()['token']}"}
    body = {"name": "mine", "kind": "github", "conditions": GITHUB, "scopes": ["fraud/scorer"]}
    refused = ci.rest.http.post(f"{API}/publishers", json=body, headers=as_job)
    assert problem(refused, 403, "access.forbidden")["context"]["permission"] == "grant.write"
    provider = {"name": "mine", "issuer": ci.issuer.url, "client_id": "x"}
    refused = ci.rest.http.post(f"{API}/login-providers", json=provider, headers=as_job)
    assert problem(refused, 403, "access.forbidden")["context"]["permission"] == "login.write"


@pytest.mark.parametrize(
    "permission",
    [
        Permission.STAGE_APPROVE,
        Permission.STAGE_PROMOTE,
        Permission.GRANT_WRITE,
        Permission.PRINCIPAL_WRITE,
        Permission.POLICY_WRITE,
        Permission.TOKEN_CREATE,
        Permission.LOGIN_WRITE,
    ],
)
def test_no_role_gives_a_ci_identity_what_decides_over_others(ci: Ci, permission: Permission) -> None:

    services = ci.rest.services
    job = somebody(services, "admin", name=f"ci {permission}", kind=PrincipalKind.CI)
    person = somebody(services, "admin", name=f"a person {permission}")
    with services.access.database.snapshot() as tx:
        assert not services.access.allows(tx, job, permission, REGISTRY)
        assert services.access.allows(tx, person, permission, REGISTRY)


def test_a_token_that_the_issuer_has_not_signed_by_rs256_is_refused(ci: Ci) -> None:
    ci.issuer.keys = [an_rsa_key(), an_ec_key()]
    good = ci.issuer.sign(ci.claims())
    forged = {
        "alg none": unsigned(ci.claims()),
        "a flipped bit": flipped(good),
        "other claims under the signature": with_claims(good, ci.claims(repository="mallory/scorer")),
        "HS256 with the public key": ci.issuer.sign_by_public_key(ci.claims()),
        "ES256": ci.issuer.sign(ci.claims(), an_ec_key()),
        "PS256": ci.issuer.sign(ci.claims(), alg="PS256"),
        "an unknown key": ci.issuer.sign(ci.claims(), an_rsa_key(9)),
    }
    for token in forged.values():
        ci.refused(token, "openid.token_refused")


def test_an_issuer_that_no_publisher_trusts_is_not_even_asked_for_its_keys(ci: Ci) -> None:
    with signing_issuer() as stranger:
        ci.refused(stranger.sign(ci.claims(iss=stranger.url)), "access.no_publisher")
        assert not stranger.requests
        ci.refused(
            stranger.sign(ci.claims(), an_rsa_key(5)), "openid.token_refused"
        )  # it says that it is the trusted one


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("aud", "https://other.example.org"),
        ("aud", [AUDIENCE, "https://other.example.org"]),
        ("aud", None),
        ("exp", 1_000_000_000),
        ("exp", None),
        ("iat", None),
        ("iat", 4_000_000_000),
        ("nbf", 4_000_000_000),
    ],
)
def test_a_token_for_others_or_not_for_now_is_refused(ci: Ci, claim: str, value: object) -> None:
    found = ci.refused(ci.issuer.sign(ci.claims(**{claim: value})), "access.claim_refused")
    assert found["context"] == {"claim": claim}


@pytest.mark.parametrize(
    "changed",
    [
        {"repository": "octo-org/other"},
        {"repository_owner": "mallory"},
        {"repository_owner_id": "1000"},
        {"repository_owner_id": None},
        {"event_name": "pull_request_target"},
        {"job_workflow_ref": "octo-org/scorer/.github/workflows/test.yml@refs/heads/main"},
        {"job_workflow_ref": "octo-org/scorer/.github/workflows/release.yml@refs/heads/stolen"},
        {"jti": None},
    ],
    ids=str,
)
def test_a_job_that_is_no_publishers_is_refused(ci: Ci, changed: dict[str, Any]) -> None:
    found = ci.refused(ci.issuer.sign(ci.claims(**changed)), "access.no_publisher")
    assert found["context"] == {"subject": "repo:octo-org/scorer:ref:refs/heads/main"}


def test_an_identity_token_counts_once(ci: Ci) -> None:
    claims = ci.claims()
    assert ci.mint(ci.issuer.sign(claims)).status_code == 201
    ci.refused(ci.issuer.sign(claims), "access.token_replayed")
    ci.refused(ci.issuer.sign({**claims, "sub": "another", "exp": claims["exp"] + 1}), "access.token_replayed")


def test_a_new_key_of_the_issuer_is_accepted(tmp_path: Path) -> None:
    settings = {"outbound_allow": "127.0.0.1", "public_url": AUDIENCE}
    with signing_issuer() as issuer, a_registry(tmp_path, **settings) as rest:
        create(rest, "scorer-ci", "github", GITHUB, issuer.url, ["fraud"])
        issuer.keys = [an_rsa_key(2)]
        ci = Ci(rest, issuer)
        assert ci.mint(issuer.sign(ci.claims())).status_code == 201


def test_claims_that_nobody_has_heard_of_raise_an_alarm(ci: Ci, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "modelkeep"):
        minted = ci.mint(ci.issuer.sign(ci.claims(fork_of="mallory/scorer")))
    assert minted.status_code == 201
    assert "fork_of" in caplog.text
    metrics = ci.rest.http.get("/metrics").text
    assert 'modelkeep_ci_unknown_claims_total{kind="github"}' in metrics
    assert 'modelkeep_ci_identity_tokens_total{answer="minted"}' in metrics
    entry = last_entry(ci.rest, "access.ci_token_minted")
    assert entry["data"]["unknown_claims"] == ["fork_of"]
    assert entry["actor"]["type"] == "ci"
    assert "octo-org" not in str(entry), "what the token says of people and places is a commitment only"


def test_gitlab_and_any_other_issuer_have_conditions_of_their_own(ci: Ci) -> None:
    create(ci.rest, "gitlab", "gitlab", GITLAB, ci.issuer.url, ["fraud"])
    create(ci.rest, "nightly", "generic", {"claims": {"sub": ["job:a", "job:b"]}}, ci.issuer.url, ["fraud"])
    place = ci.issuer.url.partition("://")[2]
    pipeline = {
        "project_path": "risk/scorer",
        "project_id": "42",
        "namespace_id": "7",
        "ref_protected": "true",
        "ref_path": "refs/heads/main",
        "ci_config_ref_uri": f"{place}/risk/scorer//.gitlab-ci.yml@refs/heads/main",
        "repository": None,
    }
    assert ci.mint(ci.issuer.sign(ci.claims(**pipeline))).json()["publisher"] == "gitlab"
    ci.refused(ci.issuer.sign(ci.claims(**{**pipeline, "namespace_id": "8"})), "access.no_publisher")
    nightly = ci.claims(sub="job:b", repository=None, jti=None)
    assert ci.mint(ci.issuer.sign(nightly)).json()["publisher"] == "nightly"
    ci.refused(ci.issuer.sign(nightly), "access.token_replayed")  # without a jti it is the token that counts once


def test_a_job_of_several_publishers_names_one(ci: Ci) -> None:
    create(ci.rest, "also-scorer", "github", GITHUB, ci.issuer.url, ["fraud/other"], role="viewer")
    claims = ci.claims()
    found = ci.refused(ci.issuer.sign(claims), "access.no_publisher")
    assert found["context"] == {"publishers": ["also-scorer", "scorer-ci"]}
    assert ci.mint(ci.issuer.sign(claims), publisher="also-scorer").json()["scopes"] == ["fraud/other"]
    ci.refused(ci.issuer.sign(ci.claims()), "access.no_publisher", publisher="nobody")
    ci.rest.http.delete(f"{API}/publishers/also-scorer")


def test_a_role_that_people_made_gives_a_job_what_it_grants_but_what_no_job_gets(ci: Ci) -> None:
    role = {"name": "publisher", "permissions": ["version.create", "stage.promote"]}
    assert ci.rest.http.post(f"{API}/roles", json=role).status_code == 201
    create(ci.rest, "custom", "generic", {"claims": {"sub": "y"}}, ci.issuer.url, ["fraud"], role="publisher")
    minted = ci.mint(ci.issuer.sign(ci.claims(sub="y", repository=None))).json()
    shown = ci.rest.http.get(f"{API}/tokens/{minted['token_id']}").json()
    assert (shown["kind"], shown["permissions"], shown["scopes"]) == ("ci", ["version.create"], ["fraud"])
    only = {"name": "decider", "permissions": ["stage.approve"]}
    assert ci.rest.http.post(f"{API}/roles", json=only).status_code == 201
    body = {"name": "nothing", "kind": "github", "conditions": GITHUB, "scopes": ["fraud"], "role": "decider"}
    problem(ci.rest.http.post(f"{API}/publishers", json=body), 422, "access.publisher_condition")


def test_a_deleted_publisher_takes_its_tokens_with_it(ci: Ci) -> None:
    create(ci.rest, "short-lived", "generic", {"claims": {"sub": "x"}}, ci.issuer.url, ["fraud"])
    minted = ci.mint(ci.issuer.sign(ci.claims(sub="x", repository=None))).json()
    deleted = ci.rest.http.delete(f"{API}/publishers/short-lived")
    assert deleted.status_code == 200
    refused = ci.rest.http.get(f"{API}/whoami", headers={"Authorization": f"Bearer {minted['token']}"})
    problem(refused, 401, "access.unauthenticated")
    ci.refused(ci.issuer.sign(ci.claims(sub="x", repository=None)), "access.no_publisher")
    problem(ci.rest.http.get(f"{API}/publishers/short-lived"), 404, "access.publisher_not_found")


def test_publishers_are_listed_and_shown(ci: Ci) -> None:
    found = ci.rest.http.get(f"{API}/publishers", params={"page_size": 1}).json()
    assert len(found["items"]) == 1
    assert found["next_page_token"]
    shown = ci.rest.http.get(f"{API}/publishers/scorer-ci").json()
    assert shown["conditions"] == {**GITHUB, "environment": ""}
    assert (shown["created_by"]["name"], shown["principal"]["name"]) == ("admin", "ci:scorer-ci")


def test_who_may_not_see_a_publisher_is_told_that_there_is_none(ci: Ci) -> None:
    create(ci.rest, "hidden", "generic", {"claims": {"sub": "hidden"}}, ci.issuer.url, ["fraud/scorer"])
    people = {role: somebody(ci.rest.services, (role, "fraud")) for role in ("viewer", "auditor", "maintainer")}
    headers = {role: {"Authorization": f"Bearer {a_token(ci.rest.services, who)}"} for role, who in people.items()}
    answers = []
    for name in ("hidden", "nothing"):
        for attempt in (ci.rest.http.get, ci.rest.http.delete):
            refused = attempt(f"{API}/publishers/{name}", headers=headers["viewer"])
            answers.append(problem(refused, 404, "access.publisher_not_found")["detail"].replace(name, "NAME"))
    assert len(set(answers)) == 1
    assert ci.rest.http.get(f"{API}/publishers/hidden", headers=headers["auditor"]).status_code == 200
    problem(ci.rest.http.delete(f"{API}/publishers/hidden", headers=headers["auditor"]), 403, "access.forbidden")
    assert ci.rest.http.delete(f"{API}/publishers/hidden", headers=headers["maintainer"]).status_code == 200


def test_nobody_trusts_jobs_with_more_than_they_hold(ci: Ci) -> None:

    maintainer = somebody(ci.rest.services, ("maintainer", "fraud"), name="maintainer")
    as_maintainer = {"Authorization": f"Bearer {a_token(ci.rest.services, maintainer)}"}

    def tried(name: str, **body: Any) -> Any:  # noqa: ANN401 - the response of the test client
        wanted = {"name": name, "kind": "github", "conditions": GITHUB, "scopes": ["fraud"], **body}
        return ci.rest.http.post(f"{API}/publishers", json=wanted, headers=as_maintainer)

    assert tried("own").status_code == 201
    assert problem(tried("a", scopes=["other"]), 403, "access.forbidden")
    assert problem(tried("b", scopes=["*"]), 403, "access.forbidden")
    assert problem(tried("c", role="admin"), 403, "access.grant_exceeds")
    assert problem(tried("d", issuer=ci.issuer.url), 403, "access.forbidden")["context"]["permission"] == "login.write"
    assert problem(tried("e", role="nonsense"), 404, "access.role_not_found")
    assert problem(tried("own"), 409, "access.publisher_exists")
    assert problem(tried("f", conditions={}), 422, "access.publisher_condition")
    assert problem(tried("G"), 422, "access.publisher_condition")


def last_entry(rest: Rest, action: str) -> Any:  # noqa: ANN401 - JSON

    with rest.services.access.database.snapshot() as tx:
        rows = tx.session.execute(select(ENTRY.c.payload).where(ENTRY.c.action == action).order_by(ENTRY.c.seq.desc()))
        return json.loads(rows.scalars().first() or "{}")
