"""Write two modules from the declarations of the losses (`make losses`), because editors must see names as text.

Each loss is declared once, beside its formulas (`lossedu.losses.declaration`). `losses/classes.py` gets the class of
each loss that has one, and `losses/__init__.py` all names and aliases.
"""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

from lossedu import losses
from lossedu.files import write_whole
from lossedu.losses import objects
from lossedu.losses.declaration import DECLARATIONS, ERAS, FAMILIES, ClassForm, Declaration

FOLDER = Path(losses.__file__).parent
COMMON = {  # the parameters that every class has
    "reduction": ("Reduction", "sum_over_batch_size"),
    "name": ("str", None),
    "dtype": ("DTypeLike | None", None),
}
OTHERS = {  # what is public besides the declared losses and their classes
    "aliases": ("ALIASES",),
    "identifiers": ("deserialize", "get", "serialize"),
    "objects": ("Loss",),
    "reduction": ("reduce_loss",),
}
MARK = "# Do not edit: `make losses` writes this module from the declarations beside the formulas."
CLASSES_HEAD = f'''\
"""The losses as objects, named as in Keras where it has them: a function, its options, and how to reduce the batch.

>>> mse = MeanSquaredError(reduction="sum")
>>> float(mse([[0.0], [0.0]], [[1.0], [2.0]]))
5.0
>>> mse.gradient([[0.0], [0.0]], [[1.0], [2.0]], sample_weight=[1.0, 0.5])
array([[2.],
       [2.]])
"""

{MARK}

'''
PACKAGE_HEAD = f'''\
"""The reference losses in plain NumPy, most with their `.gradient`.

Where Keras has a loss, its name, arguments and numbers are the same.

>>> from lossedu import losses
>>> losses.kl_divergence.gradient([0.5, 0.5], [0.8, 0.2])
array([-0.625, -2.5  ])
>>> losses.mse is losses.get("mean_squared_error")
True
"""

{MARK}

'''


def main() -> None:
    """Write both modules."""
    for path, text in modules().items():
        write_whole(path, text.encode())


def modules() -> dict[Path, str]:
    """Return the text of each module, by its file."""
    for module in pkgutil.iter_modules(losses.__path__):  # the package does not import a new family yet
        importlib.import_module(f"{losses.__name__}.{module.name}")
    return {FOLDER / "classes.py": formatted(classes_module()), FOLDER / "__init__.py": formatted(package_module())}


