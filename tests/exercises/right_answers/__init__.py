"""Right answers in other styles than ours, by exercise and style: one module a chapter, named like the exercises'."""

import importlib
import pkgutil

RIGHT = {
    exercise: answers
    for module in pkgutil.iter_modules(__path__)
    for exercise, answers in importlib.import_module(f"{__name__}.{module.name}").RIGHT.items()
}
