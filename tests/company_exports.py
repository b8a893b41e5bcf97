"""A messy pair of exports, made from Olist with a fixed seed, and the truth kept beside it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.customers import end_of_observation
from analysis.data import load

CUSTOMERS = 3000
LABELS = {1: "1 - very dissatisfied", 5: "5 – very satisfied"}
REGIONS = ("São Paulo", "Süd", "Île-de-France", "Nord")
KEPT = ("Delivered", "Shipped")
CANCELLED = ("Canceled", "Storniert", "cancelado")
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Exports:
    """Two files as a company would hand them over, and what is true of them."""

    surveys: Path
    orders: Path
    scale: tuple[int, int]
    segment: str
    end: date
    true_surveys: pd.DataFrame  # first answers: customer, starts, answered, score, segment
    true_orders: pd.DataFrame  # customer, ordered, cents
    account: dict[str, dict[str, int]]


def make_exports(folder: Path, *, seed: int = 9) -> Exports:
    """Write surveys.csv (cp1252) and orders.csv (UTF-8 with a mark) and return the truth."""
    rng = np.random.default_rng(seed)
    orders, answers = _clean(rng)
    end = end_of_observation(orders.rename(columns={"ordered": "purchased"}))
    answers = answers[answers["answered"] <= end].reset_index(drop=True)
    counts = {
        "surveys": _write_surveys(folder / "surveys.csv", answers, end, rng),
        "orders": _write_orders(folder / "orders.csv", orders, end, rng),
    }
    for account in counts.values():
        account["read"] = sum(account.values())
    return Exports(
        surveys=folder / "surveys.csv",
        orders=folder / "orders.csv",
        scale=(1, 5),
        segment="Região",
        end=end.date(),
        true_surveys=answers.assign(starts=answers["answered"] + DAY),
        true_orders=orders,
        account=counts,
    )


def _clean(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the orders of some customers, half of whom came again, and their first answers."""
    book = load("olist_orders")
    book = book[(book["purchased"] >= "2017-02-01") & (book["purchased"] < "2018-08-20")]
    times = book["customer"].value_counts().sort_index()
    back, once = times.index[times > 1].to_numpy(), times.index[times == 1].to_numpy()
    half = CUSTOMERS // 2
    chosen = np.r_[rng.choice(back, half, replace=False), rng.choice(once, half, replace=False)]
    book = book[book["customer"].isin(chosen)]
    names = "K" + book["customer"].astype("str").str.zfill(6)
    orders = pd.DataFrame(
        {
            "customer": names,
            "ordered": book["purchased"].dt.normalize().astype("datetime64[s]"),
            "cents": book["payment_cents"].astype("int64"),
        }
    ).reset_index(drop=True)
    scored = book.assign(customer=names).dropna(subset=["score", "delivered"])
    first = scored.sort_values(["delivered", "order"]).drop_duplicates("customer")
    answers = pd.DataFrame(
        {
            "customer": first["customer"],
            "answered": first["delivered"].dt.normalize().astype("datetime64[s]"),
            "score": first["score"].astype("int64"),
            "segment": rng.choice(REGIONS, len(first)),
        }
    )
    return orders, answers.reset_index(drop=True)


