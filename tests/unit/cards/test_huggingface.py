"""READMEs of Hugging Face: written, parsed by the real library, and read back."""

from typing import Any

import pytest
from huggingface_hub import ModelCard
from hypothesis import given, settings
from tests.cards import CARDS, a_card, a_whole_card
from tests.unit.cards.subjects import a_subject

from modelkeep.domains.cards.domain.errors import InvalidCardError, UnreadableCardError
from modelkeep.domains.cards.service.formats.huggingface import read_readme, write_readme
from modelkeep.kernel.errors import RegistryError

FOREIGN = """\
---
language: en
license: mit
library_name: transformers
pipeline_tag: text-classification
datasets: [imdb, sst2]
base_model: google-bert/bert-base-uncased
base_model_relation: finetune
tags: [sentiment]
model-index:
- name: bert-sentiment
  results:
  - task: {type: text-classification}
    dataset: {name: IMDB, type: imdb}
    metrics:
    - {type: accuracy, value: 0.91}
---
# BERT sentiment

A small model.

## Intended uses

Sentiment of reviews.

## Out-of-Scope Use

Not for people.

## How to use

`pipeline("x")`

## Training data

Reviews of films.

## Citation

@misc{x}
"""


@given(CARDS)
def test_a_card_goes_out_and_comes_back_without_loss(card: Any) -> None:  # noqa: ANN401 - JSON
    found, notes = read_readme(write_readme(a_subject(card)))
    assert (found, notes) == (card, ())


@pytest.mark.parametrize(
    "text",
    ["-->", "--", "---", "\\--", "<!-- modelkeep-card:{} -->", "--!>", "a\n---\nb", "<script>", "\u2028", "`", "|"],
)
def test_no_text_of_a_card_ends_the_comment_or_begins_another(text: str) -> None:
    card = a_card(limitations=[text], extra={text: text}) | {"overview": {"description": text, "tags": [text]}}
    written = write_readme(a_subject(card))
    assert read_readme(written) == (card, ())
    comment = written[written.rfind("<!-- modelkeep-card:") :]
    assert comment.count("--") == 2


def test_the_library_of_hugging_face_reads_the_front_matter() -> None:
    data: Any = ModelCard(write_readme(a_subject(a_whole_card()))).data
    assert (data.license, data.language, data.library_name) == ("apache-2.0", ["en", "de"], "xgboost")
    assert (data.pipeline_tag, data.base_model) == ("fraud-detection", ["fraud/base:1.0.0"])
    assert data.datasets == ["transactions"]
    results = [(r.metric_type, r.metric_value, r.metric_name, r.dataset_name) for r in data.eval_results or []]
    assert results[0] == ("auc", 0.94, "auc", "transactions 2026-11")
    assert results[1] == ("auc", 0.91, "auc (age=18-25)", "transactions 2026-11")
    assert (data.eval_results or [])[1].metric_args == {"slice": {"age": "18-25"}}


def test_a_readme_of_elsewhere_is_read_by_front_matter_and_headings() -> None:
    card: Any
    card, notes = read_readme(FOREIGN)
    assert len(notes) == 1
    assert card == {
        "schema_version": "1.0",
        "overview": {
            "description": '# BERT sentiment\n\nA small model.\n\n## How to use\n\n`pipeline("x")`',
            "task": "text-classification",
            "framework": "transformers",
            "license": "mit",
            "languages": ["en"],
            "tags": ["sentiment"],
            "base_models": [{"reference": "google-bert/bert-base-uncased", "relation": "fine-tune"}],
            "citation": "@misc{x}",
        },
        "uses": {"intended": ["Sentiment of reviews."], "out_of_scope": ["Not for people."]},
        "training": {
            "datasets": [
                {"role": "training", "name": "imdb", "description": "Reviews of films."},
                {"role": "training", "name": "sst2"},
            ]
        },
        "evaluations": [
            {"name": "IMDB", "dataset": {"name": "IMDB"}, "metrics": [{"name": "accuracy", "value": 0.91}]}
        ],
    }


@pytest.mark.parametrize("damage", ["{", '{"schema_version":"1.0"}', "[1]", '{"a":1,"a":2}'])
def test_a_damaged_comment_is_said_and_the_headings_are_read(damage: str) -> None:
    _, notes = read_readme(FOREIGN + f"\n<!-- modelkeep-card:{damage} -->")
    assert "damaged" in notes[0]


@pytest.mark.parametrize(
    "text", ["", "---\n---\n", "---\na: [\n---\nx", "---\na: 1\na: 2\n---\nx", "---\na: &x 1\n---\nx"]
)
def test_what_holds_nothing_or_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(UnreadableCardError):
        read_readme(text)


@given(CARDS)
@settings(max_examples=30)
def test_whatever_a_readme_says_it_becomes_a_card_or_is_refused(card: Any) -> None:  # noqa: ANN401 - JSON
    readme = write_readme(a_subject(card))
    body = readme[: readme.rfind("<!-- modelkeep-card:")]
    try:
        found, notes = read_readme(body)
    except (InvalidCardError, UnreadableCardError, RegistryError):
        return
    assert found["schema_version"] == "1.0"
    assert notes
