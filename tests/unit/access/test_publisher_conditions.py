"""Which CI jobs are a publisher's."""

from typing import Any

import pytest

from modelkeep.domains.access.domain.publishing.checks import Finding
from modelkeep.domains.access.domain.publishing.conditions import (
    GITLAB_ISSUER,
    GenericConditions,
    GitHubConditions,
    GitLabConditions,
    PublisherConditionError,
    PublisherKind,
    read_conditions,
)
from modelkeep.kernel.canonical_json import Json

ABSENT: Any = object()
STANDARD: dict[str, Any] = {"iss": "i", "sub": "s", "aud": "a", "exp": 1, "iat": 1, "nbf": 1, "jti": "once"}
GITHUB = GitHubConditions("octo-org/scorer", "9919", "release.yml")
GITHUB_JOB = STANDARD | {
    "repository": "octo-org/scorer",
    "repository_owner": "octo-org",
    "repository_owner_id": "9919",
    "event_name": "push",
    "ref": "refs/heads/main",
    "sha": "c0ffee",
    "job_workflow_ref": "octo-org/scorer/.github/workflows/release.yml@refs/heads/main",
    "actor": "ana",
    "run_id": "1",
    "check_run_id": "2",
}
GITLAB = GitLabConditions(GITLAB_ISSUER, "risk/scorer", "42", "7")
GITLAB_JOB = STANDARD | {
    "project_path": "risk/scorer",
    "project_id": "42",
    "namespace_id": "7",
    "ref_protected": "true",
    "ref_path": "refs/heads/main",
    "sha": "c0ffee",
    "ci_config_ref_uri": "gitlab.com/risk/scorer//.gitlab-ci.yml@refs/heads/main",
    "user_email": "ana@example.org",
}


def changed(job: dict[str, Any], **claims: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {name: value for name, value in {**job, **claims}.items() if value is not ABSENT}


def test_a_job_of_the_workflow_passes_at_its_branch_and_at_its_commit_in_any_case() -> None:
    passed = Finding((), ())
    assert GITHUB.examine(GITHUB_JOB) == passed
    at_commit = changed(GITHUB_JOB, job_workflow_ref="octo-org/scorer/.github/workflows/release.yml@c0ffee")
    assert GITHUB.examine(at_commit) == passed
    shouting = changed(
        GITHUB_JOB,
        repository="Octo-Org/Scorer",
        repository_owner="OCTO-org",
        job_workflow_ref="Octo-Org/Scorer/.github/workflows/release.yml@refs/heads/main",
    )
    assert GITHUB.examine(shouting) == passed


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("repository", "octo-org/other"),
        ("repository", ABSENT),
        ("repository", "octo-org/scorer\u212a"),
        ("repository_owner", "someone"),
        ("repository_owner_id", "1000"),  # the name was given up, and somebody else has it now
        ("repository_owner_id", ABSENT),
        ("event_name", "pull_request_target"),
        ("event_name", ABSENT),
        ("job_workflow_ref", "octo-org/scorer/.github/workflows/test.yml@refs/heads/main"),
        ("job_workflow_ref", "octo-org/scorer/.github/workflows/release.yml@refs/heads/other"),
        ("job_workflow_ref", "octo-org/scorer/.github/workflows/release.yml"),
        ("job_workflow_ref", "mallory/scorer/.github/workflows/release.yml@refs/heads/main"),
        ("job_workflow_ref", "octo-org/scorer/.github/workflows/release.yml@"),
        ("job_workflow_ref", 7),
        ("jti", ""),
        ("jti", ABSENT),
    ],
)
def test_a_github_job_that_differs_in_one_claim_is_refused(claim: str, value: object) -> None:
    assert GITHUB.examine(changed(GITHUB_JOB, **{claim: value})).failed == (claim,)


def test_a_workflow_without_any_revision_in_its_claims_is_refused() -> None:
    job = changed(
        GITHUB_JOB, ref=ABSENT, sha="", job_workflow_ref=f"{GITHUB_JOB['job_workflow_ref'].partition('@')[0]}@"
    )
    assert GITHUB.examine(job).failed == ("job_workflow_ref",)


def test_the_environment_counts_if_the_publisher_names_one() -> None:
    guarded = GitHubConditions("octo-org/scorer", "9919", "release.yml", environment="Production")
    assert guarded.examine(GITHUB_JOB).failed == ("environment",)
    assert guarded.examine(changed(GITHUB_JOB, environment="staging")).failed == ("environment",)
    assert not guarded.examine(changed(GITHUB_JOB, environment="production")).failed
    assert not GITHUB.examine(changed(GITHUB_JOB, environment="staging")).failed


