"""Helpers of the notebook collection "Does satisfaction pay?".

One direction, no way back: a module imports only from those to its left.

    data -> counts -> scores -> estimate -> claims -> figures -> chapter -> report

Beside ``estimate`` stand the rooms of single chapters: ``customers`` (first orders and returns),
``importance`` (shares of explained variance), ``value`` (lifetime value, concentration), ``panel``
(firms over years) and ``literature`` (published rows). ``book`` holds all verdicts at once for the
report, ``readme`` writes the summary, ``templates`` make the pages.
"""
