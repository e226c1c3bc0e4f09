"""The messages of checks as translators need them: `make messages` brings the files in `lossedu/locale/` up to date.

Translated are the messages that `say` is given in the code, and what the exercises of the `CHAPTERS` declare.
"""

import ast
from pathlib import Path

from babel.messages import Catalog, mofile, pofile

from lossedu import __version__, exercises
from lossedu.checking.texts import texts_of, texts_of_tables
from lossedu.exercises import FunctionExercise
from lossedu.language import DOMAIN, LOCALE
from lossedu.learners import contract_of, worked

CHAPTERS = ("07_kl_divergence",)
PACKAGE = LOCALE.parent
TAKES_TEXTS = {"say": 1, "later": 1, "Diagnosis": 1, "Candidate": 3, "Change": 3, "Region": 1}  # the first arguments


def messages():
    """All messages, each once, in a stable order."""
    found = [text for file in sorted(PACKAGE.rglob("*.py")) for text in said_in(file)]
    found += texts_of_tables()
    for chapter in CHAPTERS:
        for exercise in exercises.of_chapter(chapter):
            found += texts_of(exercise)
            found += [contract_of(exercise)] if isinstance(exercise, FunctionExercise) else []
            found += filter(None, (worked(exercise.name).step, worked(exercise.name).reason))
    return list(dict.fromkeys(found))


def said_in(file):
    """The texts that a Python file gives to `say`, at once or later."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        for argument in node.args[: TAKES_TEXTS.get(getattr(node.func, "id", ""), 0)]:
            choices = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
            yield from (
                choice.value for choice in choices if isinstance(choice, ast.Constant) and isinstance(choice.value, str)
            )


def update(folder):
    """Bring the files of one language up to date: new messages untranslated, those that are gone dropped."""
    po = folder / "LC_MESSAGES" / f"{DOMAIN}.po"
    old = read_catalogue(po)
    new = Catalog(
        locale=folder.name,
        project="lossedu",
        version=__version__,
        header_comment=old.header_comment,
        creation_date=old.creation_date,
        revision_date=old.revision_date,
        last_translator="The lossedu developers",
        language_team="The lossedu developers",
        msgid_bugs_address="the issues of the project",
        fuzzy=False,
    )
    for text in messages():
        new.add(text, old[text].string if text in old else "")
    with po.open("wb") as file:
        pofile.write_po(file, new, width=120)
    with po.with_suffix(".mo").open("wb") as file:
        mofile.write_mo(file, new)
    return po


def read_catalogue(po):
    """The catalogue in a .po file."""
    with po.open("rb") as file:
        return pofile.read_po(file)


if __name__ == "__main__":
    for language in sorted(LOCALE.iterdir()):
        print(f"wrote {update(Path(language))}")
