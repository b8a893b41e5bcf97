"""Helpers of the notebook collection "Does satisfaction pay?".

One direction, no way back: a module imports only from those to its left.

    data -> counts -> scores -> estimate -> claims -> judgement -> figures -> chapter -> report

``counts`` holds the door through which every estimator takes its table. Beside ``estimate`` stand
``regression`` and the rooms of single chapters: ``customers`` (first orders and returns),
``reasons`` (what reviews complain of), ``survival`` (returns of customers watched unequally long),
``importance`` (shares of explained variance), ``value`` (lifetime value, concentration), ``panel``
(firms over years), ``acts`` (going on, renewing, buying anew) and ``literature`` (published rows).
``judgement`` turns evidence into graded verdicts. ``figures`` asks ``fingerprint`` for a hash of
what a figure shows. ``book`` holds all verdicts at once for the report, ``readme`` writes the
summary, ``templates`` make the pages. ``company`` asks the same question of a company's own answers
and orders, and imports from all of these.
"""
