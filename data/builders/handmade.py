"""Tables written by hand: no builder makes them, build.py only records their hash and rows."""

from common import Field, Table

ARTICLES = ("marketing", "value", "service", "profit", "emotion")
CHAPTERS = tuple(f"{number:02d}" for number in range(1, 10))
CLAIM_COLUMNS = {
    "claim_id": "Number of the claim, C01 to C68.",
    "article": "Key of the article that makes the claim.",
    "topic": "What the claim is about.",
    "chapter": "Chapter that judges it.",
    "statement": "The claim in one sentence of ours.",
    "estimand": "The one number that decides it: population, unit, contrast.",
    "unit": "Unit of the estimand and of the interval.",
    "low": "Lower end of the interval that holds the estimand if the claim is true; empty: open.",
    "high": "Upper end of that interval; empty: open.",
    "interval_reason": "Why these ends.",
    "decided_by": "Kinds of evidence that decide it, separated by semicolons.",
    "origin": "Where a quoted number comes from; empty if the claim quotes none.",
    "untestable_reason": "Why no possible evidence could decide it; empty if one could.",
    "contradicts": "Claims that it contradicts, separated by semicolons.",
    "combine": "How several deciding estimates count together.",
    "asserts": "What the claim asserts: an amount, an association, or that one thing brings about "
    "another.",
    "directness": "For each deciding kind whether it measures what the claim says: direct, partial "
    "or proxy, separated by semicolons.",
    "directness_reason": "What stands for what, where the evidence is not direct.",
    "weak_test": "Why the test could hardly have come out otherwise; empty if it could.",
    "edition": "Edition in which the rule was last changed.",
    "first_edition_verdict": "Verdict of the first edition, as its last chapters stored it.",
}
VERDICTS = ("supported", "refuted", "contested", "undecided", "untestable")
HISTORY_FIELDS = (
    Field("claim_id", "string", "Claim whose rule changed."),
    Field("field", "string", "Column of the register, or what else was changed."),
    Field("old", "string", "What it was."),
    Field("new", "string", "What it is now."),
    Field("date", "date", "Day of the change."),
    Field("reason", "string", "Why; it can be told without looking at the result."),
    Field("verdict_before", "string", "Verdict before the changes of that day.", enum=VERDICTS),
    Field("verdict_after", "string", "Verdict after them.", enum=VERDICTS),
)
FREE = {"low", "high", "interval_reason", "decided_by", "origin", "untestable_reason"}
FREE |= {"contradicts", "combine", "asserts", "directness", "directness_reason", "weak_test"}
LITERATURE_FIELDS = (
    Field("study_id", "string", "Key of the row; letters after the year set figures apart."),
    Field("citation", "string", "Authors and journal, or who published the figure."),
    Field("year", "integer", "Year of publication.", 1980, 2026, required=False),
    Field("doi", "string", "Digital object identifier, where there is one.", required=False),
    Field("relation", "string", "What the figure measures; an arrow reads goes with."),
    Field(
        "metric",
        "string",
        "Unit of the estimate. A direction has no estimate: its size was not seen.",
    ),
    Field("estimate", "number", "The published figure.", required=False),
    Field("ci_low", "number", "Lower end of the published 95% interval.", required=False),
    Field("ci_high", "number", "Upper end of the published 95% interval.", required=False),
    Field("se", "number", "Published standard error.", required=False),
    Field(
        "n",
        "integer",
        "Customers, firms or units it rests on; the note says if it is a bound.",
        0,
        required=False,
    ),
    Field("k", "integer", "Studies, samples or sectors it rests on.", 0, required=False),
    Field("sample", "string", "Who was studied.", required=False),
    Field("note", "string", "What to know before use, in our words."),
    Field("source_title", "string", "The text in which the figure was read."),
    Field(
        "source_address", "string", "Where that text is; empty: no lasting address.", required=False
    ),
    Field(
        "verified",
        "string",
        "yes: read in the source or its abstract; yes_secondary: read as quoted by another; "
        "unidentified: read, but neither author nor n is known.",
        enum=("yes", "yes_secondary", "unidentified"),
    ),
    Field(
        "text_seen",
        "string",
        "What was read: the abstract; a part (a table, a page) of the text; a quotation in another "
        "text; data of a package; not recorded: the source or its abstract.",
        enum=("abstract", "part", "quoted", "data", "not recorded"),
    ),
    Field(
        "retraction",
        "string",
        "none seen: no notice of a retraction or correction on the publisher's or index page read "
        "on 2026-11-27; not checked: no such page was looked at; no paper: nothing to retract.",
        enum=("none seen", "not checked", "no paper"),
    ),
)
FOLKLORE_UNITS = ("percent", "points", "times", "parks", "score")
FOLKLORE_FIELDS = (
    Field("claim_id", "string", "Claim that quotes the figure; one row per quoted figure."),
    Field("quoted", "string", "What the article says, in our words."),
    Field("quoted_value", "number", "The figure quoted; empty for words.", required=False),
    Field(
        "quoted_to",
        "number",
        "Upper end where a range is quoted; of the source, where the article says at least.",
        required=False,
    ),
    Field("unit", "string", "Unit of both figures.", enum=FOLKLORE_UNITS, required=False),
    Field("source_says", "string", "What the source says, in our words.", required=False),
    Field("source_value", "number", "The source's figure nearest to the quoted.", required=False),
    Field("source_low", "number", "Lowest figure of the source for it.", required=False),
    Field("source_high", "number", "Highest figure of the source for it.", required=False),
    Field("source_citation", "string", "Who published it; empty: not found.", required=False),
    Field("study_id", "string", "Rows of literature with it, by semicolons.", required=False),
    Field(
        "change",
        "string",
        "Kinds of change, by semicolons: number, measure (what is counted), group (of whom), "
        "condition, part (left out), reason, credit (to whom).",
        required=False,
    ),
    Field("what_changed", "string", "What changed on the way.", required=False),
    Field(
        "status",
        "string",
        "traced: the source says so; distorted: it says something else; untraceable: none found.",
        enum=("traced", "distorted", "untraceable"),
    ),
    Field("note", "string", "What to know before use.", required=False),
)
ENUM = {
    "article": ARTICLES,
    "chapter": CHAPTERS,
    "origin": ("traced", "distorted", "untraceable"),
    "combine": ("same quantity", "each must hold", "largest body"),
    "asserts": ("amount", "association", "effect"),
    "first_edition_verdict": VERDICTS,
}
TYPES = {"low": "number", "high": "number", "edition": "integer"}

