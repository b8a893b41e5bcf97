"""The summary in README.md is the one that the stored chapters give."""

import shutil
from pathlib import Path

import pytest

from analysis.__main__ import main, read_book
from analysis.readme import update_readme
from analysis.report import NOTEBOOKS, ReportError

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture
def copy(tmp_path):
    (tmp_path / "notebooks").mkdir()
    shutil.copy(README.parent / "notebooks" / "main_figure.png", tmp_path / "notebooks")
    return Path(shutil.copy(README, tmp_path))


def test_the_summary_and_the_figure_are_up_to_date(copy):
    changed = update_readme(copy, *read_book(NOTEBOOKS))
    assert not changed, "run `python -m analysis readme` and commit the difference"


def test_a_changed_number_is_written_anew(copy, capsys):
    good = copy.read_text()
    copy.write_text(good.replace("Of 68 claims:", "Of 67 claims:"))
    assert main(["readme", "--file", str(copy)]) == 0
    assert copy.read_text() == good
    assert capsys.readouterr().out == "README.md: updated\n"


def test_a_readme_without_its_place_is_left_alone(copy):
    copy.write_text("# Nothing here\n")
    with pytest.raises(ReportError, match="expected the comments computed: begin and end"):
        update_readme(copy, *read_book(NOTEBOOKS))
    assert copy.read_text() == "# Nothing here\n"
