"""CatBoost's binary models (`.cbm`): a length and a FlatBuffer.

Field numbers are those of https://github.com/catboost/catboost/tree/master/catboost/libs/model/flatbuffers
"""

from typing import Final

from modelkeep.domains.inspection.domain.facts import Field, FormatFacts, Signature
from modelkeep.domains.inspection.domain.formats.flatbuffers import Table
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

MAGIC: Final = b"CBM1"
_HEADER: Final = 8
_MOST_TEXT: Final = 2**20
_SHOWN: Final = ("model_guid", "train_finish_time")
_FLOAT, _CATEGORICAL = 5, 4


def read_catboost(window: Window) -> FormatFacts:
    """Read features, dimensions and the facts that training has left."""
    size = window.u32(4)
    if _HEADER + size > window.size:
        raise UnreadableFileError(f"its model has {size} bytes, which are not all there")
    core = Table.root(window, _HEADER)
    trees = core.table(1)
    if trees is None or not core.text(0).startswith("FlabuffersModel"):
        raise UnreadableFileError("it holds no trees, or trees of an unknown version")
    said = {entry.text(0): entry.text(1, _MOST_TEXT) for entry in core.tables(2)}
    return FormatFacts(
        format="catboost",
        signature=Signature(_features(trees), (_prediction(trees),)),
        libraries=("catboost",),
        details={
            "trees": str(trees.vector(2)[1]),
            **{name: said[name][:1000] for name in _SHOWN if name in said},
        },
    )


def _prediction(trees: Table) -> Field:
    classes = trees.number(0, 4, default=1)
    return Field("prediction", "float64", (None,) if classes == 1 else (None, classes))


def _features(trees: Table) -> tuple[Field, ...]:
    """Return the features in their order in a row."""
    found = [(table.number(2, 4), _feature(table, 4, "float32")) for table in trees.tables(_FLOAT)]
    found += [(table.number(1, 4), _feature(table, 2, "string")) for table in trees.tables(_CATEGORICAL)]
    return tuple(field for _, field in sorted(found, key=lambda item: item[0]))


def _feature(table: Table, name: int, dtype: str) -> Field:
    return Field(table.text(name) or str(table.number(1, 4)), dtype, (None,))
