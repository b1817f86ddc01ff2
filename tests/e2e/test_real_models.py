"""Real models from a laptop's first minute to a company's servers: only the settings differ."""

import filecmp
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.e2e.installation import Installation
from tests.e2e.registry_server import RegistryServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from tests.shipped_models import ShippedModels

TRAIN = """
import json, sys
from pathlib import Path
import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

folder, regularisation = Path(sys.argv[1]), float(sys.argv[2])
inputs, classes = load_iris(return_X_y=True)
seen, unseen, answers, expected = train_test_split(inputs, classes, random_state=0)
model = LogisticRegression(C=regularisation, max_iter=1000).fit(seen, answers)
folder.mkdir(exist_ok=True)
joblib.dump(model, folder / "model.joblib")
(folder / "classes.json").write_text(json.dumps(["setosa", "versicolor", "virginica"]))
print(model.score(unseen, expected))
"""
PREDICT = """
import sys
import joblib
print(joblib.load(sys.argv[1]).predict([[5.1, 3.5, 1.4, 0.2]])[0])
"""


@pytest.fixture(params=["a laptop", "a company"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RegistryServer]:
    """SQLite and a folder, or PostgreSQL and S3."""
    options: dict[str, str] = {}
    if request.param == "a company":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        s3: S3Server = request.getfixturevalue("ceph_server")
        options = {
            "MODELKEEP_DATABASE_URL": postgres.url(postgres.new_database()),
            "MODELKEEP_STORE_URL": s3.new_bucket("models"),
            **s3.environment,
        }
    running = RegistryServer(tmp_path / "registry", options)
    running.folder.mkdir()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def laptop(model_maker: Installation, server: RegistryServer, tmp_path: Path) -> Installation:
    """A user's machine, logged in at the server."""
    variables = {**server.environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    return replace(model_maker, environment={name: value for name, value in variables.items() if name != "PYTHONPATH"})


def test_real_models_are_pushed_found_and_pulled_byte_for_byte(
    laptop: Installation, shipped_models: ShippedModels, tmp_path: Path
) -> None:
    voices = shipped_models.folder / "silero_vad" / "data"
    onnx, safetensors = (voices / f"silero_vad_16k{ending}" for ending in ("_op15.onnx", ".safetensors"))
    iris = tmp_path / "iris"
    accuracy = float(laptop.run("python", "-c", TRAIN, iris, "1.0"))
    assert accuracy > 0.9
    pushed = {
        "flowers/iris": push(laptop, iris, "flowers/iris", f"accuracy={accuracy}", "scikit-learn"),
        "speech/vad-onnx": push(laptop, onnx, "speech/vad-onnx", "auc=0.97", "onnx"),
        "speech/vad": push(laptop, safetensors, "speech/vad", "auc=0.96", "safetensors"),
    }
    assert [version for version, _ in pushed.values()] == ["1.0.0"] * 3

    assert inspected(laptop, "speech/vad") == ("safetensors", 309_633, 15)
    assert inspected(laptop, "speech/vad-onnx")[:2] == ("onnx", 309_633)
    assert inspected(laptop, "flowers/iris")[0] == "joblib"

    listed = {model["name"] for model in laptop.modelkeep("list")["items"]}
    assert listed == set(pushed)
    assert found(laptop, "metric.auc >= 0.965") == {"speech/vad-onnx"}
    assert found(laptop, "tag.framework = 'safetensors'") == {"speech/vad"}
    assert found(laptop, "tag.framework = 'scikit-learn' and metric.accuracy > 0.9") == {"flowers/iris"}

    laptop.run("python", "-c", TRAIN, iris, "0.5")
    assert push(laptop, iris, "flowers/iris", "accuracy=0.95", "scikit-learn", "--bump", "minor")[0] == "1.1.0"
    laptop.run("modelkeep", "alias", "set", "flowers/iris:1.1.0", "champion")
    digest = laptop.modelkeep("resolve", "flowers/iris:1.1.0")["manifest_digest"]
    for reference in ("flowers/iris:^1", "flowers/iris@champion", f"flowers/iris@{digest}", "flowers/iris:2"):
        assert laptop.modelkeep("resolve", reference)["version"] == "1.1.0", reference
    assert laptop.modelkeep("resolve", "flowers/iris:~1.0")["version"] == "1.0.0"

    for reference in ("flowers/iris@champion", "flowers/iris:^1"):
        pulled = tmp_path / reference.replace("/", "-").replace("@", "-").replace(":", "-")
        laptop.run("modelkeep", "pull", reference, pulled)
        assert filecmp.cmpfiles(iris, pulled, ["model.joblib", "classes.json"], shallow=False)[0] == [
            "model.joblib",
            "classes.json",
        ]
    assert laptop.run("python", "-c", PREDICT, pulled / "model.joblib").strip() == "0"
    for file, reference in ((onnx, "speech/vad-onnx:1"), (safetensors, "speech/vad")):
        laptop.run("modelkeep", "pull", reference, tmp_path / file.name)
        assert filecmp.cmp(file, tmp_path / file.name / file.name, shallow=False)


def push(laptop: Installation, path: Path, model: str, metric: str, framework: str, *others: str) -> tuple[str, str]:
    """Push with a metric and a tag; return the version and the digest of the content."""
    facts = ["--metric", metric, "--tag", f"framework={framework}", "--training-data", "https://example.com/data"]
    version = laptop.modelkeep("push", path, model, *facts, *others)
    assert version["metrics"][0]["name"] == metric.partition("=")[0]
    return version["version"], version["manifest_digest"]


def inspected(laptop: Installation, reference: str) -> tuple[str, int, int]:
    """Return the format, the parameters and the tensors that the registry reads in a version."""
    document = laptop.modelkeep("inspect", reference, "--again")
    return document["format"], document["parameter_count"], document["tensor_count"]


def found(laptop: Installation, query: str) -> set[str]:
    return {version["model"] for version in laptop.modelkeep("search", query)["items"]}
