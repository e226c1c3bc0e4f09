"""The exercises of the course: one module or package a chapter, everything about an exercise in one declaration."""

import importlib
import pkgutil

from lossedu.exercises._declare import (
    Case,
    CounterexampleExercise,
    Exercise,
    ExpressionExercise,
    FunctionExercise,
    Misconception,
    NumberExercise,
    WarmUp,
    chapters,
    get,
    is_known,
    names,
    nearest,
    of_chapter,
    ready_made_in,
    warm_up_of,
)

# importing a chapter's module declares its exercises
for _module in pkgutil.iter_modules(__path__):
    if not _module.name.startswith("_"):
        importlib.import_module(f"{__name__}.{_module.name}")

__all__ = [
    "Case",
    "CounterexampleExercise",
    "Exercise",
    "ExpressionExercise",
    "FunctionExercise",
    "Misconception",
    "NumberExercise",
    "WarmUp",
    "chapters",
    "get",
    "is_known",
    "names",
    "nearest",
    "of_chapter",
    "ready_made_in",
    "warm_up_of",
]
