import json
import math

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.cli.parameters import METRIC_PAIR, PAIR, scalar, unique


def test_a_pair_is_split_at_the_first_sign_of_equality() -> None:
    assert PAIR.convert("uri=s3://a?b=c", None, None) == ("uri", "s3://a?b=c")
    assert PAIR.convert("empty=", None, None) == ("empty", "")


@pytest.mark.parametrize("text", ["team", "=risk", " =risk", ""])
def test_what_is_no_pair_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="such as team=risk"):
        PAIR.convert(text, None, None)


def test_the_name_of_a_metric_may_have_a_sign_of_equality() -> None:
    assert METRIC_PAIR.convert("recall@fpr=0.01=0.8", None, None) == ("recall@fpr=0.01", 0.8)


@pytest.mark.parametrize("text", ["auc", "auc=", "=1", "auc=nan", "auc=inf", "auc=-inf", "auc=1e999", "auc=high", ""])
def test_what_is_no_finite_number_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"such as auc=0\.94"):
        METRIC_PAIR.convert(text, None, None)


def test_a_name_that_is_given_twice_is_refused() -> None:
    assert unique([("a", 1), ("b", 2)], "--metric") == {"a": 1, "b": 2}
    with pytest.raises(click.BadParameter, match="'a' is given twice"):
        unique([("a", 1), ("a", 2)], "--metric")


@settings(max_examples=50)
@given(st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_scalar_is_read_as_json_writes_it(value: float) -> None:
    read = scalar(json.dumps(value))
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    "text", ["007", "1_000", "1e999", "NaN", "True", "0x10", "12345678901234567890", "", " 1", "+1"]
)
def test_what_is_no_number_of_json_stays_text(text: str) -> None:
    assert scalar(text) == text


@settings(max_examples=50)
@given(st.text())
def test_a_scalar_is_never_a_number_that_json_lacks(text: str) -> None:
    value = scalar(text)
    assert not isinstance(value, float) or math.isfinite(value)
