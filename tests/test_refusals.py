"""Bad input gets one clear sentence: what was expected, what was found, and where."""

import importlib
import inspect
import pkgutil

import pytest

from tests import refusals

MODULES = [module.name for module in pkgutil.iter_modules(refusals.__path__)]
CASES = [
    case for name in MODULES for case in importlib.import_module(f"tests.refusals.{name}").CASES
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.function.__name__}: {case.kind}")
def test_bad_input_is_refused_in_one_sentence(case):
    with pytest.raises(case.error) as refusal:
        case.call()
    assert str(refusal.value.args[0]) == case.message


def test_every_public_function_that_takes_data_has_refusals():
    covered = {(case.function.__module__, case.function.__name__) for case in CASES}
    for name in MODULES:
        module = importlib.import_module(f"analysis.{name}")
        public = [getattr(module, word) for word in module.__all__]
        takes = {
            f.__name__ for f in public if inspect.isfunction(f) and inspect.signature(f).parameters
        }
        lacking = takes - {word for home, word in covered if home == module.__name__}
        assert not lacking, f"tests/refusals/{name}.py: add a case for {sorted(lacking)}"


def test_the_corpus_is_large():
    assert len(CASES) >= 120
