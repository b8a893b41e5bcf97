"""Reasons that the texts of Olist's reviews give: counts and codes, never a text.

The codebook ``reasons.csv`` has one regular expression a row, for Portuguese in small letters
without accents and punctuation. Rows with ``cut`` = 1 are looked for first, in the order of the
file, and what they find is cut out: "nao recebi resposta" is an answer that never came, no parcel.
``reasons_by_hand.csv`` has the codes given by reading the drawn texts, by number of the draw.
"""

import csv
import io
import re
import unicodedata
from pathlib import Path

import numpy as np
import olist
import pandas as pd
from common import BuildError, Field, Table

from analysis.customers import end_of_observation, first_orders, watch

CODEBOOK = Path(__file__).with_name("reasons.csv")
BY_HAND = Path(__file__).with_name("reasons_by_hand.csv")
COMPLAINTS = {
    "late": "came late, has not come, or was called off by the shop",
    "missing": "a part or an item of the order is missing",
    "wrong": "another thing than was ordered or shown, a counterfeit included",
    "quality": "defect, damage, poor quality, a product that disappoints",
    "service": "no answer, no help, refused exchange or refund, rude or dishonest conduct, "
    "parcel to be fetched",
    "price": "price or freight too high",
}
REASONS = {**COMPLAINTS, "praise": "praise of anything"}
SETS = (
    *COMPLAINTS,
    "late service",
    "late missing wrong",
    "late missing wrong service",
)
SHORT = {"n": "nao", "naum": "nao", "q": "que", "oque": "o que"}
TEXT = {"order_id": "order", "order_purchase_timestamp": "purchased", "review_score": "score"}
TEXT |= {"review_comment_message": "text"}
BAD = 2  # this score or lower
WINDOW = 365  # days after the first delivery in which a next order counts
FEWEST = 10  # orders of a pattern of reasons; rarer ones are made coarser
COARSER = ("praise", "price", "service", "quality", "wrong", "missing")
EXPECTED = {"texts": 39556, "texts with a bad score": 10206, "texts repeated": 210}
STRATA = {"bad": 200, "other": 100}  # texts drawn to be read
SEED = 20261127
ARRIVALS = ("on_time", "late", "never")
UNKNOWN = "empty if it was delivered on an unknown day."

FLAGS = tuple(
    Field(name, "integer", f"The text says, by the codebook: {text}. 1, 0.", 0, 1)
    for name, text in REASONS.items()
)
ARRIVAL = Field(
    "arrival",
    "string",
    f"Delivered by the promised day, after it, or never; {UNKNOWN}",
    enum=ARRIVALS,
    required=False,
)
LICENCE = {
    "sources": (olist.JOIN,),
    "references": olist.TABLES[0].references,
    "licence": olist.TABLES[0].licence,
    "licence_note": f"{olist.TABLES[0].licence_note} Counts are facts computed from it.",
    "builder": "reasons.py",
}
LIMITS = (
    "Words are matched by rules, not read: how often they are right is in olist_reasons_coded.",
    "Three of four bad scores have a text, one of three others: who writes differs from who "
    "does not.",
    "An order with two scores has the texts of the lower one. 210 texts repeat another of the "
    "same customer with the same score, so that one review may stand with several orders.",
    "No text, customer or order is in the table; a row may stand for one order.",
)

