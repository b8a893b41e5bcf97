"""The path model of chapter 03 against the package seminr and the workbook it comes with."""

import numpy as np
import pandas as pd
import pytest
from seminr import (
    composite,
    constructs,
    estimate_pls,
    mode_B,
    paths,
    relationships,
    unit_weights,
)

from analysis.data import load
from analysis.importance import path_coefficients, path_estimates

# The satisfaction model of Fornell and others (1996) as Tenenhaus and others (2005) apply it.
ECSI_ITEMS = {
    "image": [f"imag{i}" for i in range(1, 6)],
    "expectation": [f"cuex{i}" for i in range(1, 4)],
    "quality": [f"perq{i}" for i in range(1, 8)],
    "value": ["perv1", "perv2"],
    "satisfaction": ["cusa1", "cusa2", "cusa3"],
    "complaints": ["cusco"],
    "loyalty": ["cusl1", "cusl2", "cusl3"],
}
ECSI_PATHS = {
    "expectation": ["image"],
    "quality": ["expectation"],
    "value": ["expectation", "quality"],
    "satisfaction": ["image", "expectation", "quality", "value"],
    "complaints": ["satisfaction"],
    "loyalty": ["image", "satisfaction", "complaints"],
}
REPUTATION_ITEMS = {
    "competence": ["comp_1", "comp_2", "comp_3"],
    "likeability": ["like_1", "like_2", "like_3"],
    "satisfaction": ["cusa"],
    "loyalty": ["cusl_1", "cusl_2", "cusl_3"],
}
REPUTATION_PATHS = {
    "satisfaction": ["competence", "likeability"],
    "loyalty": ["competence", "likeability", "satisfaction"],
}
# Hair, Hult, Ringle, Sarstedt, Danks and Ray (2021), Partial Least Squares Structural Equation
# Modeling (PLS-SEM) Using R, in the order above: the simple model, and the extended model in which
# quality, performance, responsibility and attractiveness precede the two judgements.
SIMPLE = [0.162, 0.424, 0.009, 0.342, 0.505]
EXTENDED = [0.146, 0.436, 0.006, 0.344, 0.505]
SOURCES = {"qual": 8, "perf": 5, "csor": 5, "attr": 3}
MODELS = {
    "mobile_ecsi": (ECSI_ITEMS, ECSI_PATHS),
    "mobile_reputation": (REPUTATION_ITEMS, REPUTATION_PATHS),
}


def partial_least_squares(rows, items, model, *weights):
    """Return seminr's path coefficients in the form of ours."""
    columns = [item for block in items.values() for item in block]
    fit = estimate_pls(
        (columns, rows[columns].to_numpy(float)),
        constructs(*(composite(name, block, *weights) for name, block in items.items())),
        relationships(*(paths(predictors, outcome) for outcome, predictors in model.items())),
    )
    pairs = [(outcome, name) for outcome, names in model.items() for name in names]
    values = [fit.path_coef.get(name, outcome) for outcome, name in pairs]
    return pd.Series(values, pd.MultiIndex.from_tuples(pairs, names=["outcome", "predictor"]))


@pytest.mark.parametrize("name", MODELS)
def test_equal_weights_are_seminr_with_unit_weights(name):
    items, model = MODELS[name]
    rows = load(name).dropna()
    ours = path_coefficients(rows.assign(n=1), items, model)
    pd.testing.assert_series_equal(
        ours, partial_least_squares(rows, items, model, unit_weights), rtol=1e-10
    )


@pytest.mark.parametrize("name", MODELS)
def test_estimated_weights_would_tell_the_same_story(name):
    """PLS weights may move a path a little: at most .10, and no path above .10 turns its sign."""
    items, model = MODELS[name]
    rows = load(name).dropna()
    ours = path_coefficients(rows.assign(n=1), items, model)
    theirs = partial_least_squares(rows, items, model)
    assert (ours - theirs).abs().max() < 0.10
    assert (ours - theirs).abs().mean() < 0.03
    assert (np.sign(ours) == np.sign(theirs))[theirs.abs() > 0.10].all()


def test_the_published_reputation_model_is_reached():
    """With the mean in place of the missing, as published; ours differs by the weights only."""
    rows = load("mobile_reputation")
    rows = rows.fillna(rows.mean(numeric_only=True))
    theirs = partial_least_squares(rows, REPUTATION_ITEMS, REPUTATION_PATHS)
    np.testing.assert_allclose(theirs, SIMPLE, atol=0.001)
    ours = path_coefficients(rows.assign(n=1), REPUTATION_ITEMS, REPUTATION_PATHS)
    np.testing.assert_allclose(ours, SIMPLE, atol=0.05)


def test_the_published_extended_model_is_reached_on_our_table():
    rows = load("mobile_reputation")
    rows = rows.fillna(rows.mean(numeric_only=True))
    formative = {name: [f"{name}_{i + 1}" for i in range(k)] for name, k in SOURCES.items()}
    columns = [c for block in (formative | REPUTATION_ITEMS).values() for c in block]
    first = {goal: list(formative) for goal in ("competence", "likeability")}
    model = first | REPUTATION_PATHS
    fit = estimate_pls(
        (columns, rows[columns].to_numpy(float)),
        constructs(
            *(composite(name, block, mode_B) for name, block in formative.items()),
            *(composite(name, block) for name, block in REPUTATION_ITEMS.items()),
        ),
        relationships(*(paths(predictors, outcome) for outcome, predictors in model.items())),
    )
    found = [fit.path_coef.get(name, goal) for goal, s in REPUTATION_PATHS.items() for name in s]
    np.testing.assert_allclose(found, EXTENDED, atol=0.001)


def test_a_path_is_least_squares_on_composites():
    """A composite written out: standardise, average, standardise; then numpy's lstsq."""
    rows = load("mobile_ecsi")
    scores = (rows - rows.mean()) / rows.std()
    frame = pd.DataFrame({k: scores[block].mean(axis=1) for k, block in ECSI_ITEMS.items()})
    frame = (frame - frame.mean()) / frame.std()
    ours = path_coefficients(rows.assign(n=1), ECSI_ITEMS, ECSI_PATHS)
    for outcome, names in ECSI_PATHS.items():
        slopes = np.linalg.lstsq(frame[names].to_numpy(), frame[outcome].to_numpy(), rcond=None)[0]
        np.testing.assert_allclose(ours[outcome][names], slopes)


def test_intervals_surround_their_paths_and_say_what_is_left_out():
    rows = load("mobile_reputation").assign(n=1)
    estimates = path_estimates(
        rows, REPUTATION_ITEMS, REPUTATION_PATHS, seed=1, kind="stated", source="x", draws=400
    )
    values = path_coefficients(rows, REPUTATION_ITEMS, REPUTATION_PATHS)
    assert [estimate.value for estimate in estimates] == pytest.approx(list(values))
    assert all(e.low < e.value < e.high for e in estimates)
    assert {e.n + e.missing for e in estimates} == {len(rows)}
    assert estimates[0].label == "competence → satisfaction"
