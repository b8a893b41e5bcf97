"""What columns and answers mean: guesses that are printed, or refused with what settles them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis.company.options import ROLES, Options, Problem, map_roles, shown
from analysis.company.source import Source

__all__ = ["NOTHING", "NO_ANSWER", "find_fates", "find_roles", "find_scores", "name_parts", "plain"]

# Cells that say that there is none; compared after plain().
NOTHING = (
    "", "-", "--", ".", "?", "na", "n/a", "#n/a", "nan", "nat", "null", "none", "nil", "<na>",
    "missing", "unknown", "unbekannt", "desconhecido", "desconocido",
)  # fmt: skip
GUESTS = (
    "guest", "anonymous", "anonym", "gast", "gastkunde", "gastbestellung", "convidado", "visitante",
    "invitado", "anonimo",
)  # fmt: skip
NO_ANSWER = (
    *NOTHING, "don't know", "dont know", "do not know", "dk", "not applicable", "no answer",
    "refused", "prefer not to say", "prefer not to answer", "skipped", "weiss nicht", "weiß nicht",
    "keine angabe", "keine antwort", "k.a.", "k. a.", "nao sei", "nao sabe", "nao se aplica",
    "sem resposta", "prefiro nao responder", "no se", "no sabe", "ns/nc", "no aplica",
    "sin respuesta", "no contesta",
)  # fmt: skip
CODES = (97, 98, 99, 997, 998, 999, -1, -8, -9, -97, -98, -99)  # no answer, where not on the scale

KEY = "id no nr num number nummer numero key code codigo cod ref unique"
LINK = "at of on the in per de da do del der des la el le our your"
WHEN = (
    "date datum data fecha timestamp datetime time day tag dia datetime zeit zeitpunkt dt created "
    "creation criado creado erstellt"
)
# Role to the words that make a column one, and words that may stand beside them; each part of a
# name must be among both. The words of a later line count only where no column has one before.
WORDS: dict[str, dict[str, tuple[tuple[str, ...], str]]] = {
    "surveys": {
        "customer": (
            (
                "customer customerid customernumber client clientid kunde kunden kundenid kundennr "
                "kundennummer cliente clientes idcliente clienteid",
                "user userid buyer member account respondent comprador usuario nutzer kaufer email "
                "mail contact",
            ),
            KEY,
        ),
        "date": (
            (
                "answered responded submitted completed beantwortet respondido respondida "
                "answerdate surveydate responsedate antwortdatum umfragedatum befragungsdatum",
                WHEN,
            ),
            f"{WHEN} survey response review answer umfrage befragung antwort pesquisa resposta "
            f"avaliacao encuesta respuesta evaluacion nps {LINK}",
        ),
        "score": (
            (
                "score rating satisfaction nps csat stars recommend recommendation bewertung "
                "zufriedenheit empfehlung weiterempfehlung nota satisfacao recomendacao "
                "recomendaria satisfaccion recomendacion puntuacion puntaje calificacion",
                "answer antwort resposta respuesta",
            ),
            f"review overall total general gesamt geral survey answer likelihood to would you us "
            f"customer kunden cliente value question q1 {LINK}",
        ),
    },
    "orders": {
        "date": (
            (
                "ordered purchased bought orderdate purchasedate bestelldatum kaufdatum "
                "bestellzeitpunkt auftragsdatum",
                WHEN,
            ),
            f"{WHEN} order purchase sale invoice bestellung kauf auftrag rechnung pedido compra "
            f"venda venta orden factura {LINK}",
        ),
        "amount": (
            (
                "amount betrag bestellbetrag gesamtbetrag umsatz bestellwert valor importe monto "
                "revenue payment paid spend spent",
                "total value sum summe price preis preco precio sales cents centavos",
            ),
            f"order total value sum payment gross net brutto netto price cents cent centavos "
            f"centimos eur euro usd brl gbp pedido compra bestellung pago pagamento {LINK}",
        ),
        "order": (
            (
                "orderid ordernumber order bestellnr bestellnummer bestellung auftrag "
                "auftragsnummer pedido orden idpedido",
                "invoice rechnung rechnungsnummer fatura factura transaction",
            ),
            f"{KEY} {LINK}",
        ),
        "status": (
            ("status orderstatus bestellstatus auftragsstatus situacao zustand",),
            f"order bestellung auftrag pedido compra orden payment {LINK}",
        ),
    },
}
WORDS["orders"]["customer"] = WORDS["surveys"]["customer"]
RECOMMEND = re.compile(r"recommend|\bnps\b|empfehl|recomend")

CANCELLED = (
    "cancelled canceled cancelado cancelada storniert storno annulliert abgebrochen abgelehnt "
    "anulado anulada void voided rejected declined failed rejeitado recusado rechazado fallido"
)
REFUNDED = (
    "refunded refund returned return erstattet ruckerstattet retourniert retoure zuruckgesendet "
    "zuruckgegeben reembolsado reembolsada devolvido devolvida devuelto devuelta estornado "
    "chargeback chargedback"
)
PART = (
    "not nicht nao no nunca never partial partially parcial parcialmente teil teilweise requested "
    "pending"
)
MANY = 50  # kinds of status above which a column is none
TEXTS = 2000  # different answers above which a column is no score
GOOD = (
    "satisf|satisfech|satisfeit|zufrieden|likely|wahrscheinlich|probable|provavel|good|great|gut|"
    "excel|agree|bom|boa|otim|bueno|buena|muy bien|best|happy|promot|feliz|love"
)
BAD = (
    "dissatisf|unsatisf|insatisf|unzufrieden|unlikely|unwahrscheinlich|improvavel|improbable|bad|"
    "poor|terrible|awful|worst|disagree|schlecht|mangelhaft|ungenugend|ruim|pessim|mal[oa]?\\b|"
    "not\\b|nicht\\b|nada\\b|nao\\b|never|unhappy|detract|hate"
)
UNITS = re.compile(r"(stars?|sterne?|estrelas?|estrellas?|points?|punkte?|pontos?|puntos?)")
SCORE = re.compile(r"([+-]?\d{1,4})(?:[.,]0+)?(?:(?:\s*[-–—:=.)]\s*|\s+)\(?([^\W\d].*?)\)?)?")
EVIDENT = ((0, 10), (1, 5), (1, 7), (0, 100))


def plain(text: str) -> str:
    """Return a text in small letters, without accents and blanks around it."""
    text = unicodedata.normalize("NFKD", text.replace("’", "'"))
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    return " ".join(text.lower().split())


def find_roles(
    source: Source, options: Options, file: str, beside: Iterable[str] = ()
) -> tuple[dict[str, str], list[Problem]]:
    """Return role to column of one file, and what is wrong with that.

    A column that the analyst named is taken; of the others the one with the best words, if there
    is one and only one. ``beside`` are the columns of the other file: a role that both files have,
    named for both, may be there only.
    """
    named, wrong = map_roles(options, file), []
    columns = ", ".join(source.columns)
    for role, column in list(named.items()):
        if column not in source.columns:
            del named[role]
            if f"{file}.{role}" in options.columns or column not in beside:
                wrong.append(
                    Problem(source.file, f"a column {column} for {role}", ((None, columns),))
                )
                named[role] = ""  # told, so not guessed
    wrong += [
        Problem(source.file, f"a column {item} for --items", ((None, columns),))
        for item in (options.items if file == "surveys" else ())
        if item not in source.columns
    ]
    needed, may = ROLES[file]
    for role in (role for role in (*needed, *may) if role in WORDS[file] and role not in named):
        best = _best(role, file, [name for name in source.columns if name not in named.values()])
        if len(best) == 1:
            named[role] = best[0]
        elif best or role in needed:
            rule = f"one column that is the {role}; name it with --map {file}.{role}=COLUMN"
            said = f"several: {', '.join(best)}" if best else f"none among {columns}"
            wrong.append(Problem(source.file, rule, ((None, said),)))
    return {role: column for role, column in named.items() if column}, wrong


def name_parts(name: str) -> list[str]:
    """Return the words of the name of a column, in small letters and without accents."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[a-z0-9]+", plain(apart).replace("ß", "ss"))


