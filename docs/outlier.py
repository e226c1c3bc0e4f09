"""The outlier on the landing page: the best single prediction for each of three losses, while one label moves away."""

import json

import numpy as np

from lossedu import losses
from lossedu.losses.declaration import DECLARATIONS
from lossedu.svg import text

LABELS = (1.0, 1.4, 1.8, 2.1, 2.7)
OUTLIER = np.linspace(2.4, 10, 39)  # where a reader can put it
START = 19
LOSSES = ("mean_squared_error", "huber", "mean_absolute_error")
WIDTH, LEFT, RIGHT = 560, 168, 548
ROW, HEIGHT = 30, 156
HIGHEST = 10.4


def best_prediction(name, outlier):
    """Return the number that has the smallest mean loss, if it is predicted for every label."""
    tried = np.linspace(0, HIGHEST, 1041)
    labels = np.array([*LABELS, outlier])[:, None]
    return float(tried[np.argmin([getattr(losses, name)(labels, np.full_like(labels, each)).mean() for each in tried])])


def horizontal(number):
    """Return where a number lies in the picture."""
    return LEFT + number / HIGHEST * (RIGHT - LEFT)


def figure():
    """Return the picture with its slider, as HTML; the script of the page moves the outlier and the predictions."""
    places = {name: [round(horizontal(best_prediction(name, each)), 1) for each in OUTLIER] for name in LOSSES}
    data = {"outlier": [round(horizontal(each), 1) for each in OUTLIER], "best": list(places.values())}
    parts = [
        f'<figure class="outlier-plot"><svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" fill="currentColor" '
        'stroke="none" font-size="13"><title>Six labels on a line, one of them far from the others, and below them '
        "the best single prediction for each of three losses. With the mean squared error it follows the outlier, with "
        "the mean absolute error it stays, and with the Huber loss it moves a little.</title>",
        text(LEFT - 12, ROW - 4, "labels", "end"),
        *(f'<circle cx="{horizontal(each):.1f}" cy="{ROW - 8}" r="5" fill-opacity="0.6"/>' for each in LABELS),
        f'<circle class="outlier" cx="{data["outlier"][START]}" cy="{ROW - 8}" r="8"/>',
    ]
    for row, name in enumerate(LOSSES, start=2):
        y = row * ROW - 8
        parts += [
            text(LEFT - 12, y + 4, DECLARATIONS[name].title, "end"),
            f'<path d="M{LEFT} {y}H{RIGHT}" stroke="currentColor" stroke-opacity="0.35"/>',
            f'<circle class="best" cx="{places[name][START]}" cy="{y}" r="6"/>',
        ]
    for number in range(0, 11, 2):
        parts.append(text(horizontal(number), HEIGHT - 10, str(number), "middle"))
    content = json.dumps(data, separators=(",", ":"))
    return "".join(
        [
            *parts,
            '</svg><label hidden>Move the outlier <input type="range" min="0"',
            f' max="{len(OUTLIER) - 1}" value="{START}"></label>',
            f'<script type="application/json">{content}</script></figure>',
        ]
    )
