"""What the CI jobs of a publisher have in common: the claims of GitHub Actions, GitLab CI, or of any other issuer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlsplit

from modelkeep.domains.access.domain.openid.claims import Claims
from modelkeep.domains.access.domain.publishing.checks import (
    Check,
    Finding,
    at_revision,
    examine,
    is_,
    is_name,
    is_not,
    matches,
    one_of,
)
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Json

GITHUB_ISSUER: Final = "https://token.actions.githubusercontent.com"
GITLAB_ISSUER: Final = "https://gitlab.com"
MAX_RULES: Final = 20
MAX_VALUE: Final = 500

_GITHUB_NAMES: Final = (
    "actor actor_id base_ref check_run_id enterprise enterprise_id environment environment_node_id head_ref "
    "issuer_scope job_workflow_sha ref ref_protected ref_type repository_id repository_visibility run_attempt run_id "
    "run_number runner_environment sha workflow workflow_ref workflow_sha"
)
_GITLAB_NAMES: Final = (
    "ci_config_sha deployment_action deployment_tier environment environment_action environment_protected "
    "groups_direct job_id job_namespace_id job_namespace_path job_policy_ref_sha job_policy_ref_uri job_project_path "
    "job_source namespace_path pipeline_id pipeline_source project_visibility ref ref_path ref_type "
    "runner_environment runner_id sha user_access_level user_email user_id user_identities user_login"
)
_GITHUB_ALSO, _GITLAB_ALSO = frozenset(_GITHUB_NAMES.split()), frozenset(_GITLAB_NAMES.split())
"""What else these issuers say of a job, and nothing depends on."""

_PATH: Final = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")
_FILE: Final = re.compile(r"[A-Za-z0-9_./-]+\.ya?ml")
_NUMBER: Final = re.compile(r"[0-9]{1,20}")
_CLAIM: Final = re.compile(r"[A-Za-z0-9_./:-]{1,100}")


class PublisherConditionError(InvalidValueError):
    """What the CI jobs of a publisher should have in common cannot be said so."""

    code = "access.publisher_condition"


class PublisherKind(StrEnum):
    """Whose CI it is."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GENERIC = "generic"


class Conditions(Protocol):
    """What an identity token must say to be a publisher's."""

    @property
    def kind(self) -> PublisherKind:
        """Whose CI it is."""

    def examine(self, claims: Claims) -> Finding:
        """Compare the claims of a token that is genuine and for now."""

    def to_json(self) -> dict[str, Json]:
        """Return them as they are stored and shown."""


@dataclass(frozen=True, slots=True)
class GitHubConditions:
    """A workflow file of a repository. The owner's number is compared too: names can be given up and taken again."""

    repository: str
    owner_id: str
    workflow: str
    environment: str = ""
    kind = PublisherKind.GITHUB

    def __post_init__(self) -> None:
        """Check the form of each part."""
        _check("repository", self.repository, _PATH, "owner/name")
        _check("owner_id", self.owner_id, _NUMBER, "the owner's number: see https://api.github.com/users/OWNER")
        _check("workflow", self.workflow, _FILE, "the name of a file in .github/workflows, such as release.yml")

    def examine(self, claims: Claims) -> Finding:
        """Compare with what GitHub says of the job; one started by `pull_request_target` runs code of strangers."""
        checks = (
            Check("repository", is_name(self.repository)),
            Check("repository_owner", is_name(self.repository.partition("/")[0])),
            Check("repository_owner_id", is_(self.owner_id)),
            Check("event_name", is_not("pull_request_target")),
            Check(
                "job_workflow_ref",
                at_revision(f"{self.repository}/.github/workflows/{self.workflow}", "ref", "sha"),
            ),
            *((Check("environment", is_name(self.environment)),) if self.environment else ()),
            Check("jti", lambda value, _claims: isinstance(value, str) and value != ""),
        )
        return examine(checks, _GITHUB_ALSO, claims)

    def to_json(self) -> dict[str, Json]:
        """Return them as they are stored and shown."""
        return {
            "repository": self.repository,
            "owner_id": self.owner_id,
            "workflow": self.workflow,
            "environment": self.environment,
        }


