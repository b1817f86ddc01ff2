"""The limits of a record: what is kept, what is refused, and under which name."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from modelkeep.domains.catalog.domain.errors import InvalidRecordError
from modelkeep.domains.catalog.domain.fields import (
    MAX_DESCRIPTION,
    MAX_KEY,
    MAX_MESSAGE,
    MAX_METRICS,
    MAX_PARAMETER_VALUE,
    MAX_PARAMETERS,
    MAX_REFERENCES,
    MAX_TAG_VALUE,
    MAX_TAGS,
    check_key,
    check_text,
)
from modelkeep.domains.catalog.domain.records import (
    MAX_DOCUMENT_BYTES,
    DataRef,
    Environment,
    Metric,
    Parent,
    Relation,
    TrainingCode,
    VersionRecord,
    merge_metrics,
)
from modelkeep.kernel.canonical_json import MAX_INTEGER
from modelkeep.kernel.errors import InvalidValueError, Kind

LAKE = DataRef(uri="s3://lake/tx/2026-10")


def refused(record: VersionRecord, problem: str) -> None:
    with pytest.raises(InvalidValueError, match=problem) as refusal:
        record.checked()
    assert refusal.value.kind is Kind.INVALID


@pytest.mark.parametrize(
    "record",
    [
        VersionRecord(),
        VersionRecord(description="x" * MAX_DESCRIPTION, message="y" * MAX_MESSAGE),
        VersionRecord(tags={str(number): "" for number in range(MAX_TAGS)}),
        VersionRecord(tags={"k" * MAX_KEY: "v" * MAX_TAG_VALUE}),
        VersionRecord(parameters={str(number): number for number in range(MAX_PARAMETERS)}),
        VersionRecord(
            parameters={"a": "v" * MAX_PARAMETER_VALUE, "b": -(2**63), "c": 2**63 - 1, "d": True, "e": 1e-300}
        ),
        VersionRecord(metrics=tuple(Metric("loss", 0.5, step=step) for step in range(MAX_METRICS))),
        VersionRecord(metrics=(Metric("loss", 0.5, "test", "eu", MAX_INTEGER),)),
        VersionRecord(training_data=(LAKE,) * MAX_REFERENCES, validation_data=(LAKE,) * MAX_REFERENCES),
        VersionRecord(
            training_data=(DataRef(name="tx", rows=2**63 - 1, schema={"amount": "double"}, personal_data=False),)
        ),
        VersionRecord(parents=(Parent("https://hub.example/base", Relation.FINE_TUNE),) * MAX_REFERENCES),
        VersionRecord(training_code=TrainingCode("git@x", "abc", dirty=True), environment=Environment("img@sha256:0")),
        VersionRecord(signature={"inputs": ["é" * (MAX_DOCUMENT_BYTES // 2 - 20)]}, preprocessing="scale"),
        VersionRecord(signature={"text": "a backslash, u0000: \\u0000"}),
    ],
)
def test_what_is_just_within_the_limits_is_kept(record: VersionRecord) -> None:
    assert record.checked().checked() == record.checked()


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (VersionRecord(description="x" * (MAX_DESCRIPTION + 1)), "description has 65537 characters"),
        (VersionRecord(message="y" * (MAX_MESSAGE + 1)), "message has 4097 characters"),
        (VersionRecord(message="\0"), "message holds a NUL"),
        (VersionRecord(description="\ud800"), "half a surrogate pair"),
        (VersionRecord(tags={str(number): "" for number in range(MAX_TAGS + 1)}), "1001 tags are too many"),
        (VersionRecord(tags={"team": "v" * (MAX_TAG_VALUE + 1)}), "tag team has 8193 characters"),
        (VersionRecord(tags={"": "v"}), "tag key '' is not usable"),
        (VersionRecord(parameters={str(number): 1 for number in range(MAX_PARAMETERS + 1)}), "2001 parameters"),
        (VersionRecord(parameters={"lr": math.nan}), "parameter lr is nan; only finite numbers"),
        (VersionRecord(parameters={"seed": 2**63}), "parameter seed does not fit 64 bits"),
        (VersionRecord(parameters={"note": "\udfff"}), "parameter note holds"),
        (VersionRecord(metrics=(Metric("auc", math.inf),)), "metric auc is inf"),
        (VersionRecord(metrics=(Metric(" auc", 1.0),)), "metric key ' auc' is not usable"),
        (VersionRecord(metrics=(Metric("auc", 1.0, "d" * 1025),)), "metric auc has 1025 characters"),
        (VersionRecord(metrics=(Metric("auc", 1.0, step=-1),)), "metric auc: step -1"),
        (VersionRecord(metrics=(Metric("auc", 1.0, step=MAX_INTEGER + 1),)), "metric auc: step 9007199254740992"),
        (VersionRecord(metrics=tuple(Metric("l", 0, step=n) for n in range(MAX_METRICS + 1))), "10001 metrics"),
        (VersionRecord(training_data=(LAKE,) * (MAX_REFERENCES + 1)), "257 training data references"),
        (VersionRecord(validation_data=(LAKE,) * (MAX_REFERENCES + 1)), "257 validation data references"),
        (VersionRecord(training_data=(DataRef(rows=3),)), "needs a uri, a digest or a name"),
        (VersionRecord(training_data=(DataRef(name="tx", rows=-1),)), "rows is -1"),
        (VersionRecord(validation_data=(DataRef(name="tx", license="\0"),)), "data reference: license holds a NUL"),
        (VersionRecord(training_data=(DataRef(name="tx", schema={"a": "\0"}),)), "data reference: schema holds a NUL"),
        (VersionRecord(training_code=TrainingCode(commit="c" * 4097)), "training code: commit has 4097"),
        (VersionRecord(environment=Environment(lock_file="\0")), "environment: lock_file holds a NUL"),
        (VersionRecord(parents=(Parent("a", Relation.MERGED),) * (MAX_REFERENCES + 1)), "257 parents"),
        (VersionRecord(parents=(Parent("https://x/\0", Relation.MERGED),)), "parent holds a NUL"),
        (VersionRecord(parents=(Parent("https://x/" + "y" * 4087, Relation.MERGED),)), "parent has 4097 characters"),
        (VersionRecord(signature="s" * MAX_DOCUMENT_BYTES), "signature is larger than 262144 bytes"),
        (VersionRecord(preprocessing=["p" * MAX_DOCUMENT_BYTES]), "preprocessing is larger than 262144 bytes"),
        (VersionRecord(signature={"inputs": "\\\0"}), "signature holds a NUL"),
        (VersionRecord(signature={"\0": 1}), "signature holds a NUL"),
        (VersionRecord(signature=2**53), "53"),
        (VersionRecord(signature="\ud800"), "surrogate"),
    ],
)
def test_what_is_just_beyond_the_limits_is_refused_by_name(record: VersionRecord, problem: str) -> None:
    refused(record, problem)


@pytest.mark.parametrize("key", ["a", "team name", "größe", "a.b/c:d", "k" * MAX_KEY])
def test_a_key_is_any_printable_text(key: str) -> None:
    assert check_key("tag", key) == key


@pytest.mark.parametrize("key", ["", " ", " a", "a ", "a\n", "a\tb", "\0", "\ud800", "k" * (MAX_KEY + 1), "\u200b"])
def test_a_key_that_people_could_not_type_again_is_refused(key: str) -> None:
    with pytest.raises(InvalidRecordError, match="is not usable: 1 to 255 printable characters"):
        check_key("tag", key)


def test_a_text_may_hold_any_character_that_can_be_stored() -> None:
    text = "tabs\tlines\r\n, \U0001f600 and \ufffd"
    assert check_text("note", text, 100) == text


def test_tags_and_parameters_are_kept_in_the_order_of_their_keys() -> None:
    record = VersionRecord(tags={"b": "1", "a": "2"}, parameters={"y": 1, "x": 2}).checked()
    assert (list(record.tags), list(record.parameters)) == (["a", "b"], ["x", "y"])


def test_a_measurement_is_told_apart_by_name_dataset_slice_and_step() -> None:
    metrics = (
        Metric("auc", 0.1),
        Metric("auc", 0.2, dataset="test"),
        Metric("auc", 0.3, slice="eu"),
        Metric("auc", 0.4, step=0),
        Metric("loss", 0.5),
    )
    assert set(merge_metrics((), metrics)) == set(metrics)


def test_the_last_of_equal_measurements_counts() -> None:
    known = (Metric("auc", 0.1), Metric("loss", 0.5))
    merged = merge_metrics(known, (Metric("auc", 0.2), Metric("auc", 0.3)))
    assert merged == (Metric("auc", 0.3), Metric("loss", 0.5))


def test_the_order_in_which_measurements_were_sent_does_not_show() -> None:
    metrics = (Metric("loss", 0.5), Metric("auc", 0.2, step=2), Metric("auc", 0.1, step=1))
    assert merge_metrics((), metrics) == merge_metrics((), metrics[::-1])


@pytest.mark.parametrize("part", [LAKE, TrainingCode("git@x"), Environment("img"), Metric("auc", 1.0)])
def test_a_checked_part_is_the_part_itself(part: Any) -> None:  # noqa: ANN401 - each kind of part
    check: Callable[[], Any] = part.checked
    assert check() is part
