"""Markdown before it is rendered."""

from __future__ import annotations

import time

import pytest

from chatapp.core.markdown import is_heavy, is_heavy_formula, tamed, with_formulas_back, with_formulas_marked


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("so $a^2$ and \\(b\\).", ["a^2", "b"]),
        ("$5 and $10", []),
        ("it costs 5$, not 6$", []),
        ("`$a$` and ``\\(b\\)``", []),
        ("US$a$", []),
        ("\\$a$", []),
        ("$a\\$b$", ["a\\$b"]),
        ("$$a$$", []),
        ("$x$$y$", []),
        ("$a\nb$", []),
    ],
)
def test_formulas_are_told_from_money_and_code(text: str, formulas: list[str]) -> None:
    marked, found = with_formulas_marked(text)
    assert found == formulas
    if not formulas:
        assert marked == text


def test_formulas_come_back_in_their_places() -> None:
    marked, formulas = with_formulas_marked("a $b$ c $d$ \ue0000\ue001")
    assert with_formulas_back(marked, lambda number: formulas[number].upper()) == "a B c D \ufffd0\ufffd"


def test_deep_quotes_and_lists_end() -> None:
    assert tamed("> > a\n- - b\n1. c") == "> > a\n- - b\n1. c"
    assert tamed(">" * 50).count(">") == 50
    assert tamed(">" * 50).startswith(">" * 8 + " \\>")
    assert "\\-" in tamed("- " * 100)
    assert tamed(" " * 40 + "- x") == " " * 16 + "- x"
    assert tamed(" " * 40 + "x") == " " * 40 + "x"
    assert tamed("a - - - - - - - - - - b") == "a - - - - - - - - - - b"


@pytest.mark.parametrize(
    "text", ["".join("`" * size + "a" for size in range(1, 70)), "\\(" * 1200, " " * 2500, "> " * 1200, "$a" * 1200]
)
def test_no_pattern_takes_long(text: str) -> None:
    started = time.thread_time()
    for read in (with_formulas_marked, tamed, is_heavy):
        read(text)
    assert time.thread_time() - started < 0.03


def test_many_cells_are_heavy() -> None:
    assert not is_heavy("| a | b |\n|---|---|\n" + "| c | d |\n" * 40)
    assert not is_heavy("cat a | sort | uniq\n" * 400)
    assert not is_heavy("| 1 | 2 |\n" * 200)
    assert is_heavy("|a" * 128 + "\n" + "|-" * 128 + "\n" + "|\n" * 900)
    assert is_heavy("> a | b\n> :-|-:\n" + "> c\n" * 400)
    assert is_heavy("1. a | b\n   --|--\n" + "   c\n" * 400)


def test_deep_and_long_formulas_are_heavy() -> None:
    assert not is_heavy_formula("\\sum_{i=1}^{n} p_{i} \\log \\frac{1}{p_{i}}")
    assert not is_heavy_formula("}" * 9 + "{x}")
    for bomb in ("{" * 7, "\\frac{1}{" * 7, "\\left(" * 7, "\\begin{matrix}" * 7, "x" * 301):
        assert is_heavy_formula(bomb), bomb
