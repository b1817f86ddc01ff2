"""A record that fills every field, with values that are hard to store."""

from modelkeep.domains.catalog import (
    DataRef,
    Environment,
    Metric,
    Parent,
    Relation,
    TrainingCode,
    VersionRecord,
)

A_RECORD = VersionRecord(
    description="Trained on “October” \U0001f600\n\ttwice",
    message="It's a 'quoted' message; -- DROP TABLE",
    tags={"team": "risk", "a key with spaces": "", "größe": "1.10", "a.b": "x" * 1000},
    metrics=(
        Metric("auc", 0.94),
        Metric("auc", 0.9, "test", "eu", 7),
        Metric("loss", 1e16),
        Metric("tiny", 5e-324),
        Metric("huge", -1.7976931348623157e308),
        Metric("zero", -0.0),
    ),
    parameters={"lr": 1e-07, "layers": 2**53 + 1, "bias": True, "optimizer": "adam", "scale": 1e22, "depth": 3.0},
    training_data=(
        DataRef("s3://lake/tx/2026-10", "sha256:00", "tx", "v1", 2**40, {"amount": ["double", None]}, "MIT", True),  # noqa: FBT003
        DataRef(name="rates"),
    ),
    validation_data=(DataRef(digest="sha256:11", personal_data=False),),
    training_code=TrainingCode("git@example:fraud", "abc123", dirty=False, entry_point="train.py --fast"),
    environment=Environment(image="registry/train@sha256:22", lock_file="uv.lock"),
    signature={"inputs": [{"name": "amount", "type": "double", "shape": [-1, 1.5]}], "empty": {}, "none": None},
    parents=(Parent("fraud/scorer:1", Relation.FINE_TUNE), Parent("https://hub.example/base", Relation.ADAPTER)),
    preprocessing=[{"step": "scale", "mean": 0.1}],
)
