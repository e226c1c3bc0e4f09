"""The texts of checks that `say` is not given as they stand: those of declarations and tables."""

from lossedu.checking._advice import advice_texts
from lossedu.checking._problems import OTHER_TEXTS, SENTENCES


def texts_of(exercise):
    """Return the texts of an exercise that checks show."""
    texts = [*exercise.aspects, exercise.section]
    texts += [getattr(exercise, name) for name in ("unit", "precision", "asks") if hasattr(exercise, name)]
    for known in exercise.misconceptions:
        texts += [known.name, known.fact, known.hint]
    return texts


def texts_of_tables():
    """Return the sentences for problems, and the advice on errors."""
    return [*SENTENCES.values(), *OTHER_TEXTS, *advice_texts()]
