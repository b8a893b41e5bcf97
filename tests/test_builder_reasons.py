"""The builder of reasons: what its codebook finds in made sentences, and counts by hand."""

import re
import sys

import pandas as pd
import pytest

from analysis.data import DATA, describe, load

sys.path.insert(0, str(DATA / "builders"))
import olist
import reasons
from common import BuildError

CODEBOOK = reasons.read_codebook(reasons.CODEBOOK)


# The sentences are ours; none is of a review.
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NÃO recebi a geladeira até hoje!!", "late"),
        ("n recebi", "late"),
        ("A entrega atrasou dez dias", "late"),
        ("Entrega sem atraso", "praise"),
        ("Não houve demora", "praise"),
        ("Chegou bem antes do prazo combinado", "praise"),
        ("Não chegou no prazo", "late"),
        ("Escrevi e não recebi resposta", "service"),
        ("A bicicleta não chegou e a loja não responde", "late service"),
        ("Pedi três copos e só vieram dois", "missing"),
        ("Faltou a tampa da panela", "missing"),
        ("Falta de respeito com quem compra", "service"),
        ("Não chegou o restante da compra", "missing"),
        ("Mandaram a cor errada", "wrong"),
        ("O quadro é diferente da foto", "wrong"),
        ("Não é original, é falsificado", "wrong"),
        ("O rádio não funciona", "quality"),
        ("Tecido de péssima qualidade", "quality"),
        ("Sem defeito algum", "praise"),
        ("Frete muito caro", "price"),
        ("Ótimo rádio, recomendo", "praise"),
        ("Não recomendo", ""),
        ("Boa tarde", ""),
        ("Aguardo a troca", ""),
        ("", ""),
    ],
)
def test_the_codebook_finds_what_a_sentence_says(text, found):
    assert reasons.reasons_of(text, CODEBOOK) == set(found.split())


def test_accents_capitals_and_signs_do_not_matter():
    assert reasons.plain("  NÃO É o quê?\nAté ÀS 8h30...") == "nao e o que ate as 8h30"
    for text in ("não chegou", "NAO CHEGOU!!!", "Não,\n chegou"):
        assert reasons.reasons_of(text, CODEBOOK) == {"late"}


def test_every_row_of_the_codebook_is_used_as_it_stands():
    assert {reason for reason, _, _ in CODEBOOK} == {*reasons.REASONS, "none"}
    patterns = [pattern.pattern for _, _, pattern in CODEBOOK]
    assert len(set(patterns)) == len(patterns)
    for pattern in patterns:
        plain = re.sub(r"\\[a-z]", "", pattern)
        assert re.fullmatch(r"[a-z0-9_ |()\[\]?*+{},:!<=$\\]+", plain), f"never matched: {pattern}"


# Made orders ------------------------------------------------------------------------------------

DAYS = {
    "order_purchase_timestamp": "2018-01-01 10:00:00",
    "order_delivered_customer_date": "2018-01-05 12:00:00",
    "order_estimated_delivery_date": "2018-01-10 00:00:00",
}
ROW = dict.fromkeys([*olist.COLUMNS, *reasons.TEXT], "1") | DAYS
ROW |= {"order_status": "delivered", "review_score": "1", "review_comment_message": ""}
SOON = {
    "order_delivered_customer_date": "2018-01-25 12:00:00",
    "order_estimated_delivery_date": "2018-01-30 00:00:00",
}
LATE = {"order_delivered_customer_date": "2018-01-11 08:00:00"}


def order(name, customer, day, text="", **other):
    when = {"order_purchase_timestamp": f"2018-01-{day:02d} 10:00:00"}
    names = {"order_id": name, "customer_unique_id": customer, "review_comment_message": text}
    return ROW | names | when | other


ROWS = [
    order("b", "Ana", 1, "não chegou", **LATE),
    order("b", "Ana", 1, "não chegou", **LATE | {"order_item_id": "2"}),  # one order, two items
    order("a", "Bia", 1, "ótimo", review_score="5"),
    order("a", "Bia", 1, "veio quebrado", review_score="2"),  # the lower score and its text
    order("c", "Ana", 14, ".", order_delivered_customer_date="", order_status="shipped"),
    order("d", "Cai", 22, "veio errado", **SOON | {"order_delivered_customer_date": ""}),
    order("e", "Dea", 23, "ótimo", review_score="4", **SOON),
]


@pytest.fixture
def made(monkeypatch, tmp_path):
    expected = {"texts": 4, "texts with a bad score": 3, "texts repeated": 0}
    monkeypatch.setattr(reasons, "EXPECTED", expected)
    monkeypatch.setattr(reasons, "FEWEST", 1)
    monkeypatch.setattr(reasons, "WINDOW", 10)
    monkeypatch.setattr(reasons, "STRATA", {"bad": 3, "other": 1})
    path = tmp_path / "codes.csv"
    path.write_text("id,first,second\n1,late,\n2,,\n3,late wrong,wrong\n4,,praise\n")
    monkeypatch.setattr(reasons, "BY_HAND", path)
    return path


