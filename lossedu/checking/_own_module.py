"""Find an answer in the learner's module beside a notebook, such as `kl_divergence.py`, if no cell defines it."""

import traceback
from pathlib import Path

from lossedu.checking import probe
from lossedu.checking._verdict import Stopped
from lossedu.exercises import FunctionExercise
from lossedu.intake.file_names import module_name
from lossedu.intake.names import names_not_reached, names_open


def is_stub(exercise, given):
    """Tell whether the answer in a notebook is no more than the stub."""
    if not isinstance(exercise, FunctionExercise):
        return given is None or given is Ellipsis
    source = probe.source_of(given) or ""
    return exercise.is_open_class(source) or exercise.name in names_open(source, "")


def answer_in_module(exercise):
    """Run the module of an exercise's chapter in the working directory.

    Its paragraphs run one by one, as in grading, so that an error in one answer does not cost the others.

    Returns:
        The file, its namespace, and a `Stopped` if an error stopped the paragraph of this answer, else None. If there
        is no module, or it has no answer either, the result as a whole is None.
    """
    file = Path(f"{module_name(exercise.chapter)}.py")
    if not file.is_file():
        return None
    from lossedu.intake.modules import Module  # this module needs nbformat, which a browser may not have

    module = Module(file.stem, file.name, file.read_bytes())
    namespace, stopped = {"__name__": module.name, "__file__": str(file.resolve())}, None
    for line, source in module.paragraphs.items():
        try:
            code = compile("\n" * (line - 1) + source, str(file.resolve()), "exec")
            exec(code, namespace)  # noqa: S102  the learner's own code
        except Exception as error:  # the learner's code may raise anything
            at = line_of(error, file) or line
            if exercise.name in names_not_reached(source, at - line + 1):
                stopped = Stopped(probe.words_of(error), file.name, at)
    answer = namespace.get(exercise.name)
    return None if stopped is None and (answer is None or is_stub(exercise, answer)) else (file, namespace, stopped)


def line_of(error, file):
    """Return the line of a file in which an error stopped it; None if no line of it ran."""
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == str(file.resolve())
    ]
    return lines[0] if lines else getattr(error, "lineno", None)
