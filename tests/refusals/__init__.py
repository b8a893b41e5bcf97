"""What every public function refuses, as data: one case a kind of bad input and function."""

from collections.abc import Callable
from typing import NamedTuple


class Case(NamedTuple):
    """One bad input: its kind, the function, a call, and the error with the message it must give.

    The message is the whole text of the error.
    """

    kind: str
    function: Callable
    call: Callable[[], object]
    error: type[Exception]
    message: str