TABLES = (
    Table(
        name="claims",
        path="claims.csv",
        title="The register: 68 claims of five trade articles, each with its rule",
        description="What the articles claim, in our words, and the rule by which a chapter judges "
        "it: an estimand, the interval in which it lies if the claim is true, the kinds of "
        "evidence that decide and how they count together. Written by hand; the second edition "
        "was written with the results of the first known.",
        kind="made",
        fields=tuple(
            Field(
                name,
                TYPES.get(name, "string"),
                text,
                enum=ENUM.get(name, ()),
                required=name not in FREE,
            )
            for name, text in CLAIM_COLUMNS.items()
        ),
        sources=(),
        references=(
            "Five articles in Chinese trade media: Mu Liang on marketing and satisfaction; one on "
            "creating customer value; Niaoge Notes (2020) on service in community marketing; one "
            "on profit above satisfaction (2023); one on emotional experience (2009)",
        ),
        licence="MIT",
        licence_note="Our own work, licensed as the project.",
        limits=(
            "Some of these data had been looked at when the rules were written.",
            "A restatement is ours: an author may have meant something else.",
        ),
        builder="",
    ),
    Table(
        name="claims_history",
        path="claims_history.csv",
        title="Every change of a rule: what it was, what it is, when and why",
        description="One row per field of the register that was changed after a verdict had been "
        "seen, with the verdicts before and after the changes of that day.",
        kind="made",
        fields=HISTORY_FIELDS,
        sources=(),
        references=("The articles, whose words most changes restore.",),
        licence="MIT",
        licence_note="Our own work, licensed as the project.",
        limits=(
            "Changes were made by people who knew the verdicts; the reasons do not need them.",
            "A verdict after a change follows from all changes of that day together.",
        ),
        builder="",
    ),
    Table(
        name="literature",
        path="literature.csv",
        title="Published figures on satisfaction, loyalty and profit, each with its source",
        description="One row per published figure that a chapter may set beside its own results, "
        "and per published direction where no size could be read. Only rows whose text was read.",
        kind="published",
        fields=LITERATURE_FIELDS,
        sources=(),
        references=("Each row cites its own source.",),
        licence="MIT",
        licence_note="Our wording and selection; the figures are facts published by others.",
        limits=(
            "Most rows were read in abstracts or summaries, not in the full papers.",
            "Sizes of many well-known studies could not be read; they are directions here.",
            "The 30 rows of bestnextstudy have neither author nor sample size.",
            "No register of retractions could be reached: most papers are not checked, and a page "
            "without a notice proves little.",
            "A selection, not a systematic review: it cannot show what was never published.",
        ),
        builder="",
    ),
    Table(
        name="folklore",
        path="folklore.csv",
        title="Where the numbers come from: every figure the articles quote against its source",
        description="One row per figure, formula or definition that a claim takes from elsewhere: "
        "what the article says, what the source says, and what changed between them. The origin "
        "of a claim in the register follows from its rows: distorted if one is, else untraceable "
        "if one is, else traced. Claims that an article makes of its own have no row.",
        kind="published",
        fields=FOLKLORE_FIELDS,
        sources=(),
        references=("Each row cites its own source.",),
        licence="MIT",
        licence_note="Our wording and selection; the figures are facts published by others.",
        limits=(
            "Not found does not mean that no source exists; a few searches were made for each.",
            "Most sources were read in abstracts, reprints or quotations.",
            "Which source an article used is an inference wherever it names none. Where only the "
            "size agrees, no source counts as found and the note tells it.",
        ),
        builder="",
    ),
)