def _best(role: str, file: str, names: Iterable[str]) -> list[str]:
    """Return the columns whose names fit a role best; several are as good as each other."""
    ranks, beside = WORDS[file][role]
    known = {word for rank in ranks for word in rank.split()} | set(beside.split())
    parts = {name: set(name_parts(name)) for name in names}
    for rank in ranks:
        core = set(rank.split())
        if best := [name for name, words in parts.items() if words & core and words <= known]:
            return best
    if role == "score":  # a question written out
        return [name for name in names if RECOMMEND.search(plain(name)) or "satisf" in plain(name)]
    return []


@dataclass(frozen=True)
class Scores:
    """What the texts of a score column mean.

    Attributes
    ----------
    known : dict
        Text to score; texts that are no answer or off the scale are in ``no_answer``, ``outside``.
    scale : tuple of int
        Lowest and highest score.
    nps : bool
        Whether it is a recommend question of 0 to 10.
    assumed : list of str
        What was taken for granted.
    """

    known: dict[str, int]
    no_answer: list[str]
    outside: list[str]
    scale: tuple[int, int]
    nps: bool
    assumed: list[str]


def find_scores(
    counts: Mapping[str, tuple[int, int]], options: Options, file: str, column: str
) -> tuple[Scores | None, list[Problem]]:
    """Return what each text of the score column means, from how often and where it stands.

    Parameters
    ----------
    counts : mapping
        Text to its number of rows and the first of them.
    options : Options
        The scale, its direction and what is no answer, as far as told.
    file, column : str
        For messages.
    """
    if len(counts) > TEXTS:
        found = f"{len(counts)} different ones such as {shown(next(iter(counts)))}"
        rule = "a column of scores with few different answers; name it with --map surveys.score="
        return None, [Problem(file, rule + "COLUMN", ((None, found),), column)]
    words = {plain(word) for word in (*NO_ANSWER, *options.no_answer)}
    matches = {text: SCORE.fullmatch(text.strip()) for text in counts}
    none = {
        text for text, match in matches.items()
        if plain(text) in words or (match and match[2] and plain(match[2]) in words)
    }  # fmt: skip
    strange = [text for text, match in matches.items() if match is None and text not in none]
    wrong = []
    if strange:
        wrong.append(
            Problem(
                file,
                "a whole number or one with a label such as '5 - very satisfied'; what is no "
                "answer is named with --no-answer",
                tuple(sorted((counts[text][1], shown(text)) for text in strange)),
                column,
                sum(counts[text][0] for text in strange),
            )
        )
    numbers = {text: int(m[1]) for text, m in matches.items() if m and text not in none}
    rows: dict[int, int] = {}
    for text, number in numbers.items():
        rows[number] = rows.get(number, 0) + counts[text][0]
    scale, settle = _scale(rows, options)
    labels = {
        (numbers[text], plain(match[2]))
        for text, match in matches.items()
        if text in numbers and match and match[2] and not UNITS.fullmatch(plain(match[2]))
    }
    wrong += [Problem(file, settle[0], ((None, settle[1]),), column)] if settle else []
    wrong += _direction(labels, options, file, column)
    if wrong or scale is None:
        return None, wrong
    low, high = scale
    codes = set(CODES) - set(range(low, high + 1))
    coded = [text for text, number in numbers.items() if number in codes]
    outside = [t for t, number in numbers.items() if not low <= number <= high and t not in coded]
    turn = (low + high) if options.reversed else 0
    values = {t: turn - n if turn else n for t, n in numbers.items() if low <= n <= high}
    off = sum(counts[text][0] for text in outside)
    if values and off * 20 > sum(counts[text][0] for text in values):
        first = tuple(sorted((counts[text][1], shown(text)) for text in outside))
        rule = f"scores from {low} to {high}, at most one in twenty outside; see --scale"
        return None, [Problem(file, rule, first, column, off)]
    recommend = options.question == "recommend" or (
        options.question is None and bool(RECOMMEND.search(" ".join(name_parts(column))))
    )
    best = "lowest" if options.reversed else "highest"
    assumed = [
        f"{file}, column {column}: scores from {low} to {high}"
        f"{'' if options.scale else ', because both ends and no other scores are seen'}; "
        f"the {best} is the best",
    ]
    assumed += [
        f"{file}, column {column}: {shown(text)} is no answer ({counts[text][0]} rows)"
        for text in [*none, *coded]
        if text
    ]
    return (
        Scores(values, [*none, *coded], outside, scale, recommend and scale == (0, 10), assumed),
        [],
    )


