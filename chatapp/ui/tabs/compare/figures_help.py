"""What each column of the figures is called, and what it tells, with its formula, in two sentences."""

from __future__ import annotations

from chatapp.core.options import QT_TRANSLATE_NOOP

HEADINGS = (
    QT_TRANSLATE_NOOP("FiguresTable", "Lane"),
    QT_TRANSLATE_NOOP("FiguresTable", "Temp."),
    QT_TRANSLATE_NOOP("FiguresTable", "Top-k"),
    QT_TRANSLATE_NOOP("FiguresTable", "Top-p"),
    QT_TRANSLATE_NOOP("FiguresTable", "Min-p"),
    QT_TRANSLATE_NOOP("FiguresTable", "Seed"),
    QT_TRANSLATE_NOOP("FiguresTable", "Tokens"),
    QT_TRANSLATE_NOOP("FiguresTable", "Perplexity"),
    QT_TRANSLATE_NOOP("FiguresTable", "Entropy"),
    QT_TRANSLATE_NOOP("FiguresTable", "Distinct-1"),
    QT_TRANSLATE_NOOP("FiguresTable", "Distinct-2"),
    QT_TRANSLATE_NOOP("FiguresTable", "Repetition"),
    QT_TRANSLATE_NOOP("FiguresTable", "Tok/s"),
    QT_TRANSLATE_NOOP("FiguresTable", "Ended"),
)
HELP = (
    QT_TRANSLATE_NOOP(
        "FiguresTable",
        "The number of the lane. Where lanes differ in the seed only, a row below has their mean with its 95 % "
        "confidence interval, mean ± t · s / √n.",
    ),
    QT_TRANSLATE_NOOP(
        "FiguresTable",
        "The temperature divides the logits before the softmax: p = softmax(logit / T). 0 takes the likeliest token.",
    ),
    QT_TRANSLATE_NOOP("FiguresTable", "Only the k most likely tokens may be drawn. 0 is off."),
    QT_TRANSLATE_NOOP(
        "FiguresTable", "Only the smallest set of tokens whose probabilities add up to p may be drawn. 1 is off."
    ),
    QT_TRANSLATE_NOOP("FiguresTable", "Tokens less likely than this share of the most likely one are cut. 0 is off."),
    QT_TRANSLATE_NOOP(
        "FiguresTable", "Where the random numbers begin. The same seed and settings draw the same numbers again."
    ),
    QT_TRANSLATE_NOOP("FiguresTable", "How many tokens the text has. One that only ends the text is not counted."),
    QT_TRANSLATE_NOOP(
        "FiguresTable",
        "How surprised the model is by its own text: exp(−1/n · Σ ln p), p being its probability of each token before "
        "any sampler. 1 is no surprise, k is as if it had guessed among k tokens at each step.",
    ),
    QT_TRANSLATE_NOOP(
        "FiguresTable",
        "How undecided the model was on average: the mean over the steps of H = −Σ p ln p, in nats. 0 is certain.",
    ),
    QT_TRANSLATE_NOOP(
        "FiguresTable", "How varied the words are: different tokens / tokens. 1 means that none occurs twice."
    ),
    QT_TRANSLATE_NOOP(
        "FiguresTable",
        "How varied the phrases are: different pairs of neighbouring tokens / pairs. 1 means that none occurs twice.",
    ),
    QT_TRANSLATE_NOOP(
        "FiguresTable",
        "How much the text repeats itself: 1 − different runs of four tokens / runs of four (seq-rep-4). 0 means that "
        "none occurs twice.",
    ),
    QT_TRANSLATE_NOOP(
        "FiguresTable",
        "Tokens of this lane per second: n / t. Lanes that are written together share that time, so all of them "
        "together are faster than each.",
    ),
    QT_TRANSLATE_NOOP(
        "FiguresTable",
        "Whether the model ended the text, the length limit did, or a person. Lanes that did not come to their end are "
        "not part of a mean.",
    ),
)
