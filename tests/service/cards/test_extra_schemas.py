"""What namespaces ask of `extra` in their cards, on both databases."""

from typing import Any

import pytest
from tests.builders import SCORER, a_model, a_version
from tests.cards import a_card
from tests.people import somebody

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.cards import CardServices
from modelkeep.domains.cards.domain.errors import ExtraSchemaNotFoundError, InvalidCardError
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Reference

ONE = Reference.parse(f"{SCORER}:1.0.0")
ASKED: dict[str, Any] = {"required": ["ticket"], "properties": {"ticket": {"type": "string"}}}
FITS = a_card(extra={"ticket": "RISK-1"})


@pytest.fixture
def cards(services: Services, admin: Actor) -> CardServices:
    a_model(services, admin)
    a_version(services, admin)
    return services.cards


def test_a_card_that_changes_has_to_fit_and_one_that_is_there_is_told(cards: CardServices, admin: Actor) -> None:
    before = cards.cards.edit(admin, ONE, a_card(), seen=0).value.card
    asked = cards.extra_schemas.set(admin, "fraud", ASKED, seen=0)
    assert (asked.value.revision, asked.receipt is None) == (1, False)
    shown = cards.cards.get(admin, ONE)
    assert [problem.facts["pointer"] for problem in shown.misfits] == ["/extra"]
    assert cards.cards.score(admin, ONE).misfits == shown.misfits
    assert cards.cards.get(admin, ONE.at(before.since)).misfits == ()
    assert cards.cards.edit(admin, ONE, a_card(), seen=1).value.misfits == shown.misfits, "the same is no change"
    with pytest.raises(InvalidCardError, match="card schema show fraud") as refusal:
        cards.cards.patch(admin, ONE, {"limitations": ["Small"]}, seen=1)
    assert refusal.value.details["problems"] == [
        {"path": "$.extra", "pointer": "/extra", "problem": "the field 'ticket' is missing; add it"}
    ]
    assert cards.cards.edit(admin, ONE, FITS, seen=1).value.misfits == ()
    assert cards.cards.score(admin, ONE).misfits == ()


def test_a_schema_is_known_as_of_a_time_and_removed(cards: CardServices, admin: Actor) -> None:
    schemas = cards.extra_schemas
    with pytest.raises(ExtraSchemaNotFoundError):
        schemas.get(admin, "fraud")
    first = schemas.set(admin, "fraud", ASKED, seen=0).value
    assert schemas.set(admin, "fraud", ASKED, seen=1).receipt is None
    second = schemas.set(admin, "fraud", {"type": "object"}, seen=1).value
    with pytest.raises(StaleRevisionError):
        schemas.set(admin, "fraud", ASKED, seen=1)
    assert schemas.get(admin, "fraud", as_of=first.since).schema == ASKED
    found = schemas.get(admin, "fraud")
    assert (found.schema, found.revision, found.digest) == ({"type": "object"}, 2, second.digest)
    assert found.entry is not None
    removed = schemas.remove(admin, "fraud", seen=2).value
    assert (removed.revision, removed.schema, removed.digest) == (3, None, None)
    with pytest.raises(ExtraSchemaNotFoundError):
        schemas.get(admin, "fraud")
    with pytest.raises(ExtraSchemaNotFoundError):
        schemas.remove(admin, "fraud", seen=None)
    assert schemas.get(admin, "fraud", as_of=second.since).revision == 2
    assert cards.cards.edit(admin, ONE, a_card(), seen=0).value.card.revision == 1
    assert schemas.set(admin, "fraud", ASKED, seen=0).value.revision == 4


def test_who_makes_a_namespace_anew_begins_with_none(services: Services, admin: Actor) -> None:
    schemas = services.cards.extra_schemas
    services.namespaces.create(admin, "spare", description="")
    schemas.set(admin, "spare", ASKED, seen=0)
    services.namespaces.delete(admin, "spare", seen=1)
    services.namespaces.create(admin, "spare", description="")
    with pytest.raises(ExtraSchemaNotFoundError):
        schemas.get(admin, "spare")
    assert schemas.set(admin, "spare", ASKED, seen=0).value.revision == 2


def test_maintainers_set_it_and_who_sees_the_namespace_reads_it(services: Services, cards: CardServices) -> None:
    schemas = cards.extra_schemas
    maintainer, contributor = somebody(services, ("maintainer", "fraud")), somebody(services, ("contributor", "fraud"))
    schemas.set(maintainer, "fraud", ASKED, seen=0)
    assert schemas.get(contributor, "fraud").schema == ASKED
    with pytest.raises(ForbiddenError):
        schemas.set(contributor, "fraud", {}, seen=1)
    with pytest.raises(ForbiddenError):
        schemas.remove(contributor, "fraud", seen=1)
