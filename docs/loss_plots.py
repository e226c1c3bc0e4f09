"""The plots of the loss pages: the loss above its slope, as inline SVG, with what a reader can change as data.

The pictures take their colours from the page. The script `_static/book.js` changes the lines; all of them are
computed here, once for each value of a slider, and for each relative that is plotted along the same line.
"""

import inspect
import json
from html import escape

import numpy as np

from lossedu import losses
from lossedu.losses.declaration import DECLARATIONS
from lossedu.svg import text, ticks, written

POINTS = 121
STEP = 1e-5  # for the differences that stand in for a gradient, as a share of the line
WIDTH, LEFT, RIGHT = 560, 52, 548
PANELS = ((12, 172), (196, 316))  # top and bottom of the loss, and of its slope
HEIGHT = PANELS[-1][1] + 44
SPARK_WIDTH, SPARK_HEIGHT = 96, 28


def loss_along(name, options=None):
    """Return points along the line on which a loss is plotted, its values there, and the slopes along the line."""
    options = DECLARATIONS[name].curve.options | (options or {})
    places, values = values_along(name, options)
    return places, values, np.array([slope_at(name, x, options) for x in places])


def values_along(name, options):
    """Return points along the line on which a loss is plotted, and its values there."""
    loss, curve = getattr(losses, name), DECLARATIONS[name].curve
    places = np.linspace(curve.low, curve.high, POINTS)
    return places, np.array([first(loss(*curve.at(x), **options)) for x in places])


def slope_at(name, x, options):
    """Return how fast a loss grows with x: its gradient along the line, or differences where it has none."""
    loss, curve = getattr(losses, name), DECLARATIONS[name].curve
    half = STEP * (curve.high - curve.low)
    before, after = curve.at(x - half), curve.at(x + half)
    if not hasattr(loss, "gradient"):
        return (first(loss(*after, **options)) - first(loss(*before, **options))) / (2 * half)
    moving = next(place for place in range(len(before)) if not np.array_equal(before[place], after[place]))
    tangent = (np.asarray(after[moving], float) - np.asarray(before[moving], float)) / (2 * half)
    slopes = loss.gradient(*curve.at(x), **options)
    if slopes.ndim > tangent.ndim:  # those of several arrays, the last of the loss
        slopes = slopes[moving - (len(before) - len(slopes))]
    return float(np.sum(slopes * tangent))


def first(result):
    """Return the loss as a number, also where it comes with probabilities, or one a sample."""
    return float(np.ravel(loss_alone(result))[0])


def loss_alone(result):
    """Return the loss without the probabilities that some come with."""
    return result[0] if isinstance(result, tuple) else result


def choices(name):
    """Return the name of the option that a reader can change, its values, and which of them comes first."""
    curve = DECLARATIONS[name].curve
    if not curve.sliders:
        return None, [None], 0
    ((option, values),) = curve.sliders.items()
    start = curve.options.get(option, inspect.signature(getattr(losses, name)).parameters[option].default)
    return option, list(values), values.index(start)


def relatives(name):
    """Return the related losses that are plotted along the same line."""
    words = DECLARATIONS[name].curve.words
    return [other for other in DECLARATIONS[name].facts.related if DECLARATIONS[other].curve.words == words]


def window(numbers):
    """Return the lowest and the highest number that a panel shows: all, but for the last tenth of a steep end."""
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    inner_low, inner_high = np.nanquantile(numbers, [0.05, 0.95])
    if high - low > 3 * (inner_high - inner_low) > 0:
        low, high = inner_low, inner_high
    edge = 0.06 * (high - low) or 1.0
    return low - edge, high + edge


def path(places, numbers, horizontal, vertical, box):
    """Return the line through numbers as the data of an SVG path."""
    left, top, right, bottom = box
    x = left + (places - horizontal[0]) / (horizontal[1] - horizontal[0]) * (right - left)
    y = bottom - (numbers - vertical[0]) / (vertical[1] - vertical[0]) * (bottom - top)
    y = np.clip(y, top - 999, bottom + 999)
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def plot(name):
    """Return the plot of a loss as HTML: a picture that stands by itself, and controls for readers with scripts."""
    curve = DECLARATIONS[name].curve
    option, values, start = choices(name)
    own = [loss_along(name, {option: value} if option else None) for value in values]
    places = own[0][0]
    horizontal = (curve.low, curve.high)
    panels = []
    for number, (top, bottom) in enumerate(PANELS):
        panels.append((window(np.concatenate([each[number + 1] for each in own])), (LEFT, top, RIGHT, bottom)))

    def lines(along):
        return [path(places, along[number + 1], horizontal, *panel) for number, panel in enumerate(panels)]

    data = {"own": [lines(each) for each in own], "values": [written(value) for value in values if value is not None]}
    data["relatives"] = {other: lines(loss_along(other)) for other in relatives(name)}
    words = describe(name, own[start])
    return picture(name, words, data["own"][start], panels, horizontal) + controls(option, data, start)


