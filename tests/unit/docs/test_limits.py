from datetime import timedelta

from tests.unit.docs.pages import codes, read, table

from modelkeep.api.rest import requests
from modelkeep.api.rest.event_streams import MAX_STREAMS
from modelkeep.app.settings import Settings
from modelkeep.domains.access.domain import leak_alerts
from modelkeep.domains.access.domain.openid import logins, terminals
from modelkeep.domains.access.domain.publishing import publishers
from modelkeep.domains.artifacts import domain as artifacts
from modelkeep.domains.audit.domain import requests as audit
from modelkeep.domains.catalog.domain import aliases, fields, records
from modelkeep.domains.events.domain import deliveries, subscriptions
from modelkeep.domains.events.domain.selection import MAX_PATTERNS
from modelkeep.kernel import paging
from modelkeep.kernel.manifest_paths import MAX_PATH_BYTES, MAX_SEGMENT_BYTES, ManifestRule
from modelkeep.kernel.manifests import ManifestLimits
from modelkeep.kernel.references import names, reference
from modelkeep.kernel.semver import versions
from modelkeep.platform.openid import signatures

PAGE = "reference/limits.md"
TEXT = read(PAGE)


def row(first: str) -> str:
    """Return the line of a table that begins with a text."""
    return next(line for line in TEXT.splitlines() if line.startswith(f"| {first}"))


def test_lengths_of_names() -> None:
    longest = {line["What"]: line["Longest"] for line in table(PAGE, "What")}
    assert longest == {
        "namespace": str(names.NAMESPACE.max_length),
        "model": str(names.MODEL.max_length),
        "alias": str(names.ALIAS.max_length),
        "semantic version": str(versions.MAX_VERSION_LENGTH),
        "reference": str(reference.MAX_LENGTH),
    }
    assert f"at most {versions.MAX_DIGITS} digits" in row("semantic version")


def test_reserved_aliases() -> None:
    sentence = TEXT.partition("An alias cannot be called")[2].partition("\n\n")[0]
    assert set(codes(sentence)) == aliases._RESERVED


def test_limits_of_records() -> None:
    for first, limit in {
        "description": fields.MAX_DESCRIPTION,
        "message": fields.MAX_MESSAGE,
        "key of a tag": fields.MAX_KEY,
        "value of a tag": fields.MAX_TAG_VALUE,
        "value of a parameter": fields.MAX_PARAMETER_VALUE,
        "tags": fields.MAX_TAGS,
        "metrics": fields.MAX_METRICS,
        "parameters": fields.MAX_PARAMETERS,
        "training data": fields.MAX_REFERENCES,
        "task": fields.MAX_SHORT,
        "signature": records.MAX_DOCUMENT_BYTES,
    }.items():
        assert f"| {limit:,}" in row(first), first


def test_limits_of_files() -> None:
    assert f"{MAX_PATH_BYTES:,} bytes" in row("path |")
    assert f"{MAX_SEGMENT_BYTES} bytes" in row("one name in a path")
    assert f"{ManifestLimits().max_total_size // 2**40} TiB" in row("all files")


def test_every_rule_of_a_manifest_is_documented_and_no_other() -> None:
    documented = [rule for line in table(PAGE, "Rule") for rule in codes(line["Rule"])]
    assert sorted(documented) == sorted(ManifestRule)


def test_limits_of_requests() -> None:
    limits = artifacts.UploadLimits()
    assert f"{paging.MAX_PAGE_SIZE:,} items; {paging.DEFAULT_PAGE_SIZE} unless" in row("page of a list")
    assert f"{limits.batch_blob // 2**20} MiB each, {limits.batch_total // 2**20} MiB together" in row("small blobs")
    assert f"{leak_alerts.MAX_ALERT // 2**20} MiB, {leak_alerts.MAX_MATCHES:,} matches" in row("alert of a scanner")
    assert f"| {Settings().head_seconds} seconds, " in row("head of a request")
    assert f"{audit.MAX_KEY_LENGTH} printable" in row("`Idempotency-Key`")
    assert f"| {artifacts.UPLOAD_LIFE.days} days |" in row("open upload")
    assert artifacts.LINK_LIFE / timedelta(hours=1) == 1


def test_limits_of_logins() -> None:
    assert f"{signatures.MAX_TOKEN:,} bytes" in row("identity token")
    assert f"{requests.MAX_FORM:,} bytes" in row("form of a login page")
    assert logins.ATTEMPT_LIFE == terminals.DEVICE_LIFE
    assert f"{logins.ATTEMPT_LIFE // timedelta(minutes=1)} minutes" in row("login at a provider")
    assert f"{publishers.TOKEN_LIFE // timedelta(minutes=1)} minutes" in row("token of a CI job")


def test_limits_of_events() -> None:
    assert f"{subscriptions.MAX_SUBSCRIPTIONS:,}; each selects by up to {MAX_PATTERNS} " in row(
        "subscriptions to events"
    )
    assert f"{subscriptions.MAX_SECRETS} secrets" in row("subscriptions to events")
    hours, days = deliveries.DEAD_AFTER // timedelta(hours=1), deliveries.KEPT_FOR.days
    assert f"for {hours} hours, its log is kept for {days} days" in row("delivery of an event")
    assert f"| {deliveries.DISABLED_AFTER.days} days," in row("subscription without")
    assert f"| {MAX_STREAMS} |" in row("live streams")
