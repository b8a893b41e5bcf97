"""Numbers and what they say, in words: chosen from intervals by the rules that stand here."""

from collections.abc import Callable

from analysis.company.results import Result

__all__ = ["direction", "interval", "plain", "say_money", "told", "why", "write_answer"]

MINUS = "\N{MINUS SIGN}"
COIN = 0.5  # the share of pairs that a coin puts in the right order
FAINT = 0.55  # up to here a score tells little more than a coin


def plain(x: float, digits: int = 0, *, sign: bool = False) -> str:
    """Return a number with thousands apart, a true minus and no minus zero.

    Examples
    --------
    >>> plain(1234.5, 1), plain(-0.04, 1), plain(0.26, 1, sign=True)
    ('1,234.5', '0.0', '+0.3')
    """
    rounded = round(x, digits) + 0.0
    return f"{rounded:{'+' if sign and rounded else ''},.{digits}f}".replace("-", MINUS)


def say_money(cents: float, currency: str = "", *, sign: bool = False) -> str:
    r"""Return cents as money, with its sign before it where there is one.

    Examples
    --------
    >>> say_money(1250, "EUR"), say_money(-20)
    ('EUR\xa012.50', '−0.20')
    """
    units = cents / 100
    text = plain(units, 0 if abs(units) >= 1000 else 2, sign=sign)
    return f"{currency}\N{NO-BREAK SPACE}{text}" if currency else text


# How a number of a unit is written, and what stands after it.
FORMS: dict[str, tuple[Callable[[float, str], str], str]] = {
    "share": (lambda x, _: f"{plain(100 * x, 1)}%", ""),
    "share per point": (lambda x, _: plain(100 * x, 2, sign=True), " percentage points"),
    "share difference": (lambda x, _: plain(100 * x, 1, sign=True), " percentage points"),
    "cents": (say_money, ""),
    "cents per point": (lambda x, sign: say_money(x, sign, sign=True), ""),
    "cents difference": (lambda x, sign: say_money(x, sign, sign=True), ""),
    "answers": (lambda x, _: plain(x), ""),
    "NPS points": (lambda x, _: plain(x), ""),
    "": (lambda x, _: plain(x, 2), ""),
}


def interval(result: Result | None, currency: str = "") -> str:
    """Return a result with its interval, or why there is none."""
    if not told(result):
        return why(result)
    form, after = FORMS.get(result.unit, FORMS[""])
    low, high = (form(end, "") for end in (result.low, result.high))
    return f"{form(result.value, currency)} [{low}, {high}]{after}"


def direction(result: Result) -> str:
    """Return ``more``, ``less`` or, where the interval holds zero, ``unclear``."""
    if result.low > 0:
        return "more"
    return "less" if result.high < 0 else "unclear"


def write_answer(study, window: int) -> list[str]:
    """Return the answer in plain sentences: what one point goes with, and how far it is known.

    What cannot be told is said to be missing, with the reason.
    """
    low, high = study.scale
    people = "customers" if study.answer != "all" else "answers"
    said = []
    share = study.find("return_share", window_days=window)
    if told(share):
        said.append(
            f"Of {share.n:,} {people} watched for {window} days after the answer, "
            f"{interval(share)} ordered again."
        )
    else:
        said.append(f"Who ordered again within {window} days is not told: {why(share)}.")
    said.append(_point_sentence(study.find("point_return", window_days=window), window, low, high))
    said.append(_money_sentence(study, study.find("point_money", window_days=window), window))
    held = study.find("held_point_return", window_days=window)
    if told(held):
        said.append(
            "Among customers alike in earlier orders, time since the first order and segment, one "
            f"point more goes with {_percent_words(held)}."
        )
    auc = study.find("return_auc", window_days=window)
    if told(auc):
        little = (
            "little more than a coin, which does so in 50"
            if auc.high <= FAINT
            else ("a coin does so in 50")
        )
        pairs, least, most = (plain(100 * getattr(auc, end)) for end in ("value", "low", "high"))
        said.append(
            f"Of two customers, one who came back and one who did not, the score is higher for the "
            f"right one in {pairs} of 100 pairs [{least}, {most}]: {little}."
        )
    return said


def told(result: Result | None) -> bool:
    """Return whether there is a number to tell, with its interval."""
    return result is not None and None not in (result.value, result.low, result.high)


def why(result: Result | None) -> str:
    """Return why there is no number."""
    return (result.note if result is not None else "") or "not computed"


def _percent_words(result: Result) -> str:
    """Return a change of a share in customers of a hundred, and which way if that is known."""
    value, low, high = (100 * getattr(result, end) for end in ("value", "low", "high"))
    if direction(result) == "unclear":
        return (
            f"no clear change in who orders again: {plain(value, 2, sign=True)} customers in a "
            f"hundred, and anything from {plain(low, 2, sign=True)} to {plain(high, 2, sign=True)} "
            "fits these data"
        )
    word = direction(result) if value > 0 else "fewer"
    near, far = sorted((abs(low), abs(high)))
    return (
        f"{plain(abs(value), 2)} [{plain(near, 2)}, {plain(far, 2)}] {word} customers in a hundred "
        "who order again"
    )


def _beside(result: Result) -> str:
    """Return what must be said beside a number, as a sentence."""
    return f" {result.note[:1].upper()}{result.note[1:]}." if result.note else ""


def _point_sentence(result: Result | None, window: int, low: int, high: int) -> str:
    if not told(result):
        return f"What one point more goes with in return is not told: {why(result)}."
    return (
        f"One point more on the scale from {low} to {high} goes with {_percent_words(result)} "
        f"within {window} days.{_beside(result)}"
    )


def _money_sentence(study, result: Result | None, window: int) -> str:
    if not told(result):
        return f"What one point more goes with in money is not told: {why(result)}."
    value, low, high = (getattr(result, end) for end in ("value", "low", "high"))
    spent = study.find("money_per_customer", window_days=window)
    mean = f", where customers spent {interval(spent, study.currency)} each" if told(spent) else ""
    if direction(result) == "unclear":
        ends = [say_money(x, study.currency, sign=True) for x in (value, low, high)]
        return (
            f"In money one point more goes with no clear change: {ends[0]} per customer within "
            f"{window} days, and anything from {ends[1]} to {ends[2]} fits these data{mean}."
        )
    near, far = sorted((abs(low), abs(high)))
    return (
        f"In money one point more goes with {say_money(abs(value), study.currency)} "
        f"[{say_money(near)}, {say_money(far)}] {direction(result)} per customer within "
        f"{window} days{mean}."
    )
