"""Regression on counts: linear, logistic and ordered, each with the errors of one row per customer.

``n`` enters as a frequency. Where the largest likelihood lies at infinity, because a predictor
separates the outcomes, there is no estimate, and the predictor is named.
"""

import ast
import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
from patsy import EvalEnvironment, ModelDesc, NAAction, PatsyError, dmatrix
from scipy.optimize import linprog
from scipy.special import expit, log_expit

from analysis.counts import complete, listed
from analysis.estimate import (
    Estimate,
    TooFewError,
    Z,
    centred,
    check_rank,
    make_estimate,
    varies,
)

__all__ = [
    "Regression",
    "explained",
    "ordered_regression",
    "regression",
    "standardised_slope",
]

FAMILIES = {"gaussian": "least squares", "binomial": "logistic regression"}
UNLIKELY = 1e-3  # where another answer is less likely than this, a predictor may separate
# Functions of a formula whose value for one customer does not hang on the others.
ROWWISE = {"I", "np.where", *(f"np.{k}" for k, v in vars(np).items() if isinstance(v, np.ufunc))}
FLAT = 1e-13  # least curvature of a likelihood, in units of its diagonal, that is no rounding
STEPS = 500  # of Newton's method; a likelihood with a maximum needs about ten


@dataclasses.dataclass(frozen=True)
class Regression:
    """Coefficients of a fit on counts, with their covariance.

    Attributes
    ----------
    params : Series
        Coefficients by term.
    covariance : DataFrame
        Their covariance, term by term.
    n, missing : int
        Customers used and left out.
    method : str
        What was fitted.
    """

    params: pd.Series
    covariance: pd.DataFrame
    n: int
    missing: int
    method: str

    def table(self, digits: int = 3) -> pd.DataFrame:
        """Return coefficient, standard error and interval per term, rounded."""
        error = np.sqrt(np.diag(self.covariance))
        return pd.DataFrame(
            {
                "coefficient": self.params,
                "se": error,
                "low": self.params - Z * error,
                "high": self.params + Z * error,
            }
        ).round(digits)

    def estimate(self, term: str, **about: str) -> Estimate:
        """Return the coefficient of ``term`` as an :class:`Estimate`."""
        if term not in self.params.index:
            raise KeyError(f"expected a term of {list(self.params.index)}, found {term!r}")
        value, reach = self.params[term], Z * np.sqrt(self.covariance.loc[term, term])
        ends, method = (value - reach, value + reach), f"{self.method}, term {term}"
        return make_estimate(value, ends, self.n, self.missing, method, about)


