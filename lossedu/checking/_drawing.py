"""Draw a `Curve` as inline SVG for light and dark pages, and describe it in words for readers who cannot see it.

The picture contains only the numbers of the curve. Dashes and the words beside the lines distinguish the two lines, so
the picture needs no colour. `currentColor` is the colour of the text around it.
"""

from html import escape

from lossedu.checking._curves import runs_of
from lossedu.language import join_sentences, say
from lossedu.svg import text, ticks, written

WIDTH, HEIGHT = 352, 196
LEFT, RIGHT, TOP, BOTTOM = 46, 262, 8, 162  # of the rectangle in which the lines lie
LINE = 13  # from one line of text to the next
LOWEST = BOTTOM - 4  # lowest place of a word, just above the axis
SOLID, DASHED = 'stroke-width="2"', 'stroke-width="2.5" stroke-dasharray="6 4"'
FARTHEST = 9999  # a coordinate outside the picture
MOST_STRETCHES = 3  # stretches that the text alternative names
SAMPLE = 14  # length of the piece of a line before its word
SHORTEST = 3  # points in a stretch where the lines look the same


def draw(curve, colour):
    """Return a `Curve` as SVG with a text alternative; `colour` is the colour of the learner's line."""
    width, height = RIGHT - LEFT, BOTTOM - TOP
    right, yours, mine = say("expected"), say("yours"), f'stroke="{colour}" {DASHED}'
    at_expected, at_yours = label_places(curve)
    return (
        f'<svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" fill="none"'
        f' stroke="currentColor" style="max-width: 100%; height: auto"><title>{escape(describe(curve))}</title>'
        f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" stroke-opacity="0.6"/>'
        f'<svg x="{LEFT}" y="{TOP}" width="{width}" height="{height}" viewBox="{LEFT} {TOP} {width} {height}">'
        f'<path d="{path(curve, curve.expected)}" {SOLID}/>'
        f'<path d="{path(curve, curve.yours)}" {mine}/></svg>'
        f"{sample(*at_expected, style=SOLID)}{sample(*at_yours, style=mine)}"
        '<g fill="currentColor" stroke="none" font-size="12">'
        f" {word(*at_expected, words=right)} {word(*at_yours, words=yours)}{marks(curve)}"
        f" {text((LEFT + RIGHT) / 2, BOTTOM + 24, curve.argument, 'middle')}</g></svg>"
    )


def sample(x, y, style):
    """Return a short piece of a line, which stands before its word."""
    return f'<line x1="{x:.0f}" y1="{y - 4:.0f}" x2="{x + SAMPLE:.0f}" y2="{y - 4:.0f}" {style}/>'


def word(x, y, words):
    """Return the word for a line, behind the sample of it."""
    return text(x + SAMPLE + 4, y, words)


def x_of(curve, value):
    """Return how far to the right a value of the argument lies."""
    return LEFT + (value - curve.start) / (curve.stop - curve.start) * (RIGHT - LEFT)


def y_of(curve, value):
    """Return how far down a number lies; a number far outside the picture is moved closer, and stays outside."""
    low, high = curve.window
    return max(-FARTHEST, min(FARTHEST, BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)))


def path(curve, numbers):
    """Return the lines through these numbers, with a gap where one is missing."""
    pieces = []
    for first, last in runs_of([number is not None for number in numbers]):
        points = [f"{x_of(curve, curve.values[i]):.1f} {y_of(curve, numbers[i]):.1f}" for i in range(first, last + 1)]
        pieces.append(f"M{'L'.join(points)}" if len(points) > 1 else f"M{points[0]}h1")
    return "".join(pieces)


def label_places(curve):
    """Return where the words beside both lines stand: at the lines' ends, apart from each other and from the axis."""
    places = []
    for numbers in (curve.expected, curve.yours):
        last = max(i for i, number in enumerate(numbers) if curve.is_shown(number))
        places.append([x_of(curve, curve.values[last]) + 6, y_of(curve, numbers[last]) + 4])
    upper, lower = sorted(places, key=lambda place: place[1])
    missing = LINE - (lower[1] - upper[1])
    if missing > 0 and abs(upper[0] - lower[0]) < WIDTH - RIGHT:
        upper[1], lower[1] = upper[1] - missing / 2, lower[1] + missing / 2
        upper[1] -= max(0, lower[1] - LOWEST)
    for place in places:
        place[1] = max(TOP + LINE / 2, min(place[1], LOWEST))
    return places


def marks(curve):
    """Return the numbers along both axes."""
    along = (
        text(x_of(curve, value), BOTTOM + LINE - 1, words, "middle") for value, words in ticks(curve.start, curve.stop)
    )
    upwards = (text(LEFT - 5, y_of(curve, value) + 4, words, "end") for value, words in ticks(*curve.window))
    return " ".join(["", *along, *upwards])


def describe(curve):
    """Return what a picture of a curve shows, in words."""
    ends = {"start": written(curve.start), "stop": written(curve.stop)}
    sentences = [say("Expected and yours along {argument}, from {start} to {stop}.", argument=curve.argument, **ends)]
    together = stretches(curve, [not apart for apart in curve.apart], shortest=SHORTEST)
    if together:
        sentences.append(say("The lines look the same {stretches}.", stretches=together))
    seen = zip(curve.values, curve.expected, curve.yours, curve.apart, strict=True)
    pairs = [(place, right, yours) for place, right, yours, apart in seen if apart and yours is not None]
    if pairs:
        place, right, yours = max(pairs, key=lambda each: abs(each[2] - each[1]))
        fields = {"place": written(place), "expected": written(right), "yours": written(yours)}
        sentences.append(say("They differ most at {place}: expected {expected}, yours {yours}.", **fields))
    if not all(number is None or curve.is_shown(number) for number in curve.yours):
        sentences.append(say("Parts of your line are outside the picture."))
    missing = stretches(curve, [number is None for number in curve.yours])
    if missing:
        sentences.append(say("Your function gives no finite number {stretches}.", stretches=missing))
    return join_sentences(*sentences)


def stretches(curve, flags, shortest=1):
    """Name the stretches of the curve in which flags are set, such as "from 0 to 1, at 2"."""
    found = [(first, last) for first, last in runs_of(flags) if last - first + 1 >= shortest]
    words = []
    for first, last in found[:MOST_STRETCHES]:
        ends = {"start": written(curve.values[first]), "stop": written(curve.values[last])}
        words.append(say("at {start}", **ends) if first == last else say("from {start} to {stop}", **ends))
    if len(found) > MOST_STRETCHES:
        words.append(say("and elsewhere"))
    return ", ".join(words)
