"""Cards of versions: edited, compared, rated, drafted; on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from tests.builders import EVERYTHING, SCORER, a_model, a_version
from tests.cards import a_card, a_whole_card
from tests.people import somebody
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.cards import CardService, InspectedContent, card_state, current_card, written
from modelkeep.domains.cards.domain.errors import CardNotFoundError, InvalidCardError, UnknownFrameworkError
from modelkeep.domains.catalog import (
    DataRef,
    Environment,
    Metric,
    ModelVersion,
    Parent,
    Relation,
    TrainingCode,
    VersionRecord,
)
from modelkeep.kernel.digests import digest_json
from modelkeep.kernel.errors import RegistryError, StaleRevisionError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import Reference


def reference(version: str = "1.0.0", as_of: datetime | None = None) -> Reference:
    return Reference.parse(f"{SCORER}:{version}").at(as_of)


@pytest.fixture
def version(services: Services, admin: Actor) -> ModelVersion:
    a_model(services, admin)
    return a_version(services, admin)


@pytest.fixture
def cards(services: Services, version: ModelVersion) -> CardService:
    assert version.reference == str(reference())
    return services.cards.cards


def test_a_card_is_edited_revision_by_revision(cards: CardService, admin: Actor, version: ModelVersion) -> None:
    first = cards.edit(admin, reference(), a_card(), seen=0)
    second = cards.patch(admin, reference(), {"limitations": ["Small"], "overview": {"task": "fraud"}}, seen=1)
    shown = cards.get(admin, reference())
    assert (first.value.card.revision, second.value.card.revision) == (1, 2)
    assert shown.card.document == {
        **a_card(overview={"description": "Scores payments.", "task": "fraud"}),
        "limitations": ["Small"],
    }
    assert shown.card.digest == str(digest_json(shown.card.document))
    assert shown.card.entry == second.receipt
    assert shown.version == version
    with cards.database.snapshot() as tx:
        assert current_card(tx, version.id) == shown.card.with_entry(None)
        assert current_card(tx, "nobody") is None
        state = card_state(tx, version.id)
        assert state is not None
        assert (state.revision, state.digest, state.since) == (2, shown.card.digest, shown.card.since)
        assert card_state(tx, "nobody") is None


def test_the_same_card_again_changes_nothing(cards: CardService, admin: Actor) -> None:
    cards.edit(admin, reference(), a_card(limitations=["a"], extra={"x": 1.0}), seen=0)
    again = cards.edit(admin, reference(), {"extra": {"x": 1}, "limitations": ["a"], **a_card()}, seen=1)
    assert (again.receipt, again.value.card.revision) == (None, 1)


def test_the_log_names_sections_and_digests_and_no_text(cards: CardService, services: Services, admin: Actor) -> None:
    cards.edit(admin, reference(), a_card(), seen=None)
    changed = cards.edit(admin, reference(), a_card(limitations=["my secret"]), seen=None).value.card
    entry = services.audit_reader.read(0, 500)[-1]
    assert (entry.action, entry.subject) == ("cards.card_revised", str(reference()))
    assert entry.data == {
        "version_id": changed.version_id,
        "revision": 2,
        "digest": changed.digest,
        "sections": ["limitations"],
    }
    assert "my secret" not in repr(entry)


@pytest.mark.parametrize("seen", [0, 2])
def test_a_change_of_what_has_changed_meanwhile_is_refused(cards: CardService, admin: Actor, seen: int) -> None:
    cards.edit(admin, reference(), a_card(), seen=0)
    with pytest.raises(StaleRevisionError, match="revision 1, not"):
        cards.edit(admin, reference(), a_card(limitations=["a"]), seen=seen)


def test_what_is_no_card_is_refused_and_leaves_nothing(cards: CardService, admin: Actor) -> None:
    with pytest.raises(InvalidCardError, match="'overview' is missing"):
        cards.patch(admin, reference(), {"limitations": ["a"]}, seen=0)
    with pytest.raises(CardNotFoundError, match="card draft"):
        cards.get(admin, reference())


def test_cards_are_read_as_of_a_time(cards: CardService, admin: Actor, clock: ManualClock) -> None:
    before = clock()
    first = cards.edit(admin, reference(), a_card(), seen=0).value.card
    clock.advance(timedelta(days=1))
    cards.edit(admin, reference(), a_card(limitations=["a"]), seen=1)
    assert cards.get(admin, reference(as_of=first.since)).card.document == a_card()
    assert len(cards.history(admin, reference(as_of=first.since), EVERYTHING).items) == 1
    then, now = (cards.score(admin, reference(as_of=at)).scores[0].percent for at in (first.since, None))
    assert then < now
    with pytest.raises(CardNotFoundError):
        cards.get(admin, reference(as_of=before))


def test_history_is_paged_and_names_the_entry_of_each_revision(
    cards: CardService, services: Services, admin: Actor
) -> None:
    for count in range(5):
        cards.edit(admin, reference(), a_card(limitations=["a"] * count), seen=count)
    first = cards.history(admin, reference(), PageRequest(3))
    rest = cards.history(admin, reference(), PageRequest(3, first.next_token))
    found = [*first.items, *rest.items]
    assert [item.revision for item in found] == [5, 4, 3, 2, 1]
    assert rest.next_token is None
    logged = [entry for entry in services.audit_reader.read(0, 500) if entry.action == "cards.card_revised"]
    assert [item.entry.seq for item in found if item.entry] == [entry.seq for entry in reversed(logged)]


def test_revisions_and_versions_are_compared(cards: CardService, services: Services, admin: Actor) -> None:
    other = a_version(services, admin)
    cards.edit(admin, reference(), a_card(), seen=0)
    cards.edit(admin, reference(), a_card(limitations=["a"]), seen=1)
    cards.edit(admin, reference(), a_card(limitations=["a", "b"]), seen=2)
    cards.edit(admin, Reference.parse(other.reference), a_card(limitations=["b"]), seen=0)

    def paths(**of: Any) -> list[str]:  # noqa: ANN401 - arguments
        return [written(change.path) for change in cards.compare(admin, reference(), **of).changes]

    assert paths() == ["$.limitations[1]"]
    assert paths(before=1) == ["$.limitations"]
    assert paths(before=0, after=1) == ["$.overview", "$.schema_version"]
    assert paths(after=1) == paths(before=0, after=1)
    assert paths(before=Reference.parse(other.reference)) == ["$.limitations[0]"]
    with pytest.raises(CardNotFoundError, match="no revision 9"):
        paths(before=9)


def test_a_version_without_a_card_scores_nothing(cards: CardService, admin: Actor) -> None:
    scores = cards.score(admin, reference()).scores
    assert [score.percent for score in scores] == [0, 0, 0, 0]
    asked = cards.score(admin, reference(), "iso-42001").scores
    assert [score.framework.id for score in asked] == ["iso-42001"]
    with pytest.raises(UnknownFrameworkError, match="there are eu-ai-act-annex-iv"):
        cards.score(admin, reference(), "nope")


def test_a_draft_says_what_the_registry_knows(services: Services, admin: Actor) -> None:
    a_model(services, admin, description="Scores payments", task="fraud", owners=("ana",), tags={"license": "mit"})
    base = a_version(services, admin)
    record = VersionRecord(
        tags={"framework": "xgboost", "long": "x" * 600},
        metrics=(Metric("auc", 0.94, "holdout", "age=18-25"), Metric("auc", 0.95, "holdout"), Metric("loss", 0.1)),
        parameters={"depth": 6, "huge": 2**60},
        training_data=(DataRef("s3://tx", "sha256:" + "1" * 64, "tx", "10", 5, license="x", personal_data=True),),
        validation_data=(DataRef(name="odd", digest="md5:1", rows=2**60),),
        training_code=TrainingCode("https://git.example.org/x", "abc", dirty=False),
        environment=Environment(image="train@sha256:1"),
        signature={"inputs": [{"name": "amount", "type": "double"}], "outputs": [{"name": "score"}]},
        parents=(Parent(base.reference, Relation.FINE_TUNE),),
    )
    a_version(services, admin, record=record)
    draft = services.cards.cards.draft(admin, reference("1.0.1"))
    assert draft.revision == 0
    assert draft.document == {
        "schema_version": "1.0",
        "overview": {
            "description": "Scores payments",
            "task": "fraud",
            "license": "mit",
            "framework": "xgboost",
            "tags": ["license=mit", "framework=xgboost"],
            "owners": [{"name": "ana"}],
            "base_models": [{"reference": base.reference, "relation": "fine-tune"}],
            "input_format": "- `amount`: double",
            "output_format": "- `score`",
        },
        "training": {
            "datasets": [
                {
                    "role": "training",
                    "name": "tx",
                    "uri": "s3://tx",
                    "version": "10",
                    "digest": "sha256:" + "1" * 64,
                    "rows": 5,
                    "license": "x",
                    "contains_personal_data": True,
                },
                {"role": "validation", "name": "odd"},
            ],
            "hyperparameters": {"depth": 6, "huge": str(2**60)},
            "code": {"repository": "https://git.example.org/x", "commit": "abc", "dirty": False},
            "environment": {"image": "train@sha256:1"},
        },
        "evaluations": [
            {"name": "metrics", "metrics": [{"name": "loss", "value": 0.1}]},
            {
                "name": "holdout",
                "dataset": {"name": "holdout"},
                "metrics": [
                    {"name": "auc", "value": 0.95},
                    {"name": "auc", "value": 0.94, "slice": {"slice": "age=18-25"}},
                ],
            },
        ],
    }
    saved = services.cards.cards.edit(admin, reference("1.0.1"), draft.document, seen=0)
    assert saved.value.card.revision == 1


def test_a_draft_says_what_the_files_say_once_they_are_inspected(cards: CardService, admin: Actor) -> None:
    content = InspectedContent("onnx", 1_234, ("onnxruntime>=1.20",), "mit", "- `x`: float32 [?, 4]", "- `y`: int64")
    draft: Any = replace(cards, inspected=lambda _tx, _digest: content).draft(admin, reference()).document
    assert draft["overview"] == {
        "architecture": "onnx, 1,234 parameters",
        "framework": "onnxruntime>=1.20",
        "license": "mit",
        "input_format": "- `x`: float32 [?, 4]",
        "output_format": "- `y`: int64",
    }
    assert draft["training"] == {"environment": {"packages": ["onnxruntime>=1.20"]}}


def test_what_an_inspection_found_out_is_read(
    services: Services, cards: CardService, version: ModelVersion, admin: Actor
) -> None:
    assert services.inspections.inspect(admin, version.reference, version.manifest_digest)
    with cards.database.snapshot() as tx:
        assert cards.inspected(tx, version.manifest_digest) is not None


def test_a_draft_keeps_what_people_wrote(cards: CardService, services: Services, admin: Actor) -> None:
    cards.edit(admin, reference(), a_card(evaluations=[{"name": "mine"}]), seen=0)
    services.versions.log_metrics(admin, SCORER, reference().selector, (Metric("auc", 0.9),))  # type: ignore[arg-type]  # it has one
    draft = cards.draft(admin, reference())
    assert draft.document == a_card(evaluations=[{"name": "mine"}])
    assert (draft.revision, draft.added) == (1, ())


def test_a_part_begins_a_card_where_there_is_none(cards: CardService, admin: Actor) -> None:
    begun = cards.patch(admin, reference(), {"overview": {"description": "x"}}, seen=0)
    assert begun.value.card.document == {"schema_version": "1.0", "overview": {"description": "x"}}


def test_who_reads_versions_reads_cards_and_who_may_not_write_is_refused(
    cards: CardService, services: Services, admin: Actor
) -> None:
    cards.edit(admin, reference(), a_card(), seen=0)
    viewer, stranger = somebody(services, ("viewer", "fraud")), somebody(services)
    assert cards.get(viewer, reference()).card.revision == 1
    with pytest.raises(ForbiddenError, match=r"card\.write"):
        cards.edit(viewer, reference(), a_card(limitations=["x"]), seen=None)
    with pytest.raises(RegistryError, match="no version answers"):
        cards.get(stranger, reference())


def test_of_many_who_edit_at_once_one_wins(cards: CardService, admin: Actor) -> None:
    outcomes: list[str] = []

    def edit(number: int) -> None:
        try:
            cards.edit(admin, reference(), a_card(limitations=[str(number)]), seen=0)
            outcomes.append("won")
        except StaleRevisionError:
            outcomes.append("stale")

    threads = [Thread(target=edit, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["stale"] * 5 + ["won"]


def test_a_whole_card_comes_back_as_it_was(cards: CardService, admin: Actor) -> None:
    cards.edit(admin, reference(), a_whole_card(), seen=0)
    assert cards.get(admin, reference()).card.document == a_whole_card()