TABLES = (
    Table(
        name="olist_reasons",
        path="olist_reasons.csv",
        title="Olist: reasons in the texts of reviews, by score, arrival and return",
        description="Counts of the 96,516 orders of olist_orders: one row per combination that "
        "occurs. A text may give several reasons. Patterns of reasons in fewer than ten orders "
        "are made coarser: their flags are put out in the order praise, price, service, quality, "
        "wrong, missing until ten orders share the pattern.",
        kind="derived",
        fields=(
            Field(
                "written", "integer", "The review has a text with a letter or figure: 1, 0.", 0, 1
            ),
            *FLAGS,
            Field("score", "integer", "Review score, 1 (worst) to 5 (best).", 1, 5),
            ARRIVAL,
            Field(
                "again",
                "integer",
                "Ordered again within 365 days after the first order came (or was promised, if it "
                "never came): 1, 0. Empty if it is no first order or could not be watched so long.",
                0,
                1,
                required=False,
            ),
            Field("n", "integer", "Number of orders with this combination.", 1),
        ),
        limits=LIMITS,
        **LICENCE,
    ),
    Table(
        name="olist_reasons_weeks",
        path="olist_reasons_weeks.csv",
        title="Olist: reasons in the texts of bad reviews, by week of purchase",
        description="Counts of orders scored 1 or 2 by week, so that whole weeks can be drawn: "
        "for each set of reasons, how many texts name one of the set, name only others, or name "
        "none. The rows of each set sum to all bad reviews. Patterns are not made coarser here.",
        kind="derived",
        fields=(
            Field("week", "integer", "Week of purchase, counted from the first order.", 0),
            Field(
                "broken",
                "integer",
                f"Came after the promised day or never, by its dates: 1, 0; {UNKNOWN}",
                0,
                1,
                required=False,
            ),
            Field("reasons", "string", "The set of reasons, parted by spaces.", enum=SETS),
            Field("these", "integer", "Texts that name a reason of the set.", 0),
            Field("others", "integer", "Texts that name other complaints only.", 0),
            Field("none", "integer", "Texts without any complaint of the codebook.", 0),
            Field("silent", "integer", "Reviews without a text.", 0),
        ),
        limits=LIMITS,
        **LICENCE,
    ),
    Table(
        name="olist_reasons_coded",
        path="olist_reasons_coded.csv",
        title="Olist: 300 texts of reviews coded by reading them twice",
        description="One row per text, drawn at random: 200 of 10,206 with score 1 or 2, 100 of "
        "29,350 with a higher one. The codebook was finished before any was read. Machine: the "
        "codebook's flag. First and second: codes given by reading, without the score and the "
        "machine's flags, the second time in another order. The two are by one reader within an "
        "hour, who could remember the first codes: they show slips, not reliability.",
        kind="derived",
        fields=(
            Field("row", "integer", "Number in the draw; it tells nothing about the order.", 1),
            Field("stratum", "string", "bad: score 1 or 2; other: 3 to 5.", enum=tuple(STRATA)),
            ARRIVAL,
            *(
                Field(f"{name}_{coder}", "integer", f"{coder.capitalize()}: {text}. 1, 0.", 0, 1)
                for name, text in REASONS.items()
                for coder in ("machine", "first", "second")
            ),
        ),
        limits=(
            "The second codes are not blind to the first: take their agreement for no more than an "
            "upper bound. No agreement between two readers is known.",
            "Who read the texts had written the codebook.",
            "Strata are drawn at different rates: weight them by their sizes, or take one.",
            "An insult without a reason, or a demand for money back alone, has no reason.",
        ),
        **LICENCE,
    ),
)


