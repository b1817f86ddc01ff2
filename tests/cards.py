"""Cards and files for tests."""

from typing import Any

from hypothesis import strategies as st

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
PDF = b"%PDF-1.7\n%%EOF\n"
HOLDOUT = "sha256:" + "a" * 64


def a_card(**sections: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The least that is a card, with sections in addition."""
    return {"schema_version": "1.0", "overview": {"description": "Scores payments."}} | sections


def a_whole_card() -> dict[str, Any]:
    """A card with something in every section."""
    return a_card(
        overview={
            "description": "Scores **card payments** for fraud.\n\n- fast\n- explainable",
            "problem_type": "classification",
            "task": "fraud detection",
            "algorithm": "gradient boosting",
            "architecture": "500 trees of depth 6",
            "framework": "xgboost",
            "base_models": [{"reference": "fraud/base:1.0.0", "relation": "fine-tune"}],
            "languages": ["en", "de"],
            "license": "apache-2.0",
            "license_link": "https://www.apache.org/licenses/LICENSE-2.0",
            "tags": ["team=risk"],
            "owners": [{"name": "Risk team", "contact": "risk@example.org"}],
            "creators": [{"name": "Ana"}],
            "references": [{"title": "The paper", "url": "https://example.org/paper"}],
            "citation": "@misc{scorer}",
            "input_format": "A payment -- with its amount",
            "output_format": "A score from 0 to 1",
        },
        uses={
            "purpose": "Stop fraud before the payment is made.",
            "intended": ["Card payments in the EU"],
            "out_of_scope": ["Credit decisions", "Persons under 18"],
            "users": ["Fraud analysts"],
            "business_problem": "Losses by stolen cards",
            "line_of_business": "Payments",
        },
        risk={
            "rating": "critical",
            "explanation": "It stops payments of people.",
            "eu_ai_act_category": "limited",
            "materiality_tier": 3,
            "human_oversight": "An analyst looks at each stop.",
            "next_review": "2027-05-01",
        },
        limitations=["Not calibrated below 1 EUR"],
        tradeoffs=["Recall for precision"],
        warnings=[{"severity": "caution", "text": "Scores drift at Christmas."}],
        training={
            "description": "Trained every quarter.",
            "objective": {"direction": "minimize", "metric": "logloss"},
            "datasets": [
                {
                    "role": "training",
                    "name": "transactions",
                    "uri": "s3://lake/tx/2026-10",
                    "version": "2026-10",
                    "digest": HOLDOUT,
                    "rows": 1000000,
                    "license": "proprietary",
                    "description": "All card payments",
                    "collection": "From the ledger",
                    "preprocessing": "Amounts in EUR",
                    "contains_personal_data": True,
                    "sensitive": ["age"],
                }
            ],
            "hyperparameters": {"max_depth": 6, "eta": 0.3, "booster": "gbtree", "gpu": False},
            "environment": {"image": "registry.example.org/train@sha256:1", "packages": ["xgboost==3.0"]},
            "code": {"repository": "https://git.example.org/fraud", "commit": "0a1b2c", "dirty": False},
            "run": {"id": "r-1"},
            "compute": {"hardware": "1 x CPU", "hours": 2.5, "energy_kwh": 1},
        },
        evaluations=[
            {
                "name": "holdout",
                "description": "The last month",
                "dataset": {"name": "transactions 2026-11", "digest": HOLDOUT},
                "date": "2026-11-16",
                "evaluator": "Model validation",
                "metrics": [
                    {"name": "auc", "value": 0.94, "threshold": 0.9, "higher_is_better": True, "n": 40000},
                    {"name": "auc", "value": 0.91, "slice": {"age": "18-25"}, "ci": {"low": 0.9, "high": 0.92}},
                    {"name": "verdict", "value": "good"},
                ],
                "plots": [
                    {
                        "kind": "line",
                        "title": "ROC",
                        "series": [{"name": "all", "points": [[0, 0], [0.1, 0.9], [1, 1]]}],
                    },
                    {"kind": "bar", "title": "By age", "labels": ["18-25", "26+"], "values": [0.91, 0.95]},
                    {"kind": "matrix", "title": "Confusion", "labels": ["ok", "fraud"], "matrix": [[90, 1], [2, 7]]},
                    {"kind": "image", "title": "SHAP", "digest": HOLDOUT, "alt": "Amount matters most"},
                ],
            }
        ],
        bias_assessment={
            "performed": True,
            "method": "Equal opportunity",
            "summary": "Within bounds",
            "groups": [
                {
                    "attribute": "age",
                    "group": "18-25",
                    "metric": "recall",
                    "value": 0.8,
                    "reference_group": "26+",
                    "disparity": 0.05,
                    "threshold": 0.1,
                    "passed": True,
                    "harm": "More payments of the young are stopped",
                }
            ],
            "residual_risk": "Small groups are not measured",
        },
        ethical_considerations=[{"name": "People lose access to money", "mitigation": "A hotline"}],
        caveats_and_recommendations="Do not use alone.",
        monitoring={
            "plan": "Weekly",
            "metrics": ["psi"],
            "retrain_triggers": ["psi > 0.2"],
            "change_control_plan": "Thresholds may move by 0.05",
        },
        extra={"cost_centre": 4711, "nested": {"a": [1, 2, {"b": None}]}},
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAMES = TEXTS.filter(bool)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
METRICS = st.fixed_dictionaries(
    {"name": NAMES, "value": NUMBERS | TEXTS | st.booleans()},
    optional={"slice": st.dictionaries(NAMES, TEXTS, max_size=2), "threshold": NUMBERS},
)
CARDS = st.fixed_dictionaries(
    {
        "schema_version": st.just("1.0"),
        "overview": st.fixed_dictionaries(
            {"description": NAMES},
            optional={"task": TEXTS, "license": TEXTS, "tags": st.lists(NAMES, max_size=3), "citation": TEXTS},
        ),
    },
    optional={
        "limitations": st.lists(NAMES, max_size=4),
        "evaluations": st.lists(
            st.fixed_dictionaries({"name": NAMES}, optional={"metrics": st.lists(METRICS, max_size=4)}), max_size=3
        ),
        "caveats_and_recommendations": TEXTS,
        "extra": st.dictionaries(NAMES, JSON_VALUES, max_size=3),
    },
)
"""Cards of any text."""