@dataclass(frozen=True, slots=True)
class GitLabConditions:
    """A pipeline file of a project, on a protected branch or tag; both are also compared by their numbers."""

    issuer: str
    project: str
    project_id: str
    namespace_id: str
    pipeline: str = ".gitlab-ci.yml"
    environment: str = ""
    kind = PublisherKind.GITLAB

    def __post_init__(self) -> None:
        """Check the form of each part."""
        _check("project", self.project, _PATH, "group/project")
        _check("project_id", self.project_id, _NUMBER, "the project's number: its page shows it")
        _check("namespace_id", self.namespace_id, _NUMBER, "the group's number: its page shows it")
        _check("pipeline", self.pipeline, _FILE, "the path of a file in the project, such as .gitlab-ci.yml")

    def examine(self, claims: Claims) -> Finding:
        """Compare with what GitLab says of the job."""
        place = f"{urlsplit(self.issuer).netloc}{urlsplit(self.issuer).path.rstrip('/')}"
        checks = (
            Check("project_path", is_name(self.project)),
            Check("project_id", is_(self.project_id)),
            Check("namespace_id", is_(self.namespace_id)),
            Check("job_project_id", is_(self.project_id), optional=True),
            Check("ref_protected", is_("true")),
            Check("ci_config_ref_uri", at_revision(f"{place}/{self.project}//{self.pipeline}", "ref_path", "sha")),
            *((Check("environment", is_(self.environment)),) if self.environment else ()),
            Check("jti", lambda value, _claims: isinstance(value, str) and value != ""),
        )
        return examine(checks, _GITLAB_ALSO, claims)

    def to_json(self) -> dict[str, Json]:
        """Return them as they are stored and shown."""
        return {
            "project": self.project,
            "project_id": self.project_id,
            "namespace_id": self.namespace_id,
            "pipeline": self.pipeline,
            "environment": self.environment,
        }


@dataclass(frozen=True, slots=True)
class GenericConditions:
    """A table of claims: each must be one of the texts given, or match the one pattern given (`~` before it)."""

    claims: Mapping[str, tuple[str, ...]]
    kind = PublisherKind.GENERIC

    def __post_init__(self) -> None:
        """Check that there are rules, and that they say something."""
        if not 0 < len(self.claims) <= MAX_RULES:
            raise PublisherConditionError(f"give 1 to {MAX_RULES} claims to check")
        if not any(rule != ("~*",) for rule in self.claims.values()):
            raise PublisherConditionError("every rule allows anything: the issuer's whole world could publish")
        for claim, values in self.claims.items():
            patterns = [value for value in values if value.startswith("~")]
            if not _CLAIM.fullmatch(claim) or claim in {"iss", "aud", "exp", "iat", "nbf", "jti"}:
                raise PublisherConditionError(f"{claim[:100]!r} is no claim to make a rule for")
            if not values or not all(0 < len(value) <= MAX_VALUE for value in values):
                raise PublisherConditionError(f"the rule for {claim} needs values of 1 to {MAX_VALUE} characters")
            if patterns and len(values) > 1:
                raise PublisherConditionError(f"the rule for {claim} is either one pattern, or texts")

    def examine(self, claims: Claims) -> Finding:
        """Compare each claim that the table names."""
        checks = (
            Check(claim, matches(values[0][1:]) if values[0].startswith("~") else one_of(values))
            for claim, values in sorted(self.claims.items())
        )
        return examine(checks, frozenset(), claims)

    def to_json(self) -> dict[str, Json]:
        """Return them as they are stored and shown."""
        return {"claims": {claim: list(values) for claim, values in self.claims.items()}}


def default_issuer(kind: PublisherKind) -> str:
    """Return the issuer of the public service of a kind; empty where there is none."""
    return {PublisherKind.GITHUB: GITHUB_ISSUER, PublisherKind.GITLAB: GITLAB_ISSUER}.get(kind, "")


def read_conditions(kind: PublisherKind, issuer: str, given: Mapping[str, object]) -> Conditions:
    """Return the conditions that somebody has written down, or the database has kept.

    Raises:
        PublisherConditionError: something is missing, unknown, or not of its form.
    """
    try:
        if kind is PublisherKind.GENERIC:
            return _read_generic(given)
        texts = {name: str(value) for name, value in given.items() if isinstance(value, str | int) and value != ""}
        return GitHubConditions(**texts) if kind is PublisherKind.GITHUB else GitLabConditions(issuer, **texts)
    except TypeError as error:
        wanted = {
            PublisherKind.GITHUB: "repository, owner_id, workflow, and perhaps environment",
            PublisherKind.GITLAB: "project, project_id, namespace_id, and perhaps pipeline and environment",
            PublisherKind.GENERIC: "claims",
        }
        raise PublisherConditionError(f"a publisher of kind {kind} takes {wanted[kind]}") from error


def _read_generic(given: Mapping[str, object]) -> GenericConditions:
    rules = given.get("claims")
    if given.keys() != {"claims"} or not isinstance(rules, Mapping):
        raise TypeError
    listed = {claim: values if isinstance(values, list) else [values] for claim, values in rules.items()}
    if not all(isinstance(value, str) for values in listed.values() for value in values):
        raise TypeError
    return GenericConditions({claim: tuple(map(str, values)) for claim, values in listed.items()})


def _check(name: str, value: str, form: re.Pattern[str], expected: str) -> None:
    if not form.fullmatch(value) or ".." in value or len(value) > MAX_VALUE:
        raise PublisherConditionError(f"{name} is {value[:100]!r}; it should be {expected}", field=name)