def prepare(files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return the three tables; the texts end here."""
    orders = olist.prepare(files)["olist_orders"]
    texts = read_texts(files[olist.JOIN.path])
    if texts["score"].tolist() != orders["score"].tolist():
        raise BuildError("Olist: expected texts and orders in the same order, found other scores")
    marked = mark(orders, texts["text"])
    written = texts.assign(customer=orders["customer"])[marked["written"] == 1]
    found = {
        "texts": len(written),
        "texts with a bad score": int((written["score"] <= BAD).sum()),
        "texts repeated": int(written.duplicated(["customer", "score", "text"]).sum()),
    }
    if found != EXPECTED:
        raise BuildError(f"Olist: expected {EXPECTED}, found {found}")
    return {
        "olist_reasons": count(marked),
        "olist_reasons_weeks": count_weeks(marked),
        "olist_reasons_coded": join_codes(marked, BY_HAND),
    }


def read_texts(join: bytes) -> pd.DataFrame:
    """Return one row per order, by time of purchase: its lowest score and the texts with it."""
    rows = pd.read_csv(
        io.BytesIO(join), usecols=list(TEXT), dtype="str", keep_default_na=False
    ).rename(columns=TEXT)
    rows["score"] = rows["score"].astype("int64")
    lowest = rows["score"] == rows.groupby("order")["score"].transform("min")
    rows = rows[lowest].drop_duplicates().sort_values(["purchased", "order", "text"])
    orders = rows.groupby(["purchased", "order", "score"])["text"]
    return orders.agg(lambda texts: " / ".join(filter(None, texts))).reset_index()


def mark(orders: pd.DataFrame, texts: pd.Series) -> pd.DataFrame:
    """Return one row per order: flags, score, week, arrival and whether the customer came back."""
    day = orders["delivered"].dt.normalize()
    known = day.notna() | (orders["status"] != "delivered")
    arrival = pd.Series("on_time", index=orders.index).mask(day > orders["promised"], "late")
    seen = watch(first_orders(orders), orders, end=end_of_observation(orders), window=WINDOW)
    return flags_of(texts).assign(
        written=texts.str.contains(r"[^\W_]").astype("int64"),
        score=orders["score"],
        arrival=arrival.mask(day.isna(), "never").where(known),
        again=orders["order"].map(seen.set_index("order")["again"]),
        week=(orders["purchased"] - orders["purchased"].min()).dt.days // 7,
    )


def count(marked: pd.DataFrame) -> pd.DataFrame:
    """Return the counts by reasons, score, arrival and return."""
    names = list(REASONS)
    coarse = marked.copy()
    for name in COARSER:
        rare = coarse.groupby(names)["written"].transform("size") < FEWEST
        coarse.loc[rare, name] = 0
    by = [field.name for field in TABLES[0].fields[:-1]]
    return coarse.groupby(by, dropna=False).size().reset_index(name="n")


def count_weeks(marked: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of bad reviews by week and broken promise, for each set of reasons."""
    bad = marked[marked["score"] <= BAD]
    bad = bad.assign(
        broken=bad["arrival"].ne("on_time").astype(float).where(bad["arrival"].notna())
    )
    any_reason, parts = bad[list(COMPLAINTS)].any(axis=1), []
    for names in SETS:
        hit = bad[names.split()].any(axis=1)
        kinds = {
            "these": hit,
            "others": any_reason & ~hit,
            "none": (bad["written"] == 1) & ~any_reason,
            "silent": bad["written"] == 0,
        }
        flags = bad[["week", "broken"]].assign(reasons=names, **kinds)
        parts.append(flags.groupby(["week", "broken", "reasons"], dropna=False).sum())
    table = pd.concat(parts).reset_index()
    order = table["reasons"].map(SETS.index)
    return table.assign(order=order).sort_values(["order", "week", "broken"], ignore_index=True)[
        [field.name for field in TABLES[1].fields]
    ]


def draw(marked: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose texts were read, in the order in which they were drawn."""
    generator = np.random.default_rng(SEED)
    bad = marked["score"] <= BAD
    places = [
        generator.choice(marked.index[(marked["written"] == 1) & rows], STRATA[name], replace=False)
        for name, rows in (("bad", bad), ("other", ~bad))
    ]
    drawn = marked.loc[generator.permutation(np.concatenate(places))]
    return drawn.assign(stratum=np.where(bad[drawn.index], "bad", "other"))


def join_codes(marked: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the drawn rows with the codes of the machine and of both readings."""
    drawn = draw(marked).reset_index(drop=True)
    with path.open(encoding="utf-8", newline="") as file:
        codes = pd.DataFrame(list(csv.DictReader(file)))
    if codes["id"].tolist() != [str(number + 1) for number in drawn.index]:
        raise BuildError(f"{path.name}: expected codes of texts 1 to {len(drawn)}, each once")
    table = drawn[["stratum", "arrival"]].assign(row=drawn.index + 1)
    for coder in ("first", "second"):
        names = codes[coder].str.split()
        if odd := sorted({name for found in names for name in found} - set(REASONS)):
            raise BuildError(f"{path.name}: expected reasons among {list(REASONS)}, found {odd}")
        for name in REASONS:
            table[f"{name}_{coder}"] = [int(name in found) for found in names]
    table = table.assign(**{f"{name}_machine": drawn[name] for name in REASONS})
    return table[[field.name for field in TABLES[2].fields]]


# The codebook -----------------------------------------------------------------------------------


def flags_of(texts: pd.Series) -> pd.DataFrame:
    """Return a column of 0 and 1 per reason for each text."""
    codebook = read_codebook(CODEBOOK)
    found = [reasons_of(text, codebook) for text in texts]
    flags = {name: [int(name in reasons) for reasons in found] for name in REASONS}
    return pd.DataFrame(flags, index=texts.index)


def read_codebook(path: Path) -> list[tuple[str, bool, re.Pattern]]:
    """Return reason, whether the words are cut out, and pattern of each row."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(r["reason"], r["cut"] == "1", re.compile(rf"\b(?:{r['pattern']})\b")) for r in rows]


def reasons_of(text: str, codebook: list[tuple[str, bool, re.Pattern]]) -> set[str]:
    """Return the reasons that a text gives; none if no pattern is in it."""
    left, found = plain(text), set()
    for cut in (True, False):
        for reason, is_cut, pattern in codebook:
            if is_cut is cut and pattern.search(left):
                found.add(reason)
                left = pattern.sub("_", left) if cut else left
    return found - {"none"}


def plain(text: str) -> str:
    """Return text in small letters without accents, words parted by one space."""
    bare = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return " ".join(SHORT.get(word, word) for word in re.findall(r"[a-z0-9]+", bare))