def _scale(
    rows: Mapping[int, int], options: Options
) -> tuple[tuple[int, int] | None, tuple[str, str] | None]:
    """Return the scale, told or evident, or what would settle it and what was found."""
    if options.scale:
        return options.scale, None
    for coded in (False, True):
        seen = {number for number in rows if not (coded and number in CODES)}
        for low, high in EVIDENT:
            every = set(range(low, high + 1)) <= seen if high <= 7 else {low, high} <= seen
            if every and min(seen) == low and max(seen) == high:
                return (low, high), None
    seen = {number for number in rows if number not in CODES}
    if not seen:
        return None, ("scores", "none")
    rule = "the scale of the question: tell it with --scale LOW-HIGH"
    return None, (rule, f"scores from {min(seen)} to {max(seen)}, which several scales have")


def _direction(
    labels: set[tuple[int, str]], options: Options, file: str, column: str
) -> list[Problem]:
    """Return what is to be settled about which end is the best, if labels say or hide it."""
    if not labels:
        return []
    numbers = [number for number, _ in labels]
    middle = (min(numbers) + max(numbers)) / 2 if len(set(numbers)) > 1 else 3
    sense = sum(_tone(label) * (number - middle) for number, label in labels)
    told = options.reversed
    said = "; ".join(
        f"{number} {shown(label)}" for number, label in sorted(labels)[:: max(1, len(labels) - 1)]
    )
    if sense > 0 and told:
        rule = "labels with the best answer at the lowest score, as --reversed says"
    elif sense < 0 and told is None:
        rule = "the best answer at the highest score; if the lowest is the best, say --reversed"
    elif sense == 0 and told is None:
        rule = "labels that tell which end is the best; say --reversed or --not-reversed"
    elif sense < 0 and told is False:
        rule = "labels with the best answer at the highest score, as --not-reversed says"
    else:
        return []
    return [Problem(file, rule, ((None, said),), column)]


def _tone(label: str) -> int:
    if re.search(rf"\b({BAD})", label):
        return -1
    return 1 if re.search(rf"\b({GOOD})", label) else 0


def find_fates(
    counts: Mapping[str, int], file: str, column: str
) -> tuple[dict[str, str], list[str], list[Problem]]:
    """Return which texts of a status column mean refunded or cancelled, and what was assumed."""
    if len(counts) > MANY:
        found = f"{len(counts)} such as {shown(next(iter(counts)))}"
        rule = f"at most {MANY} kinds of status; name the column with --map orders.status=COLUMN"
        return {}, [], [Problem(file, rule, ((None, found),), column)]
    fates = {text: _fate(text) for text in counts}
    assumed = [
        f"{file}, column {column}: {shown(text)} is {fate} ({counts[text]} rows)"
        for text, fate in fates.items()
    ]
    return {text: fate for text, fate in fates.items() if fate != "an order"}, assumed, []


def _fate(text: str) -> str:
    words = set(name_parts(text))
    if words & set(PART.split()):
        return "an order"
    if words & set(REFUNDED.split()):
        return "refunded"
    return "cancelled" if words & set(CANCELLED.split()) else "an order"