def formatted(text: str) -> str:
    """Return Python code as ruff sorts and formats it."""
    for command in (["check", "--fix-only", "--select", "I,RUF022"], ["format"]):
        ruff = [str(Path(sys.executable).with_name("ruff")), *command, "--line-length", "120", "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return text


def with_classes() -> dict[str, ClassForm]:
    """Return the form of each class, by the name of its function."""
    return {name: declared.keras_class for name, declared in by_family() if declared.keras_class}


def by_family() -> list[tuple[str, Declaration]]:
    """Return the declarations, sorted by family and name; the order of imports may differ between runs."""
    return sorted(DECLARATIONS.items(), key=lambda item: (FAMILIES.index(item[1].family), item[0]))


def home_of(name: str) -> str:
    """Return the name of the module that defines a loss."""
    return inspect.unwrap(function_named(name)).__module__


def function_named(name: str):
    """Return the function of a declared loss, whichever module defines it."""
    return next(
        getattr(module, name)
        for key, module in sys.modules.items()
        if key.startswith(f"{losses.__name__}.") and getattr(getattr(module, name, None), "__module__", None) == key
    )


def imports(names_by_module: dict[str, list[str]]) -> str:
    """Return import statements, sorted by module."""
    ordered = sorted(names_by_module.items())
    return "\n".join(f"from {module} import {', '.join(sorted(names))}" for module, names in ordered)


def functions_by_module(names) -> dict[str, list[str]]:
    """Group names of losses by the module that defines each."""
    homes: dict[str, list[str]] = {}
    for name in names:
        homes.setdefault(home_of(name), []).append(name)
    return homes


def classes_module() -> str:
    """Return the text of the module with the classes of the losses."""
    forms = with_classes()
    bases = sorted({"Loss", "Reduction", *(form.base for form in forms.values())})
    bodies = [class_source(name, form) for name, form in forms.items()]
    types = [name for name in ("Axis", "Array") if any(f": {name} " in body for body in bodies)]
    homes = functions_by_module(forms) | {"lossedu.arrays": types, "lossedu.losses.objects": bases}
    public = sorted(["Loss", *(form.name for form in forms.values())])
    head = f"{CLASSES_HEAD}from numpy.typing import DTypeLike\n\n{imports(homes)}\n\n__all__ = {public!r}\n"
    return "\n\n\n".join([head, *bodies]) + "\n"


def class_source(name: str, form: ClassForm) -> str:
    """Return the code of a loss's class: summary, function, and a constructor with every option."""
    function = function_named(name)
    known = options_of(function) | COMMON | {"name": ("str", name)}
    known |= {option: (known[option][0], default) for option, default in form.defaults.items()}
    parameters = {option: known[option] for option in form.parameters or known}
    options = [option for option in parameters if option not in COMMON]
    signature = ", ".join(f"{option}: {kind} = {default!r}" for option, (kind, default) in parameters.items())
    handed_on = ", ".join(["name", "reduction", "dtype", *(f"{option}={option}" for option in options)])
    summary = (inspect.getdoc(function) or "").splitlines()[0]
    assert hasattr(objects, form.base)  # noqa: S101  a base that is not there would be written nevertheless
    return "\n".join(
        [
            f"class {form.name}({form.base}):",
            f'    r"""{summary}' if "\\" in summary else f'    """{summary}',
            "",
            f"    The options are those of `{name}`; `Loss` describes the other parameters.",
            '    """',
            "",
            f"    function = staticmethod({name})",
            "",
            f"    def __init__(self, {signature}) -> None:",
            '        """Keep the arguments."""',
            f"        super().__init__({handed_on})",
        ]
    )


def options_of(function) -> dict[str, tuple[str, object]]:
    """Return the annotation and the default of each option of a loss."""
    formula = inspect.unwrap(function)
    tree = ast.parse(Path(inspect.getfile(formula)).read_text(encoding="utf-8"))
    nodes = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    written = next(node for node in nodes if node.name == formula.__name__)
    annotations = {each.arg: ast.unparse(each.annotation) for each in written.args.args if each.annotation}
    parameters = inspect.signature(function).parameters.values()
    return {p.name: (annotations[p.name], p.default) for p in parameters if p.name not in function.arrays}


def package_module() -> str:
    """Return the text of the package: functions, classes, the functions that read their names, and aliases."""
    homes = functions_by_module(DECLARATIONS)
    homes["lossedu.losses.classes"] = [form.name for form in with_classes().values()]
    homes |= {f"lossedu.losses.{module}": [*names] for module, names in OTHERS.items() if module != "reduction"}
    homes.setdefault("lossedu.losses.reduction", []).extend(OTHERS["reduction"])
    # the families come first: the other modules read their declarations
    families = {module: names for module, names in homes.items() if module not in LATER}
    later = {module: names for module, names in homes.items() if module in LATER}
    public = sorted(name for names in homes.values() for name in names)
    return "\n".join(
        [
            PACKAGE_HEAD + "# isort: off",
            imports(families),
            "# these modules read the declarations in the modules above",
            imports(later),
            "# isort: on",
            "",
            f"__all__ = {public!r}",
            "",
            "# earlier and short names of losses",
            *alias_lines(),
            "",
        ]
    )


LATER = tuple(f"lossedu.losses.{module}" for module in ("aliases", "classes", "identifiers", "objects"))


def alias_lines() -> list[str]:
    """Return an assignment for each loss that has other names."""
    lines = []
    for name, declared in by_family():
        others = [alias for era in ERAS for alias in declared.aliases.get(era, ())]
        if others:
            lines.append(" = ".join([*others, name]))
    return lines


if __name__ == "__main__":
    main()