def build(rows=ROWS):
    join = pd.DataFrame(rows).to_csv(index=False).encode()
    return reasons.prepare({olist.JOIN.path: join})


def test_orders_are_counted_by_hand(made):
    table = build()["olist_reasons"]
    flags = table[list(reasons.REASONS)].apply(lambda row: " ".join(row.index[row == 1]), axis=1)
    rows = table[["written", "score", "arrival", "again", "n"]].assign(said=flags)
    rows = rows.astype("object").where(rows.notna(), None)
    assert sorted(rows.to_numpy().tolist(), key=str) == [
        [0, 1, "never", None, 1, ""],  # a full stop is no text, and c is no first order
        [1, 1, "late", 1, 1, "late"],  # Ana came back within ten days of the eleventh
        [1, 1, None, None, 1, "wrong"],  # delivered, it is not known when
        [1, 2, "on_time", 0, 1, "quality"],
        [1, 4, "on_time", None, 1, "praise"],  # ten days were not over
    ]


def test_rare_patterns_lose_the_flags_that_matter_least(made, monkeypatch):
    monkeypatch.setattr(reasons, "FEWEST", 2)
    rows = [
        *ROWS[:2],
        order("a", "Bia", 1, "não chegou, mas gostei da cor", review_score="2"),
        *ROWS[4:],
    ]
    table = build(rows)["olist_reasons"]
    assert table.loc[table["late"] == 1, "n"].sum() == 2
    assert not table.loc[table["late"] == 1, "praise"].any()
    assert table["n"].sum() == 5


def test_weeks_are_counted_by_hand(made):
    table = build()["olist_reasons_weeks"]
    late = table[table["reasons"] == "late"].drop(columns="reasons")
    late = late.astype("object").where(late.notna(), None)
    assert late.to_numpy().tolist() == [
        [0, 0, 0, 1, 0, 0],
        [0, 1, 1, 0, 0, 0],
        [1, 1, 0, 0, 0, 1],
        [3, None, 0, 1, 0, 0],
    ]
    both = table[table["reasons"] == "late missing wrong"]
    assert both[["these", "others", "none", "silent"]].sum().tolist() == [2, 1, 0, 1]


def test_codes_stand_beside_the_machine_without_text_or_order(made):
    table = build()["olist_reasons_coded"]
    assert table["row"].tolist() == [1, 2, 3, 4]
    assert sorted(table["stratum"]) == ["bad", "bad", "bad", "other"]
    assert table["late_first"].tolist() == [1, 0, 1, 0]
    assert table["wrong_second"].tolist() == [0, 0, 1, 0]
    other = table[table["stratum"] == "other"].iloc[0]
    assert (other["praise_machine"], other["late_machine"]) == (1, 0)
    assert table["late_machine"].sum() == table["quality_machine"].sum() == 1
    assert build()["olist_reasons_coded"].equals(table), "the draw is not the same again"


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ("id,first,second\n1,late,\n", "expected codes of texts 1 to 4, each once"),
        ("id,first,second\n1,late,\n2,,\n3,late wrong,wrong\n4,,prase\n", "found ['prase']"),
    ],
)
def test_codes_that_do_not_fit_are_refused(made, codes, message):
    made.write_text(codes)
    with pytest.raises(BuildError) as refusal:
        build()
    assert message in str(refusal.value)


def test_other_texts_than_the_pinned_are_refused(made):
    with pytest.raises(BuildError, match=r"expected {'texts': 4, .*found {'texts': 3"):
        build(ROWS[:-1])


# The files --------------------------------------------------------------------------------------


def test_the_committed_codes_are_those_of_the_readings():
    codes = pd.read_csv(reasons.BY_HAND, keep_default_na=False)
    table = load("olist_reasons_coded")
    for coder in ("first", "second"):
        for name in reasons.REASONS:
            said = codes[coder].str.split().map(lambda words, name=name: name in words)
            assert said.astype(int).tolist() == table[f"{name}_{coder}"].tolist()
    assert table["stratum"].value_counts().to_dict() == reasons.STRATA


def test_the_numbers_told_in_words_are_those_counted():
    counts = load("olist_reasons")
    texts = counts[counts["written"] == 1]
    bad = texts.loc[texts["score"] <= reasons.BAD, "n"].sum()
    assert (texts["n"].sum(), bad) == (39556, 10206)
    told = describe("olist_reasons_coded")["description"]
    assert f"200 of {bad:,} with score 1 or 2, 100 of {texts['n'].sum() - bad:,}" in told
    shares = [
        part.loc[part["written"] == 1, "n"].sum() / part["n"].sum()
        for _, part in counts.groupby(counts["score"] <= reasons.BAD)
    ]
    assert shares == [pytest.approx(1 / 3, abs=0.03), pytest.approx(3 / 4, abs=0.03)]


def test_no_table_holds_a_word_of_a_text():
    words = {"stratum", "arrival", "reasons"}
    for name in ("olist_reasons", "olist_reasons_weeks", "olist_reasons_coded"):
        for field in describe(name)["schema"]["fields"]:
            assert field["type"] == "integer" or field["name"] in words
