"""The texts of checks that `say` is not given as they stand: those of declarations and tables."""

from lossedu.checking._advice import advice_texts
from lossedu.checking._problems import OTHER_TEXTS, SENTENCES
from lossedu.exercises.families import FAMILIES, ignored
from lossedu.exercises.laws import LAWS, law_named
from lossedu.exercises.relations import ARRAY_RELATIONS, LIMITS, NUMBER_RELATIONS, TOO_FEW_DIGITS


def texts_of(exercise):
    """Return the texts of an exercise that checks show."""
    texts = [*exercise.aspects, exercise.section]
    texts += [getattr(exercise, name) for name in ("unit", "precision", "asks") if hasattr(exercise, name)]
    for known in [*exercise.misconceptions, *(ignored(option, None) for option in getattr(exercise, "defaults", ()))]:
        texts += [known.name, known.fact, known.hint]
    return texts


def texts_of_tables():
    """Return the sentences for problems, the advice on errors, and what explanations say of any exercise."""
    relations = [*NUMBER_RELATIONS, TOO_FEW_DIGITS, *ARRAY_RELATIONS]
    mistakes = [text for known in [*FAMILIES.values(), *relations] for text in (known.name, known.fact, known.hint)]
    limits = [text for *_, fact, hint in LIMITS for text in (fact, hint)]
    laws = [law_named(f"{name}:x" if make.of_argument else name) for name, make in LAWS.items()]
    of_laws = [text for law in laws for text in (law.sentence, law.hint)]
    return [*SENTENCES.values(), *OTHER_TEXTS, *advice_texts(), *mistakes, *limits, *of_laws]