def _write_surveys(
    path: Path, answers: pd.DataFrame, end: pd.Timestamp, rng: np.random.Generator
) -> dict[str, int]:
    rows = [
        _answer(row.customer, row.answered, row.score, row.segment, rng)
        for row in answers.itertuples()
    ]
    account = {"used": len(rows)}

    def some(reason: str, many: int, made: pd.DataFrame | None = None) -> pd.DataFrame:
        account[reason] = many
        source = answers if made is None else made
        return source.loc[rng.choice(source.index, many, replace=False)]

    for row in some("no_customer", 40).itertuples():
        key = rng.choice(["", "N/A", "Guest"])
        rows.append(_answer(key, row.answered, row.score, row.segment, rng))
    for row in some("no_answer", 80).itertuples():
        said = rng.choice(["", "N/A", "Don't know", "99"])
        rows.append([row.customer, _day(row.answered), said, row.segment])
    for row in some("out_of_range", 12).itertuples():
        rows.append([row.customer, _day(row.answered), rng.choice(["0", "7"]), row.segment])
    for row in some("unknown_date", 30).itertuples():
        rows.append([row.customer, rng.choice(["", "-"]), str(row.score), row.segment])
    early = answers[answers["answered"] < end - 60 * DAY]
    for row in some("second_answers", 150, early).itertuples():
        day = row.answered + int(rng.integers(1, 60)) * DAY
        rows.append(_answer(row.customer, day, 6 - row.score, row.segment, rng))
    for row in some("after_end", 25).itertuples():
        day = end + int(rng.integers(1, 30)) * DAY
        rows.append(_answer(row.customer, day, row.score, row.segment, rng))
    rows, account["repeated"] = _repeat(rows, 60, rng)
    _write(path, ["Cliente", "Data da resposta", "Nota", "Região"], rows, "cp1252", rng)
    return account


def _answer(
    customer: str, day: pd.Timestamp, score: int, segment: str, rng: np.random.Generator
) -> list[str]:
    text = rng.choice([str(score), f" {score} ", f"{score},0", LABELS.get(score, str(score))])
    return [customer, _day(day), text, segment]


def _write_orders(
    path: Path, orders: pd.DataFrame, end: pd.Timestamp, rng: np.random.Generator
) -> dict[str, int]:
    late = orders["ordered"] > end
    account = {"used": int((~late).sum()), "after_end": int(late.sum())}
    rows: list[list[str]] = []

    def add(row: tuple, **cells: str) -> None:
        made = {
            "customer": row.customer,
            "day": _day(row.ordered),
            "money": _money(row.cents),
            "status": rng.choice(KEPT),
        } | cells
        rows.append([f"B{len(rows):06d}", *made.values()])

    for row in orders.itertuples():
        add(row)
    twice = [[*row[:-1], "Invoiced"] for row in rows[:40]]  # the same order, later in its life
    for reason, many in (("refunded", 70), ("cancelled", 60), ("no_customer", 50)):
        account[reason] = many
        for row in orders.loc[rng.choice(orders.index, many, replace=False)].itertuples():
            if reason == "no_customer":
                add(row, customer=rng.choice(["", "guest", "NULL"]))
            elif reason == "cancelled":
                add(row, status=rng.choice(CANCELLED))
            elif row.cents % 2:
                add(row, status=rng.choice(["Refunded", "devolvido"]))
            else:
                add(row, money=_money(-max(row.cents, 1)))
    for reason, cell in (("no_amount", "money"), ("unknown_date", "day")):
        account[reason] = 20
        for row in orders.loc[rng.choice(orders.index, 20, replace=False)].itertuples():
            add(row, **{cell: rng.choice(["", "N/A"])})
    for row in orders.iloc[:3].itertuples():
        add(row._replace(ordered=end + 45 * DAY))
    account["after_end"] += 3
    rows, account["repeated"] = _repeat(rows, 90, rng)
    account["repeated"] += len(twice)
    names = ["Pedido", "Cliente", "Data do pedido", "Valor total", "Status"]
    _write(path, names, rows + twice, "utf-8-sig", rng)
    return account


def _repeat(
    rows: list[list[str]], many: int, rng: np.random.Generator
) -> tuple[list[list[str]], int]:
    return rows + [rows[place] for place in rng.choice(len(rows), many, replace=False)], many


def _day(day: pd.Timestamp) -> str:
    return f"{day:%d/%m/%Y}"


def _money(cents: int) -> str:
    whole = f"{abs(cents) // 100:,}".replace(",", ".")
    return f"{'-' if cents < 0 else ''}{whole},{abs(cents) % 100:02d}"


def _write(
    path: Path, names: list[str], rows: list[list[str]], encoding: str, rng: np.random.Generator
) -> None:
    lines = [names, *(rows[place] for place in rng.permutation(len(rows)))]
    text = "".join(";".join(line) + "\r\n" for line in lines)
    path.write_bytes(text.encode(encoding))
