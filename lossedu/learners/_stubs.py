"""Make the modules of stubs in a copy of the course, for learners who prefer an editor to notebooks.

`07_kl_divergence/kl_divergence.py` is in the folder of its notebook, so both are handed in together. The package
`my_losses` in the folder of the copy imports these modules.
"""

import functools

from lossedu.exercises import ExpressionExercise, FunctionExercise, chapters, get, of_chapter
from lossedu.intake.file_names import module_name
from lossedu.intake.names import bindings, first_line, names_answered, names_bound, statements
from lossedu.learners._cells import handed_out, imports_for_answers

PACKAGE = "my_losses"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"  # nbgrader's; the stub of a value in a module has none

INIT = '''"""Your answers, one module per chapter: `from my_losses.kl_divergence import entropy`.

The modules are in the folders of the chapters, next to the notebooks.
"""

from pathlib import Path

__path__ += map(str, sorted(Path(__file__).parents[1].glob("[0-9]*_*/")))
'''

HEAD = '''"""{title}, for an editor: replace the stubs in this file by your answers.

Check them with  lossedu check {file} --watch
In the notebook in this folder, use them with  from {module} import {example}
If a cell of the notebook defines an answer too, the cell counts. Hand in this file together with the notebook.
"""

import numpy as np
'''


def module_file(chapter):
    """Return the path of a chapter's module in a copy of the course."""
    return f"{chapter}/{module_name(chapter)}.py"


def stub_files():
    """Return the texts of all modules of stubs and of the package `my_losses`, by their paths in a copy."""
    return {f"{PACKAGE}/__init__.py": INIT, **{module_file(chapter): module_text(chapter) for chapter in chapters()}}


@functools.cache
def module_text(chapter):
    """Return the module of stubs of a chapter."""
    declared, module = of_chapter(chapter), module_name(chapter)
    function = next(each.name for each in declared if isinstance(each, FunctionExercise))
    head = HEAD.format(title=chapter, file=f"{module}.py", module=module, example=function)
    if any(isinstance(each, ExpressionExercise) for each in declared):
        head += "import sympy\n"
    if lines := imports_for_answers(chapter):
        head += "\n" + "\n".join(lines)
    text, was_function = head.rstrip(), False
    for each in declared:
        is_function = isinstance(each, FunctionExercise)
        text += ("\n\n\n" if is_function or was_function else "\n\n") + stub(each.name)
        was_function = is_function
    return f"{text}\n"


def stub(name):
    """Return the stub of an exercise for a module. It is the notebook's, except that a value raises no error.

    >>> print(stub("price_slope"))
    p, y = sympy.symbols("p y", real=True)
    price_slope = None  # a SymPy expression in p, y
    """
    exercise = get(name)
    if isinstance(exercise, FunctionExercise):
        return handed_out(name)
    text = handed_out(name).removesuffix(STUB).rstrip()
    return f"{symbols_of(exercise)}\n{text}" if isinstance(exercise, ExpressionExercise) else text


def symbols_of(exercise):
    """Return the line that makes the symbols of an expression."""
    names, least = list(exercise.symbols), min(map(min, exercise.symbols.values()))
    what = "positive" if least > 0 else "nonnegative" if least == 0 else "real"
    return f'{", ".join(names)} = sympy.symbols("{" ".join(names)}", {what}=True)'


def without_answer(content, name):
    """Put the stub of an exercise back into a module.

    Args:
        content: the bytes of the module.
        name: the exercise.

    Returns:
        The text of the removed answer and the new bytes; None and the same bytes if the module has no answer.
    """
    from lossedu.intake.modules import Module  # these modules need nbformat, which a browser may not have
    from lossedu.intake.scripts import decode_script, encode_script

    module = Module("", "", content)
    answering = {
        line: source
        for line, source in module.paragraphs.items()
        if name in source and name in names_answered(source, handed_out(name))
    }
    if not answering:
        return None, content
    lines, removed = decode_script(content).split("\n"), []
    for line, source in reversed(answering.items()):  # from below, so that the lines above keep their numbers
        for first, last in reversed(places_of_answer(source, name)):
            begin, end = line + first - 2, line + last - 1
            removed.insert(0, "\n".join(lines[begin:end]))
            lines[begin:end] = [] if removed[1:] else (stub_beside(source, name)).split("\n")
    return "\n".join(removed), encode_script("\n".join(lines), content)


def places_of_answer(source, name):
    """Return the first and the last line of each statement of a paragraph that binds a name.

    If the paragraph is not valid Python, return its first and last line.
    """
    body = statements(source)
    if body is None:
        return [(1, len(source.split("\n")))]
    binding = [each for each in body if name in {bound for bound, _ in bindings([each], source)}]
    return [(first_line(each), each.end_lineno) for each in binding]


def stub_beside(source, name):
    """Return the stub of an exercise for a paragraph, without symbols that the paragraph already defines."""
    text = stub(name)
    first, _, rest = text.partition("\n")
    made = isinstance(get(name), ExpressionExercise) and names_bound(first) <= names_bound(source)
    return rest if made and statements(source) is not None else text
