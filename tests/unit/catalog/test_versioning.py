import pytest

from modelkeep.domains.catalog.domain.versioning import AUTO_NOTE, BumpRequest, propose
from modelkeep.kernel.semver import Version


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
