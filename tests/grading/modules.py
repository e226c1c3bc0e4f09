"""Modules of answers as learners write them in an editor: right, wrong and odd ones."""

from lossedu.exercises import (
    CounterexampleExercise,
    ExpressionExercise,
    FunctionExercise,
    NumberExercise,
    get,
    of_chapter,
)
from lossedu.learners import worked
from lossedu.learners._stubs import module_text, stub, symbols_of


def right_answer(name):
    """A right answer as it stands in a module, which knows nothing of the notebook."""
    exercise = get(name)
    if isinstance(exercise, FunctionExercise):
        return worked(name).code
    if isinstance(exercise, ExpressionExercise):
        return f"{symbols_of(exercise)}\n{name} = sympy.sympify({exercise.answer!r})"
    if isinstance(exercise, NumberExercise):
        return f"{name} = {exercise.answer!r}"
    assert isinstance(exercise, CounterexampleExercise)
    arrays = ", ".join(f"np.array({array!r})".replace("array(array", "array(np.array") for array in exercise.example)
    return f"{name} = ({arrays},)"


def answered(chapter, answers=None):
    """The module of a chapter with answers in the place of stubs: those given by name, or else right ones to all."""
    text = module_text(chapter)
    if answers is None:
        answers = {each.name: right_answer(each.name) for each in of_chapter(chapter)}
    for name, answer in answers.items():
        assert stub(name) in text
        text = text.replace(stub(name), answer, 1)
    return text
