import pytest

from modelkeep.client.records import DataRef, Metric, Parent, TrainingCode, VersionRecord, record_json


def test_without_a_version_the_bump_is_auto() -> None:
    assert record_json({}) == {"bump": "auto"}
    assert record_json({"version": "1.2.3"}) == {"version": "1.2.3"}


def test_shorthands_are_written_out() -> None:
    record: VersionRecord = {
        "metrics": {"auc": 1},
        "training_data": "s3://lake/tx",
        "validation_data": ["s3://lake/val", DataRef(name="holdout", rows=10)],
        "parents": ["base:1.0.0", Parent("base:2", "merged")],
        "training_code": TrainingCode(commit="abc", dirty=False),
    }
    assert record_json(record) == {
        "bump": "auto",
        "metrics": [{"name": "auc", "value": 1.0}],
        "training_data": [{"uri": "s3://lake/tx"}],
        "validation_data": [{"uri": "s3://lake/val"}, {"name": "holdout", "rows": 10}],
        "parents": [
            {"reference": "base:1.0.0", "relation": "fine-tune"},
            {"reference": "base:2", "relation": "merged"},
        ],
        "training_code": {"commit": "abc", "dirty": False},
    }


def test_metrics_may_be_values_with_a_data_set_and_a_step() -> None:
    body = record_json({"metrics": [Metric("loss", 0.1, dataset="val", step=7)]})
    assert body["metrics"] == [{"name": "loss", "value": 0.1, "dataset": "val", "step": 7}]


def test_a_misspelt_argument_is_refused() -> None:
    with pytest.raises(TypeError, match="'metric'"):
        record_json({"metric": {"auc": 1}})  # type: ignore[typeddict-unknown-key]  # the mistake under test


def test_what_is_empty_is_sent_as_an_empty_list() -> None:
    body = record_json({"metrics": {}, "training_data": (), "parents": []})
    assert body == {"bump": "auto", "metrics": [], "training_data": [], "parents": []}
