"""Make modules of answers as learners write them in an editor: right, wrong and unusual ones."""

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
    """Return a right answer for a module, which has no access to the notebook's names."""
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
    """Return the module of a chapter with answers instead of stubs: the given ones, and right ones to the rest."""
    text = module_text(chapter)
    if answers is None:
        answers = {each.name: right_answer(each.name) for each in of_chapter(chapter)}
    for name, answer in answers.items():
        assert stub(name) in text
        text = text.replace(stub(name), answer, 1)
    return text
