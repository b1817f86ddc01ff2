"""Fills the database of an mlflow server; runs in the environment of mlflow, not in ours.

Arguments: the address of the database, and how many versions. Same shape as `seeding.py`.
"""

import sys
import time
from collections.abc import Iterator

from mlflow.store.model_registry.dbmodels import models as tables  # type: ignore[import-not-found]  # not of our environment
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore  # type: ignore[import-not-found]  # not of our environment

PER_MODEL, ALIASED, TEAMS, BATCH = 10, 5, 100, 500


def main(url: str, count: int) -> None:
    """Make the schema, the model `created`, and the models m1, m2 and so on."""
    store = SqlAlchemyStore(url)
    store.create_registered_model("created")
    now = int(time.time() * 1000)
    models = range(1, count // PER_MODEL + 1)
    for start in range(0, len(models), BATCH):
        with store.ManagedSessionMaker() as session:
            for number in models[start : start + BATCH]:
                session.add_all(rows_of(number, now))


def rows_of(number: int, now: int) -> Iterator[object]:
    """Return the rows of one model with its versions."""
    name = f"m{number}"
    yield tables.SqlRegisteredModel(name=name, creation_time=now, last_updated_time=now)
    yield tables.SqlRegisteredModelAlias(name=name, alias="champion", version=ALIASED)
    for place in range(PER_MODEL):
        index = number * PER_MODEL + place
        key = {"name": name, "version": place + 1}
        yield tables.SqlModelVersion(**key, creation_time=now, last_updated_time=now, source="s3://bench/model")
        tags = {"team": f"team-{index % TEAMS}", "framework": "sklearn", "run": f"run-{index}"}
        for tag, value in tags.items():
            yield tables.SqlModelVersionTag(**key, key=tag, value=value)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
