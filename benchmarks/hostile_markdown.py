"""Markdown that wants to open a file, call home or stall the window. Used by a test and by benchmarks.transcript."""

from __future__ import annotations

import random
from collections.abc import Iterator

IMAGES = (
    "![{w}]({t})",
    "![{w}]( <{t}> '{w}')",
    "![{w}][x]\n\n[x]: {t}",
    '![{w}][]\n\n[{w}]: {t} "{w}"',
    "[![{w}]({t})]({t})",
    "- ![{w}]({t})\n\n  > ![{w}]({t})",
    "| a |\n|---|\n| ![{w}]({t}) |",
    "# ![{w}]({t})",
    '<img src="{t}">',
    '<img src="{t}"/><object data="{t}"></object><iframe src="{t}"></iframe>',
    '<link rel="stylesheet" href="{t}"><style>@import url("{t}"); p {{ background: url("{t}") }}</style>',
    '<p style="background-image: url({t})">{w}</p>',
    '<table background="{t}"><tr><td>{w}</td></tr></table>',
    '```<img src="{t}">\n<img src="{t}">\n```',
    "<think>\n![{w}]({t})\n</think>\n![{w}]({t})",
    "$\\includegraphics{{{t}}}$ and $\\input{{{t}}}$ and ![{w}]({t})",
    "$$\n\\href{{{t}}}{{{w}}}\n$$",
    "[{w}]({t}) <{t}> {t}",
    "[\u202e{w}\u202c](https://good.example@{h}/) [https://good.example]({t})",
    "[{w}](javascript:alert(1)) [{w}](data:text/html,<script>) [{w}](file:{t})",
    "&lt;img src=&quot;{t}&quot;&gt; &#0; &#x202e; &NotAnEntity;",
    "[^1]\n\n[^1]: ![{w}]({t})",
)
BOMBS = (
    lambda n: ">" * n,
    lambda n: "> " * n + "x",
    lambda n: "- " * n + "x",
    lambda n: "1. " * n + "x",
    lambda n: "".join(" " * (2 * level) + "- x\n" for level in range(min(n, 300))),
    lambda n: "*a **a " * n,
    lambda n: "_" * n + "a" + "*" * n,
    lambda n: "[" * n,
    lambda n: "[a](" * n,
    lambda n: "![" * n,
    lambda n: "`" * n,
    lambda n: "".join("`" * size + "a" for size in range(1, 120)),
    lambda n: "|a" * 128 + "\n" + "|-" * 128 + "\n" + "|\n" * n,
    lambda n: "|" * n + "\n" + "|-" * n + "\n" + "|" * n,
    lambda n: "a | b\n--|--\n" + "c | d\n" * n,
    lambda n: "```\n" * n,
    lambda n: "```py\nx = 1\n```\n" * n,
    lambda n: "~~~" * n,
    lambda n: "$x$ " * n,
    lambda n: "$" + "{" * min(n, 400) + "x" + "}" * min(n, 400) + "$",
    lambda n: "$$\n" + "\\frac{1}{" * 40 + "x" + "}" * 40 + "\n$$",
    lambda n: "$$\nx^{" * n,
    lambda n: "<think>" * n,
    lambda n: "# " * n,
    lambda n: "a\n===\n" * n,
    lambda n: "&amp;" * n,
    lambda n: "\u202e" * n + "a",
    lambda n: "e" + "\u0301" * n,
    lambda n: "\\" * n,
    lambda n: "a  \n" * n,
    lambda n: "[a]: b\n" * n + "[a]",
    lambda n: "<" * n,
    lambda n: "https://a.example/" + "a" * n,
    lambda n: "文" * n,
    lambda n: "\n" * n,
    lambda n: "```\n" + "y" * n + "\n```",
    lambda n: "```python\n" + "x = 'a'\n" * n + "```",
    lambda n: "```json\n" + "[1, 2, 3, 4]\n" * n + "```",
    lambda n: "```c\n" + "int a[] = {1, 2};" * (n // 10) + "\n```",
    lambda n: "> a | b\n> --|--\n" + "> c | d\n" * n,
    lambda n: "|a" * 8 + "\n" + "|-" * 8 + "\n" + ("|**b** `c`" * 8 + "\n") * n,
    lambda n: "`a` " * n,
    lambda n: "*a* **b** " * n,
    lambda n: "[a](https://a.example) " * n,
    lambda n: "- x\n" * n,
    lambda n: "<think>\n" + "word " * n * 10 + "\n</think>\nAnswer",
)


def payloads(count: int, rng: random.Random, targets: list[str], host: str) -> Iterator[str]:
    """`count` of them; targets: addresses and paths that must not be opened. The last two are lines of 2 MB."""
    for number in range(count - 2):
        if number % 2 == 0:
            shape = IMAGES[number // 2 % len(IMAGES)]
            some = shape.format(t=rng.choice(targets), w=rng.choice(("look", "文字", "a b")), h=host)
            yield f"Before.\n\n{some}\n\nAfter."
        else:
            yield BOMBS[number // 2 % len(BOMBS)](rng.choice((50, 500, 5_000)))
    yield "x" * 2_000_000
    yield "word " * 400_000
