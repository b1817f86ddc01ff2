"""SageMaker's JSON and CycloneDX: what is written, and what is said to be lost."""

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from tests.cards import CARDS, HOLDOUT, a_card, a_whole_card
from tests.unit.cards.subjects import a_subject

from modelkeep.domains.cards.service.formats.cyclonedx import write_cyclonedx
from modelkeep.domains.cards.service.formats.sagemaker import write_sagemaker

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


@pytest.mark.parametrize("card", [a_card(), a_whole_card()], ids=["bare", "whole"])
def test_a_bill_of_materials_is_valid(card: dict[str, Any]) -> None:
    assert VALIDATOR.validate_str(write_cyclonedx(a_subject(card))) is None


@given(CARDS)
@settings(max_examples=20)
def test_a_bill_of_materials_of_any_text_is_valid(card: Any) -> None:  # noqa: ANN401 - JSON
    assert VALIDATOR.validate_str(write_cyclonedx(a_subject(card))) is None


def test_a_bill_of_materials_names_files_data_and_parents_with_their_hashes() -> None:
    subject = a_subject(a_whole_card())
    bom = json.loads(write_cyclonedx(subject))
    component = bom["metadata"]["component"]
    assert (component["type"], component["name"], component["version"]) == (
        "machine-learning-model",
        "fraud/scorer",
        "1.4.0",
    )
    assert [(item["type"], item["name"]) for item in bom["components"]] == [
        ("file", "model.json"),
        ("file", "weights/w.bin"),
        ("data", "transactions"),
        ("machine-learning-model", "fraud/base:1.0.0"),
    ]
    assert bom["components"][0]["hashes"] == [{"alg": "SHA-256", "content": "1" * 64}]
    assert bom["components"][2]["hashes"] == [{"alg": "SHA-256", "content": HOLDOUT.removeprefix("sha256:")}]
    assert component["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][1] == {
        "type": "auc",
        "value": "0.91",
        "slice": "age: 18-25",
        "confidenceInterval": {"lowerBound": "0.9", "upperBound": "0.92"},
    }
    assert {"$.warnings", "$.monitoring", "$.extra", "$.risk"} <= {loss.path for loss in subject.losses}
    assert write_cyclonedx(subject) == write_cyclonedx(a_subject(a_whole_card())), "the same every time"


def test_sagemaker_is_written_with_its_names_and_what_is_lost_is_said() -> None:
    subject = a_subject(a_whole_card())
    card = json.loads(write_sagemaker(subject))
    assert card["model_overview"]["model_name"] == "scorer"
    assert card["intended_uses"]["risk_rating"] == "High"
    assert card["training_details"]["objective_function"]["function"] == {"function": "Minimize", "facet": "logloss"}
    assert card["training_details"]["training_job_details"]["hyper_parameters"][0] == {
        "name": "max_depth",
        "value": "6",
    }
    groups = card["evaluation_details"][0]["metric_groups"]
    assert [group["name"] for group in groups] == ["overall", "age: 18-25", "plots"]
    assert [(item["name"], item["type"]) for item in groups[0]["metric_data"]] == [
        ("auc", "number"),
        ("verdict", "string"),
    ]
    assert [item["type"] for item in groups[2]["metric_data"]] == ["linear_graph", "bar_chart", "matrix"]
    lost = {loss.path for loss in subject.losses}
    assert {"$.risk.rating", "$.evaluations[0].plots[3]", "$.bias_assessment", "$.extra", "$.training.datasets"} <= lost
    assert card["additional_information"]["custom_details"]["uses.out_of_scope"]


def test_what_is_too_much_for_sagemaker_is_cut_and_said() -> None:
    card = a_card(
        training={
            "datasets": [{"role": "training", "name": str(n)} for n in range(20)],
            "hyperparameters": {str(n): n for n in range(150)},
        },
        evaluations=[{"name": str(n), "description": "z" * 5_000} for n in range(30)],
        caveats_and_recommendations="x" * 5_000,
        uses={"business_problem": "x" * 2_049},
        extra={"notes": "x" * 1_025},
    ) | {"overview": {"description": "y" * 60_000}}
    subject = a_subject(card)
    whole = json.loads(write_sagemaker(subject))
    written = whole["training_details"]["training_job_details"]
    assert (len(written["training_datasets"]), len(written["hyper_parameters"])) == (15, 100)
    reasons = {loss.path: loss.reason for loss in subject.losses}
    assert "50 are left out" in reasons["$.training.hyperparameters"]
    assert {len(evaluation["evaluation_observation"]) for evaluation in whole["evaluation_details"]} == {2_096}
    assert len(whole["evaluation_details"]) == 30, "each may have 10 data sets; there is no limit to how many there are"
    assert len(whole["business_details"]["business_problem"]) == 2_048
    assert "2048" in reasons["$.additional_information.caveats_and_recommendations"]
    assert "1024" in reasons["$.additional_information.custom_details.extra"]
    assert "100000" in reasons["$"]


def test_a_matrix_that_sagemaker_does_not_take_is_said_to_be_lost() -> None:
    plots = [
        {"kind": "matrix", "title": str(size), "labels": [str(n) for n in range(size)], "matrix": [[0.5] * size] * size}
        for size in (20, 21)
    ]
    subject = a_subject(a_card(evaluations=[{"name": "holdout", "plots": plots}]))
    (group,) = json.loads(write_sagemaker(subject))["evaluation_details"][0]["metric_groups"]
    assert [data["name"] for data in group["metric_data"]] == ["20"]
    assert [loss.path for loss in subject.losses] == ["$.evaluations[0].plots[1]"]
