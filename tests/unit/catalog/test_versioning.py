import pytest

from modelkeep.domains.catalog.domain.errors import StepTooSmallError
from modelkeep.domains.catalog.domain.versioning import AUTO_NOTE, BumpRequest, ContentChange, check_step, propose
from modelkeep.kernel.semver import Bump, Version


@pytest.mark.parametrize("bump", BumpRequest)
def test_the_first_version_is_1_0_0_whatever_is_asked_for(bump: BumpRequest) -> None:
    proposal = propose(None, bump)
    assert str(proposal.version) == "1.0.0"
    assert proposal.notes == ("the first version of a model is 1.0.0",)


@pytest.mark.parametrize(
    ("highest", "bump", "expected"),
    [
        ("1.4.2", "patch", "1.4.3"),
        ("1.4.2", "minor", "1.5.0"),
        ("1.4.2", "major", "2.0.0"),
        ("0.0.0", "major", "1.0.0"),
        ("1.4.2+cuda", "patch", "1.4.3"),
        ("2.0.0-rc.1", "patch", "2.0.0"),
        ("2.0.0-rc.1", "minor", "2.0.0"),
        ("2.0.0-rc.1", "major", "2.0.0"),
        ("2.1.0-rc.1", "major", "3.0.0"),
        ("2.1.1-rc.1", "minor", "2.2.0"),
    ],
)
def test_a_bump_follows_the_highest_version(highest: str, bump: str, expected: str) -> None:
    proposal = propose(Version.parse(highest), BumpRequest(bump))
    assert str(proposal.version) == expected
    assert proposal.version > Version.parse(highest)
    assert proposal.notes == ()


def test_auto_is_a_patch_and_says_so() -> None:
    proposal = propose(Version.parse("1.4.2"), BumpRequest.AUTO)
    assert (str(proposal.version), proposal.notes) == ("1.4.3", (AUTO_NOTE,))


MAJOR, MINOR, PATCH = (
    ContentChange(bump, (f"{bump.value}: something",)) for bump in (Bump.MAJOR, Bump.MINOR, Bump.PATCH)
)


@pytest.mark.parametrize(
    ("highest", "change", "expected"),
    [
        ("1.4.2", MAJOR, "2.0.0"),
        ("1.4.2", MINOR, "1.5.0"),
        ("1.4.2", PATCH, "1.4.3"),
        ("0.4.2", MAJOR, "0.5.0"),
        ("0.4.2", MINOR, "0.4.3"),
        ("2.0.0-rc.1", MAJOR, "2.0.0"),
        ("2.0.0-rc.1", PATCH, "2.0.0"),
    ],
)
def test_auto_is_the_step_that_the_content_takes_and_tells_why(
    highest: str, change: ContentChange, expected: str
) -> None:
    proposal = propose(Version.parse(highest), BumpRequest.AUTO, change)
    assert str(proposal.version) == expected
    assert proposal.notes[0].startswith("bump auto chose")
    assert proposal.notes[1:] == change.reasons


@pytest.mark.parametrize(
    ("before", "proposed", "change"),
    [
        ("1.4.2", "2.0.0", MAJOR),
        ("1.4.2", "2.0.0", PATCH),
        ("1.4.2", "1.5.0", MINOR),
        ("1.4.2", "1.4.9", PATCH),
        ("0.4.2", "0.5.0", MAJOR),
        ("1.4.2", "1.5.0-rc.1", MAJOR),
    ],
)
def test_a_step_that_is_large_enough_needs_no_reason(before: str, proposed: str, change: ContentChange) -> None:
    assert check_step(Version.parse(before), Version.parse(proposed), change, "") == ()


@pytest.mark.parametrize(
    ("before", "proposed", "change", "needed"),
    [("1.4.2", "1.5.0", MAJOR, "major"), ("1.4.2", "1.4.3", MINOR, "minor"), ("0.4.2", "0.4.3", MAJOR, "minor")],
)
def test_a_step_that_is_too_small_is_refused_unless_a_reason_is_given(
    before: str, proposed: str, change: ContentChange, needed: str
) -> None:
    versions = Version.parse(before), Version.parse(proposed)
    with pytest.raises(StepTooSmallError, match="--force-version REASON") as refused:
        check_step(*versions, change, "")
    assert refused.value.details == {"before": before, "needed": needed, "reasons": list(change.reasons)}
    assert "was forced" in check_step(*versions, change, "nobody uses it")[0]
