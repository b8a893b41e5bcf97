"""Helpers of the notebook collection "Does satisfaction pay?".

One direction, no way back: a module imports only from those to its left.

    data -> counts -> scores -> estimate -> claims -> figures -> chapter -> report
"""
