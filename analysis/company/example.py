"""The bundled example: the orders and reviews of Olist's customers as two files of a company.

They are real: the table ``olist_orders`` that Olist, a Brazilian marketplace, released itself, with
numbers for customers. The day of a review is not in it; the example takes the day on which the
order arrived, or was promised where it never did, since no customer can judge it sooner.
"""

from pathlib import Path

import pandas as pd

from analysis.company.files import write_whole
from analysis.data import load

__all__ = ["ABOUT", "CURRENCY", "SCALE", "SEGMENT", "make_example"]

ABOUT = (
    "Bundled example: reviews and orders of Olist, a Brazilian marketplace, 2016 to 2018, as it "
    "released them. The day of a review is not in that release: the day the order arrived stands "
    "for it, or the day it was promised for where it never did."
)
CURRENCY = "BRL"
SCALE = (1, 5)
SEGMENT = "goods"
KINDS = 6  # most frequent kinds of goods kept as segments; the rest are one


def make_example(folder: Path) -> tuple[Path, Path]:
    """Write ``olist_surveys.csv`` and ``olist_orders.csv`` to a folder and return their paths.

    Surveys: ``customer``, ``answered``, ``score`` (1 to 5) and ``goods``, the kind of what was
    bought. Orders: ``order``, ``customer``, ``ordered``, ``amount`` (with freight, in Brazilian
    real) and ``status``.
    """
    olist = load("olist_orders")
    arrived = olist["delivered"].fillna(pd.to_datetime(olist["promised"]))
    frequent = olist["category"].value_counts().index[:KINDS]
    goods = olist["category"].where(olist["category"].isin(frequent), "other")
    surveys = pd.DataFrame(
        {
            "customer": olist["customer"],
            "answered": arrived.dt.strftime("%Y-%m-%d"),
            "score": olist["score"],
            "goods": goods.str.replace("_", " "),
        }
    )
    orders = pd.DataFrame(
        {
            "order": olist["order"],
            "customer": olist["customer"],
            "ordered": olist["purchased"].dt.strftime("%Y-%m-%d"),
            "amount": (olist["payment_cents"] / 100).map("{:.2f}".format),
            "status": olist["status"],
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "olist_surveys.csv", folder / "olist_orders.csv"
    texts = [frame.to_csv(index=False, lineterminator="\n") for frame in (surveys, orders)]
    write_whole(dict(zip(paths, texts, strict=True)))
    return paths