def regression(counts: pd.DataFrame, formula: str, *, family: str = "gaussian") -> Regression:
    """Return a least-squares or logistic regression on counts with robust standard errors.

    ``n`` enters as a frequency, so coefficients and HC1 errors are those of a fit on one row per
    customer. (statsmodels' own HC errors square the weight of a row instead.)

    Parameters
    ----------
    counts : DataFrame
        Counts with the columns that ``formula`` names.
    formula : str
        Model formula, for example ``"intention ~ satisfaction + C(industry)"``. Columns outside
        ``C(...)`` must be numbers; a name with spaces is written ``Q("a name")``.
    family : {"gaussian", "binomial"}
        Linear slopes, or log-odds of a 0/1 outcome. The outcome must be a column.

    Raises
    ------
    ColumnError
        If the formula names what is no column of the counts.
    ValueError
        If the formula cannot be read, uses a function that takes customers together, an outcome of
        the logistic model is not 0 or 1, or a predictor is text or not finite.
    TooFewError
        If there are no more customers than terms, the outcome or a predictor does not vary,
        predictors repeat one another or separate the outcomes, or nothing is left to explain.

    References
    ----------
    White (1980), Econometrica 48:817-838; MacKinnon and White (1985) for HC1; Albert and Anderson
    (1984), Biometrika 71:1-10, for separation.
    """
    if family not in list(FAMILIES):
        raise ValueError(f"expected a family of {list(FAMILIES)}, found {family!r}")
    outcome, right = _sides(formula)
    categories, values = _columns(outcome, right, counts)
    flags, measures = ([outcome], []) if family == "binomial" else ([], [outcome])
    kept, missing = complete(counts, categories, numbers=[*measures, *values], flags=flags)
    n, size, y = kept["n"].to_numpy(float), int(kept["n"].sum()), kept[outcome].to_numpy()
    if not varies(y):
        raise TooFewError(f"expected {outcome} to vary, found one value in {size} customers")
    if flat := [name for name in categories if kept[name].nunique() < 2]:
        raise TooFewError(f"expected categories that vary, found one value in {flat}")
    design, terms = _design(right, kept, categories)
    if size <= len(terms):
        raise TooFewError(f"expected more customers than the {len(terms)} terms, found {size}")
    scaled, back = _scaled(design, n, terms)
    check_rank(scaled, terms)
    if family == "gaussian":
        fitted, params, information = _least_squares(scaled, y, n, formula)
    else:
        away = scaled * np.where(y == 1, 1, -1)[:, None]  # along a slope, from the other answer
        free = ~np.array([varies(column) for column in design.T])
        params, information = climb(
            lambda trial: _logistic(trial, scaled, y, n),
            np.zeros(len(terms)),
            size,
            lambda: _check_separation(away, terms, free, outcome, _sure(kept, outcome, right)),
        )
        fitted = expit(scaled @ params)
    # Both links are canonical, so score and information of a customer are these two.
    pull = (scaled * (np.sqrt(n) * (y - fitted))[:, None]) @ inverse(information) @ back.T
    covariance = pull.T @ pull * size / (size - len(terms))
    return Regression(
        pd.Series(back @ params, terms),
        pd.DataFrame(covariance, terms, terms),
        size,
        missing,
        f"{FAMILIES[family]} {formula}, HC1 interval",
    )


def standardised_slope(
    counts: pd.DataFrame, outcome: str, predictor: str, held: Sequence[str] = (), **about: str
) -> Estimate:
    """Return by how many SD the outcome differs per SD of a predictor, with others held fixed.

    The slope of a least-squares fit on columns divided by their SD over the customers used; the
    interval is HC1 and takes the SDs as known. With nothing held fixed it is the correlation.

    Parameters
    ----------
    counts : DataFrame
        Counts with numeric columns.
    outcome, predictor : str
        What differs, and with what.
    held : sequence of str
        Numeric predictors held fixed.
    **about
        kind, source and label.

    Raises
    ------
    ValueError, TooFewError
        As :func:`regression`.

    Examples
    --------
    >>> counts = pd.DataFrame({"y": [1, 2, 3, 5], "x": [1, 2, 3, 4], "z": [1, 0, 0, 1], "n": 9})
    >>> standardised_slope(counts, "y", "x", ["z"], kind="stated", source="example").text()
    '0.98 [0.97, 1.00]'
    """
    names = [outcome, predictor, *listed(held)]
    kept, missing = complete(counts, [], numbers=names)
    if not (n := kept["n"].to_numpy(float)).any():
        raise TooFewError(f"expected customers who answered all of {names}, found none")
    values = centred(kept[names].to_numpy(), n, names)[0]
    check_rank(values[:, 1:], names[1:])
    values /= np.sqrt(np.average(values**2, axis=0, weights=n))
    plain = ["outcome", "predictor", *(f"held{i}" for i in range(len(names) - 2))]
    standard = pd.DataFrame(values, columns=plain).assign(n=kept["n"].to_numpy())
    fit = regression(standard, f"outcome ~ {' + '.join(plain[1:])}")
    fixed = f", {' and '.join(names[2:])} held fixed" if names[2:] else ""
    method = f"standardised slope of {outcome} on {predictor}{fixed}, HC1 interval"
    return dataclasses.replace(fit.estimate("predictor", **about), missing=missing, method=method)