def test_a_claim_that_nobody_has_heard_of_is_reported_and_does_not_decide() -> None:
    found = GITHUB.examine(changed(GITHUB_JOB, fork_of="x", zone="y", **{"l" * 100: 1}))
    assert found == Finding((), ("fork_of", "l" * 64, "zone"))


def test_a_job_of_the_pipeline_passes() -> None:
    assert GITLAB.examine(GITLAB_JOB) == Finding((), ())
    assert GITLAB.examine(changed(GITLAB_JOB, project_id=42, job_project_id="42")) == Finding((), ())


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("project_path", "risk/other"),
        ("project_id", "43"),
        ("namespace_id", "8"),
        ("namespace_id", ABSENT),
        ("job_project_id", "43"),
        ("ref_protected", "false"),
        ("ref_protected", ABSENT),
        ("ci_config_ref_uri", "gitlab.com/risk/scorer//other.yml@refs/heads/main"),
        ("ci_config_ref_uri", "gitlab.example.org/risk/scorer//.gitlab-ci.yml@refs/heads/main"),
        ("ci_config_ref_uri", "gitlab.com/risk/scorer//.gitlab-ci.yml@refs/heads/feature"),
        ("jti", ABSENT),
    ],
)
def test_a_gitlab_job_that_differs_in_one_claim_is_refused(claim: str, value: object) -> None:
    assert GITLAB.examine(changed(GITLAB_JOB, **{claim: value})).failed == (claim,)


def test_a_gitlab_of_ones_own_is_compared_by_its_own_address() -> None:
    own = GitLabConditions("https://git.example.org/gitlab", "risk/scorer", "42", "7", environment="prod")
    uri = "git.example.org/gitlab/risk/scorer//.gitlab-ci.yml@c0ffee"
    assert own.examine(changed(GITLAB_JOB, ci_config_ref_uri=uri, environment="prod")) == Finding((), ())


def test_any_other_issuer_is_compared_by_a_table_of_texts_and_patterns() -> None:
    table = GenericConditions({"sub": ("job:a", "job:b"), "branch": ("~release/*",), "protected": ("true",)})
    job = STANDARD | {"sub": "job:b", "branch": "release/1.2", "protected": True}
    assert table.examine(job) == Finding((), ())
    assert table.examine(job | {"sub": "job:c"}).failed == ("sub",)
    assert table.examine(job | {"branch": "main"}).failed == ("branch",)
    assert table.examine(job | {"branch": ["release/1"]}).failed == ("branch",)
    assert table.examine(job | {"protected": False, "extra": 1}) == Finding(("protected",), ("extra",))
    assert table.examine(STANDARD).failed == ("branch", "protected", "sub")


def test_brackets_of_a_pattern_stand_for_themselves() -> None:
    table = GenericConditions({"sub": ("~job[1]:*",)})
    assert not table.examine(STANDARD | {"sub": "job[1]:x"}).failed
    assert table.examine(STANDARD | {"sub": "job1:x"}).failed


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("github", {"repository": "octo-org/scorer", "workflow": "release.yml"}),
        ("github", {"repository": "scorer", "owner_id": "1", "workflow": "release.yml"}),
        ("github", {"repository": "octo-org/scorer", "owner_id": "octo-org", "workflow": "release.yml"}),
        ("github", {"repository": "octo-org/scorer", "owner_id": "1", "workflow": "../release.yml"}),
        ("github", {"repository": "octo-org/scorer", "owner_id": "1", "workflow": "release.yml", "branch": "main"}),
        ("gitlab", {"project": "risk/scorer", "project_id": "42"}),
        ("gitlab", {"project": "risk/scorer", "project_id": "42", "namespace_id": "*"}),
        ("generic", {}),
        ("generic", {"claims": {}}),
        ("generic", {"claims": {"sub": "~*"}}),
        ("generic", {"claims": {"sub": [7]}}),
        ("generic", {"claims": {"sub": []}}),
        ("generic", {"claims": {"sub": ["a", "~b*"]}}),
        ("generic", {"claims": {"aud": "x"}}),
        ("generic", {"claims": {"sub": "x"}, "repository": "y"}),
    ],
)
def test_conditions_that_say_too_little_or_something_else_are_refused(kind: str, given: dict[str, Json]) -> None:
    with pytest.raises(PublisherConditionError):
        read_conditions(PublisherKind(kind), GITLAB_ISSUER, given)


@pytest.mark.parametrize("conditions", [GITHUB, GITLAB, GenericConditions({"sub": ("a", "b"), "x": ("~y*",)})])
def test_conditions_come_back_as_they_were_written(
    conditions: GitHubConditions | GitLabConditions | GenericConditions,
) -> None:
    assert read_conditions(conditions.kind, GITLAB_ISSUER, conditions.to_json()) == conditions
