"""Words and numbers in pictures that are written as SVG: those of verdicts, and those of the book."""

import math
from html import escape


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    """Return words at a place in a picture."""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(words)}</text>'


def ticks(low: float, high: float, most: int = 5) -> list[tuple[float, str]]:
    """Return round numbers in an interval, and how they are written.

    >>> [words for _, words in ticks(-3, 3)]
    ['−2', '0', '2']
    >>> [words for _, words in ticks(0.01, 0.99)]
    ['0.2', '0.4', '0.6', '0.8']
    """
    unit = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(unit * factor for factor in (1, 2, 5, 10, 20) if (high - low) / (unit * factor) <= most)
    multiples = range(math.ceil(low / step), math.floor(high / step) + 1)
    return [(count * step, written(count * step)) for count in multiples]


def written(value: float) -> str:
    """Write a number for a picture and its description: three digits, and an exponent only from a million on.

    >>> written(1000.0), written(-0.12345), written(2e9)
    ('1000', '−0.123', '2e+09')
    """
    return f"{float(f'{value:.3g}'):g}".replace("-", "−")