def ordered_regression(counts: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> Regression:
    """Return a proportional-odds regression on counts, with errors from the information matrix.

    Newton's method on the analytic gradient and Hessian of the logarithm of the likelihood.

    Parameters
    ----------
    counts : DataFrame
        Counts with an ordered numeric ``outcome`` and numeric ``predictors``.
    outcome : str
        Ordered answer; only its order is used.
    predictors : sequence of str
        Names of the predictors; their coefficients are log-odds of a higher answer per unit.

    Raises
    ------
    ValueError
        If a column is not numeric or named twice, or no predictor is named.
    TooFewError
        If there are no more customers than terms, the outcome or a predictor does not vary, or
        predictors repeat one another or separate the answers.

    References
    ----------
    McCullagh (1980), Journal of the Royal Statistical Society B 42:109-142.
    """
    if not (predictors := listed(predictors)):
        raise ValueError(f"expected predictors of {outcome}, found none")
    kept, missing = complete(counts, [], numbers=[outcome, *predictors])
    kept = kept.groupby([outcome, *predictors], as_index=False)["n"].sum()
    answers, level = np.unique(kept[outcome].to_numpy(), return_inverse=True)
    if (cuts := len(answers) - 1) < 1:
        raise TooFewError(f"expected 2 or more answers in {outcome}, found {len(answers)}")
    n, size, slopes = kept["n"].to_numpy(float), int(kept["n"].sum()), len(predictors)
    if size <= slopes + cuts:
        raise TooFewError(f"expected more customers than the {slopes + cuts} terms, found {size}")
    scaled, _, scales = centred(kept[predictors].to_numpy(), n, predictors)
    check_rank(scaled, predictors)
    below = np.cumsum(np.bincount(level, weights=n))[:-1] / size
    above, under = level > 0, level < cuts
    at = np.eye(cuts)
    away = np.vstack(  # along slopes and thresholds, from the answers above and below
        [
            np.hstack([scaled[above], -at[level[above] - 1]]),
            np.hstack([-scaled[under], at[level[under]]]),
        ]
    )
    free = np.arange(slopes + cuts) >= slopes
    params, information = climb(
        lambda trial: _ordered(trial, scaled, level, n),
        np.r_[np.zeros(slopes), np.log(below / (1 - below))],
        size,
        lambda: _check_separation(away, predictors, free, outcome, []),
    )
    covariance = inverse(information)[:slopes, :slopes] / np.outer(scales, scales)
    return Regression(
        pd.Series(params[:slopes] / scales, predictors),
        pd.DataFrame(covariance, predictors, predictors),
        size,
        missing,
        f"ordered logit {outcome} ~ {' + '.join(predictors)}",
    )


def explained(counts: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> float:
    """Return R2, the share of the variance of ``outcome`` that a linear fit explains.

    Predictors may repeat one another or not vary: R2 is that of the others.

    Raises
    ------
    ValueError
        If a column is not numeric or named twice.
    TooFewError
        If the outcome does not vary.
    """
    names = [outcome, *listed(predictors)]
    kept, _ = complete(counts, [], numbers=names)
    if not varies(kept[outcome].to_numpy()):
        raise TooFewError(
            f"expected {outcome} to vary, found one value in {kept['n'].sum()} customers"
        )
    names = [name for name in names if varies(kept[name].to_numpy())]
    n = kept["n"].to_numpy(float)
    scaled = centred(kept[names].to_numpy(), n, names)[0] * np.sqrt(n)[:, None]
    y, x = scaled[:, 0], scaled[:, 1:]
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return float(1 - (rest @ rest) / (y @ y))


# Formulas ---------------------------------------------------------------------------------------


def _sides(formula: str) -> tuple[str, ModelDesc]:
    """Return the outcome of a formula and its right side."""
    if not (isinstance(formula, str) and "~" in formula):
        raise ValueError(f"expected a formula with ~, found {formula!r}")
    try:
        model = ModelDesc.from_formula(formula)
    except PatsyError as error:
        raise _unread(formula, error) from None
    left = formula.split("~")[0].strip()
    nodes = [_parsed(factor) for term in model.lhs_termlist for factor in term.factors]
    if not (len(nodes) == 1 and _is_column(nodes[0])):
        raise ValueError(f"expected a column before ~ in {formula}, found {left!r}")
    ((outcome, _),) = _named(nodes[0])
    return outcome, ModelDesc([], model.rhs_termlist)


def _columns(outcome: str, right: ModelDesc, counts: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the columns within C(...), and the others, which must be numbers."""
    factors = [factor for term in right.rhs_termlist for factor in term.factors]
    found = dict.fromkeys(pair for factor in factors for pair in _named(_parsed(factor)))
    names = dict.fromkeys([outcome, *(name for name, _ in found)])
    complete(counts, names)
    values = [name for name in names if (name, False) in found and name != outcome]
    for name in values:
        if any(isinstance(value, str) for value in counts[name].dropna().unique()):
            raise ValueError(
                f"expected numbers in {name}, found text: write C({name}) for a category"
            )
    return [name for name in names if name not in [outcome, *values]], values


def _parsed(factor) -> ast.expr:
    """Return the expression of a factor of a formula."""
    return ast.parse(factor.code, mode="eval").body


def _is_column(node: ast.expr) -> bool:
    """Return whether an expression is a column: a name, or a text in Q(...)."""
    is_quoted = isinstance(node, ast.Call) and ast.unparse(node.func) == "Q"
    return isinstance(node, ast.Name) or is_quoted


def _named(node: ast.AST, inside: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the columns that an expression names, and whether they stand alone within C(...)."""
    if isinstance(node, ast.Name):
        yield node.id, inside
    elif isinstance(node, ast.Call):
        function, args = ast.unparse(node.func), [*node.args, *(k.value for k in node.keywords)]
        if function == "Q":
            yield from ((ast.literal_eval(arg), inside) for arg in args)
        elif function == "C":  # what follows the column is its coding
            yield from _named(args[0], _is_column(args[0]))
        elif function in ROWWISE:
            yield from (pair for arg in args for pair in _named(arg))
        else:
            raise ValueError(
                "expected functions that take each customer alone, such as np.log, found "
                f"{function}"
            )
    else:
        yield from (pair for child in ast.iter_child_nodes(node) for pair in _named(child))


def _design(
    right: ModelDesc, kept: pd.DataFrame, categories: Sequence[str]
) -> tuple[np.ndarray, list[str]]:
    """Return the matrix of the right side of a formula and the names of its columns."""
    data = kept.copy()
    for name in categories:
        column = kept[name]
        is_ordered = isinstance(column.dtype, pd.CategoricalDtype)
        data[name] = column.cat.remove_unused_categories() if is_ordered else column.astype(object)
    formula = right.describe()
    try:
        with np.errstate(all="ignore"):
            matrix = dmatrix(right, data, EvalEnvironment([{"np": np}]), NAAction(NA_types=[]))
    except PatsyError as error:
        raise _unread(formula, error) from None
    design, terms = np.asarray(matrix), list(matrix.design_info.column_names)
    odd = [name for name, x in zip(terms, design.T, strict=True) if not np.isfinite(x).all()]
    if odd or not terms:
        raise ValueError(f"expected finite predictors in {formula}, found {odd or 'none'}")
    return design, terms


def _unread(formula: str, error: PatsyError) -> ValueError:
    """Return the error for a formula that patsy cannot read or evaluate."""
    return ValueError(f"expected a formula that can be read, found {formula!r}: {error.message}")


def _sure(kept: pd.DataFrame, outcome: str, right: ModelDesc) -> list[str]:
    """Return the categories of C(...) in which all have the same outcome."""
    found = []
    for term in right.rhs_termlist:
        names = [pair for factor in term.factors for pair in _named(_parsed(factor))]
        if len(term.factors) == 1 and names[0][1]:
            ends = kept.groupby(names[0][0], observed=True)[outcome].agg(["min", "max"])
            found += [f"{names[0][0]} = {x}" for x in ends.index[ends["min"] == ends["max"]]]
    return found


# Small parts ------------------------------------------------------------------------------------


def _scaled(
    design: np.ndarray, n: np.ndarray, terms: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the design about its means, within 1, and the matrix that takes slopes back."""
    flat = [i for i, column in enumerate(design.T) if not varies(column)]
    constant = [i for i in flat if design[0, i] != 0][:1]
    if idle := [terms[i] for i in flat if i not in constant]:
        raise TooFewError(f"expected predictors that vary, found one value in {idle}")
    means = np.average(design, axis=0, weights=n) * bool(constant)
    means[constant] = 0
    scales = np.abs(design - means).max(axis=0)
    back = np.diag(1 / scales)
    for i in constant:
        back[i] -= means / scales / design[0, i]
    return (design - means) / scales, back


def _least_squares(
    design: np.ndarray, y: np.ndarray, n: np.ndarray, formula: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return fitted values, coefficients and information of a linear fit that leaves an error."""
    root = np.sqrt(n)
    params = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]
    fitted, information = design @ params, design.T @ (design * n[:, None])
    spread = n @ (y - np.average(y, weights=n)) ** 2
    if not n @ (y - fitted) ** 2 > 1e-18 * spread:
        raise TooFewError(f"expected customers off the line of {formula}, found none: no error")
    pull = (design @ inverse(information) * design).sum(axis=1)
    if alone := int((pull > 1 - 1e-9).sum()):  # HC1 would take their error for none
        raise TooFewError(
            f"expected 2 or more customers behind each slope, found {alone} with one to themselves"
        )
    return fitted, params, information


def _check_separation(
    away: np.ndarray, terms: Sequence[str], free: np.ndarray, outcome: str, sure: list[str]
) -> None:
    """Refuse predictors that separate an outcome, naming a smallest set of them.

    Parameters
    ----------
    away : array of rows times parameters
        How far a step along each parameter takes each row from the other answers.
    terms : sequence of str
        Names of the first parameters.
    free : array of bool
        The constant or thresholds, which are not to blame.
    outcome : str
        What is separated.
    sure : list of str
        Categories that do it by themselves, if known.
    """
    if _direction(away) is None:
        return
    guilty = ~free
    for i in np.flatnonzero(guilty)[::-1]:  # interactions come last and go first
        guilty[i] = False
        guilty[i] = not guilty.any() or _direction(away[:, guilty | free]) is None
    found = sure or [terms[i] for i in np.flatnonzero(guilty)]
    raise TooFewError(
        f"expected no predictor to tell {outcome} apart without error, found {found}: no finite "
        "slope fits"
    )


def _direction(away: np.ndarray) -> np.ndarray | None:
    """Return a step that takes no row nearer to the other answers and some away, if there is one.

    Along it the likelihood grows for ever (Albert and Anderson 1984). A linear programme finds it
    on a few rows; those it forgot come in until there are none, or there is no step.
    """
    rows = np.unique(np.linspace(0, len(away) - 1, 200).astype(int))
    while True:
        step = linprog(
            -away.mean(axis=0),
            A_ub=-away[rows],
            b_ub=np.zeros(len(rows)),
            bounds=(-1, 1),
            options={"primal_feasibility_tolerance": 1e-10},
        ).x
        if np.abs(step).max() < 0.5:  # a step can be as long as the bounds, or there is none
            return None
        gains = away @ step
        forgotten = np.setdiff1d(np.argsort(gains)[:200][np.sort(gains)[:200] < -1e-9], rows)
        if len(forgotten) == 0:
            return step
        rows = np.union1d(rows, forgotten)


def climb(
    likelihood: Callable, params: np.ndarray, size: int, check: Callable
) -> tuple[np.ndarray, np.ndarray]:
    """Return the maximum of a likelihood by Newton's method, and the information there.

    ``check`` is called once another answer of a customer has become unlikely.
    """
    value, gradient, information, unlikely = likelihood(params)
    checked = False
    for _ in range(STEPS):
        if unlikely < UNLIKELY and not checked:
            check()
            checked = True
        ridge = np.diag(FLAT * np.diag(information) + 1e-250)
        step = np.linalg.solve(information + ridge, gradient)
        if gradient @ step < 1e-16 * size:
            return params + step, information
        # Where the likelihood is nearly straight, a step is no longer than all the way so far.
        step *= min(1.0, (10 + np.abs(params).max()) / np.abs(step).max())
        for half in range(60):  # the longest step that loses nothing
            found = likelihood(params + step / 2**half)
            if found[0] >= value - 1e-12 * abs(value):
                break
        params, (value, gradient, information, unlikely) = params + step / 2**half, found
    raise TooFewError(f"expected a maximum of the likelihood within {STEPS} steps, found none")


def inverse(information: np.ndarray) -> np.ndarray:
    """Return the covariance, unless the likelihood is too flat for float64 to tell it."""
    units = np.sqrt(np.diag(information))
    correlations = information / np.outer(units, units)
    if not np.linalg.eigvalsh(correlations)[0] > FLAT:
        raise TooFewError("expected customers who tell the slopes apart, found too few of a kind")
    return np.linalg.inv(correlations) / np.outer(units, units)


def _logistic(params: np.ndarray, design: np.ndarray, y: np.ndarray, n: np.ndarray) -> tuple:
    """Return the log-likelihood, its gradient, minus its Hessian, and the least likely answer."""
    sign = np.where(y == 1, 1, -1)
    odds = sign * (design @ params)
    other = expit(-odds)  # the chance of the answer not given
    gradient = design.T @ (n * sign * other)
    information = design.T @ (design * (n * other * expit(odds))[:, None])
    return n @ log_expit(odds), gradient, information, other.min()


def _ordered(params: np.ndarray, design: np.ndarray, level: np.ndarray, n: np.ndarray) -> tuple:
    """Return the log-likelihood, its gradient, minus its Hessian, and the least likely answer.

    McCullagh (1980), section 2.4: the answer lies between two thresholds on a logistic scale, u
    above and l below. Its chance F(u) - F(l) is F(u) F(-l) (1 - exp(l - u)), whose logarithm no
    distance makes overflow, and whose second derivatives have one sign.
    """
    slopes = design.shape[1]
    cuts = np.r_[-np.inf, params[slopes:], np.inf]
    middle = design @ params[:slopes]
    upper, lower, width = cuts[level + 1] - middle, cuts[level] - middle, np.diff(cuts)[level]
    if not (width > 0).all():
        return -np.inf, None, None, None
    eye = np.eye(len(cuts))[:, 1:-1]  # the infinite ends do not move
    to_upper, to_lower = np.hstack([-design, eye[level + 1]]), np.hstack([-design, eye[level]])
    with np.errstate(over="ignore"):
        narrow = 1 / np.expm1(width)
    value = n @ (log_expit(upper) + log_expit(-lower) + np.log(-np.expm1(-width)))
    gradient = (n * (expit(-upper) + narrow)) @ to_upper - (n * (expit(lower) + narrow)) @ to_lower
    information = sum(
        move.T @ (move * (n * weight)[:, None])
        for move, weight in (
            (to_upper, expit(upper) * expit(-upper)),
            (to_lower, expit(lower) * expit(-lower)),
            (to_upper - to_lower, narrow * (1 + narrow)),
        )
    )
    other = np.r_[expit(lower)[level > 0], expit(-upper)[level < level.max()]]
    return value, gradient, information, other.min()
