"""The names that pickles may use are a setting, and the log says when it is another."""

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import Entry, EntryQuery
from modelkeep.domains.inspection import AllowList
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest

OURS = AllowList.parse(["company.models.Scorer"])


def told(services: Services, admin: Actor) -> list[Entry]:
    return list(
        services.audit.list(admin, EntryQuery(type="ALLOW_LIST_CHANGED"), PageRequest(), oldest_first=True).items
    )


def test_a_list_that_ships_is_nothing_to_tell(services: Services, admin: Actor) -> None:
    services.inspections.prepare(admin, AllowList())
    assert told(services, admin) == []


def test_another_list_is_told_once_and_so_is_the_way_back(services: Services, admin: Actor) -> None:
    for allowed in (OURS, OURS, AllowList(), AllowList()):
        services.inspections.prepare(admin, allowed)
    first, second = told(services, admin)
    assert first.data == {"ruleset": OURS.digest, "previous_ruleset": None, "added": ["company.models.Scorer"]}
    assert second.data == {"ruleset": AllowList().digest, "previous_ruleset": OURS.digest, "added": []}
    assert (first.subject, OURS.digest != AllowList().digest) == ("*", True)