def picture(name, words_for_all, lines, panels, horizontal):
    """Return the SVG with the loss above its slope, and with the words for those who cannot see it."""
    parts = [
        f'<figure class="loss-plot"><svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" fill="none" stroke="currentColor">',
        f"<title>{escape(words_for_all)}</title>",
    ]
    for words, line, (vertical, (left, top, right, bottom)) in zip(("loss", "slope"), lines, panels, strict=True):
        low, high = vertical
        if low < 0 < high:
            zero = bottom + low / (high - low) * (bottom - top)
            parts.append(f'<path d="M{left} {zero:.1f}H{right}" stroke-opacity="0.35"/>')
        parts += [
            f'<path d="M{left} {top}V{bottom}H{right}" stroke-opacity="0.6"/>',
            f'<svg x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"'
            f' viewBox="{left} {top} {right - left} {bottom - top}">',
            f'<path class="relative" data-panel="{words}" d=""/>',
            f'<path class="own" data-panel="{words}" d="{line}"/></svg>',
            '<g fill="currentColor" stroke="none" font-size="13">',
            text(left + 8, top + 14, words),
        ]
        for value, label in ticks(low, high, most=4):
            parts.append(text(left - 6, bottom - (value - low) / (high - low) * (bottom - top) + 4, label, "end"))
        parts.append("</g>")
    bottom = PANELS[-1][1]
    parts.append('<g fill="currentColor" stroke="none" font-size="13">')
    for value, label in ticks(*horizontal):
        x = LEFT + (value - horizontal[0]) / (horizontal[1] - horizontal[0]) * (RIGHT - LEFT)
        parts.append(text(x, bottom + 17, label, "middle"))
    parts.append(text((LEFT + RIGHT) / 2, bottom + 36, DECLARATIONS[name].curve.words, "middle"))
    return "".join([*parts, "</g></svg>"])


def controls(option, data, start):
    """Return the slider, the choice of a relative and their data; the script of the page shows them."""
    parts = ['<div class="loss-controls" hidden>']
    if option:
        parts.append(
            f'<label>{option} <input type="range" min="0" max="{len(data["own"]) - 1}" value="{start}"'
            f' aria-valuetext="{data["values"][start]}"> <output>{data["values"][start]}</output></label>'
        )
    if data["relatives"]:
        options = "".join(f'<option value="{other}">{other}</option>' for other in data["relatives"])
        parts.append(f'<label>compare with <select><option value="">nothing</option>{options}</select></label>')
    parts.append("</div>")
    if not option and not data["relatives"]:
        return "</figure>"
    content = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return "".join([*parts, f'<script type="application/json">{content}</script></figure>'])


def sparkline(name):
    """Return a small picture of a loss, for the list of all; the name beside it says what it is."""
    curve = DECLARATIONS[name].curve
    places, values = values_along(name, curve.options)
    box = (1, 2, SPARK_WIDTH - 1, SPARK_HEIGHT - 2)
    line = path(places[::4], values[::4], (curve.low, curve.high), window(values), box)
    return (
        f'<svg class="sparkline" aria-hidden="true" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" width="{SPARK_WIDTH}"'
        f' height="{SPARK_HEIGHT}" fill="none" stroke="currentColor" stroke-width="1.5"><path d="{line}"/></svg>'
    )


def describe(name, along):
    """Describe the plot of a loss in words, for readers who cannot see it."""
    places, values, slopes = along
    lowest = int(np.argmin(values))
    option, choice, start = choices(name)
    given = f", with {option} = {written(choice[start])}" if option else ""
    left, right = rounded(places[0]), rounded(places[-1])
    return (
        f"{name} over {DECLARATIONS[name].curve.words}{given}, above its slope. The loss is {rounded(values[0])} at "
        f"{left} and {rounded(values[-1])} at {right}; its lowest value is {rounded(values[lowest])}, at "
        f"{rounded(places[lowest])}. The slope is {rounded(slopes[0])} at {left} and {rounded(slopes[-1])} at {right}; "
        f"it lies between {rounded(slopes.min())} and {rounded(slopes.max())}."
    )


def rounded(value):
    """Write a number for a description: one that is 0 up to rounding errors is 0.

    >>> rounded(-1.2e-16), rounded(-0.12345)
    ('0', '−0.123')
    """
    return written(round(float(value), 9) + 0.0)
