"""Tables of misconceptions are read into entries, and their answers into functions."""

import pytest

from lossedu.exercises._notation import definitions, entries, function_of


def stub(w, g, rate=0.5, decay=0.0):
    """Stand for the signature of an exercise."""


def right(w, g, rate=0.5, decay=0.0):
    """Return all arguments unchanged."""
    return w, g, rate, decay


def answer_of(code, defined="", **names):
    return function_of(code, stub, definitions(defined), {"right": right, **names})


def test_each_form_of_an_entry_is_read():
    family, asked, wrong, shared, priced = entries("""
        e = g - w
        doubled
        sign
            Which sign has a cost?
        missing half: e**2
            you square without halving.
            Which function has the slope e?
        labels rounded: np.round(g)
        epsilon outside [extremes]: e / 2
            as in adam_step
    """)
    assert (family.name, family.answer, family.words) == ("doubled", None, [])
    assert (asked.name, asked.answer, asked.words) == ("sign", None, ["Which sign has a cost?"])
    assert (wrong.answer, len(wrong.words), wrong.tags) == ("e**2", 2, ())
    assert (shared.answer, shared.words) == ("np.round(g)", [])
    assert (priced.name, priced.tags, priced.words) == ("epsilon outside", ("extremes",), ["as in adam_step"])


@pytest.mark.parametrize("words", ["", "    you added.\n    What do you add?\n"])
def test_deeper_indentation_marks_code_below_the_name(words):
    (entry,) = entries(f"sum:\n        total = w + g\n        total / 2\n{words}")
    assert entry.answer == "total = w + g\ntotal / 2"
    assert len(entry.words) == words.count("\n")
    assert answer_of(entry.answer)(1, 3) == 2


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("right(...)", (1, 2, 0.5, 3)),
        ("right(w, -g, ...)", (1, -2, 0.5, 3)),
        ("right(..., rate=rate**2)", (1, 2, 0.25, 3)),
        ("right(g, ..., decay=0)", (2, 2, 0.5, 0)),
        ("(lambda w, g, rate, decay: rate)(...)", 0.5),
    ],
)
def test_three_dots_pass_the_remaining_arguments(code, expected):
    assert answer_of(code)(1, 2, decay=3) == expected


def test_an_answer_uses_the_definitions_of_its_table_and_those_before_them():
    assert answer_of("2 * half", "e = g - w\nhalf = e / 2\nunused = unknown")(1, 3) == 2


def test_an_unknown_name_raises_at_the_first_call():
    answer = answer_of("unknown + w")
    with pytest.raises(NameError, match="unknown"):
        answer(1, 2)
