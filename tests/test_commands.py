"""The commands work on any console, and say in one line what went wrong."""

import io
import sys

import pytest

from analysis.__main__ import main, replace_signs


def run(monkeypatch, *arguments, encoding):
    """Run a command on consoles of an encoding; return its exit code and what they show."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    code = main(arguments)
    for stream in streams:
        stream.flush()
    monkeypatch.undo()
    return code, *(stream.buffer.getvalue().decode(encoding) for stream in streams)


@pytest.mark.parametrize(
    ("form", "encoding"), [("table", "ascii"), ("json", "cp1252"), ("csv", "ascii")]
)
def test_the_register_prints_on_a_console_without_a_minus_sign(monkeypatch, form, encoding):
    code, shown, error = run(monkeypatch, "claims", "--format", form, encoding=encoding)
    _, full, _ = run(monkeypatch, "claims", "--format", form, encoding="utf-8")
    assert (code, error) == (0, "")
    assert len(shown) == len(full)


def test_an_error_prints_on_a_console_without_a_minus_sign(monkeypatch):
    found = "\N{MINUS SIGN}1\N{SNOWMAN}\N{RIGHT DOUBLE QUOTATION MARK}"
    code, _, error = run(monkeypatch, "run", found, encoding="ascii")
    assert code == 1
    assert error.rstrip().endswith("""found '-1?"'""")


def test_only_what_cannot_be_shown_is_replaced():
    text = "5 \N{MULTIPLICATION SIGN} \N{MINUS SIGN}3"
    assert text.encode("cp1252", "plain signs").decode("cp1252") == "5 \N{MULTIPLICATION SIGN} -3"
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", "plain signs")
    assert replace_signs(UnicodeEncodeError("ascii", "a\N{EN DASH}b", 1, 2, "")) == ("-", 2)


def test_a_folder_without_chapters_is_named(monkeypatch, tmp_path):
    folders = ["--notebooks", str(tmp_path), "--out", str(tmp_path / "r")]
    code, _, error = run(monkeypatch, "report", "--stored", *folders, encoding="ascii")
    assert code == 1
    assert "expected chapters named NN_*.ipynb, found none" in error
    assert not (tmp_path / "r").exists()
