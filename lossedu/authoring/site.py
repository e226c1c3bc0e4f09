"""The course as a web page that runs in the browser: a static JupyterLite site, in which Pyodide runs Python.

`make site` builds it in `build/site/`, without a network. Any web server can hand out this folder.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_path
from markdown_it import MarkdownIt

from lossedu.authoring import chapter_link
from lossedu.authoring._wheels import add_byte_code, compiler, pack_installed
from lossedu.errors import PlainError
from lossedu.learners import SETTINGS, START_PAGE, shipped_course

TITLE = "Loss functions, by hand"
PYODIDE = "0.27.7"  # made for jupyterlite-pyodide-kernel 0.6
ADDRESS = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = (KERNEL, "@jupyter-widgets/jupyterlab-manager")  # the kernel, and what draws sliders
# from Pyodide: what the kernel and every chapter need, and what single chapters import
AT_START = ("micropip", "ssl", "sqlite3", "jedi", "ipython", "numpy", "matplotlib")
ON_IMPORT = ("scikit-learn",)
# from this machine, at the start too
PURE = ("comm", "ipywidgets", "mpmath", "sympy")
CORE = ("pyodide.js", "pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
WORKER_TO_SITE = "../../../.."  # from the script that runs Python: extensions/@jupyterlite/NAME/static/

NOTE = """\
This copy runs in your browser. You need no account and no installation, and nothing is sent anywhere. The browser keeps
your notebooks and your progress on this computer; they are gone if you delete the data of this site. To keep a notebook
elsewhere, or to hand it in, choose *File > Download*. There is no terminal: instead of the `lossedu` commands below,
call `hint`, `solution`, `progress()` and `next_exercise()` in a cell. If a cell does not end, choose *Kernel > Restart
Kernel*; your text stays. The first cell of a chapter takes longest, because the browser loads Python first.
"""

# each page has the script element that the page of JupyterLab reads from `index.html`
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{{}}</script>
<style>
html {{ background: #fff; color: #1f2328; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 52rem; padding: 1rem; }}
a {{ color: #0b57a4; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
td, th {{ border-bottom: 1px solid #8886; padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; }}
@media (prefers-color-scheme: dark) {{
  html {{ background: #16181c; color: #e6e8eb; }}
  a {{ color: #8ab8f0; }}
}}
</style>
</head>
<body>
<main>
{body}</main>
</body>
</html>
"""
# Where JupyterLite decides, as it starts a kernel, whether this kernel sees the files of the page: it does if the page
# has its service worker at that moment (the kernel up to 0.8.7, at least). On a slow computer it comes later.
START = re.compile(r"(?P<head>create:async \w+=>\{)(?=.{,300}null==(?P<worker>\w+)\?void 0:(?P=worker)\.enabled)")
# `ready` comes, or says no; without service workers, as in a private window of Firefox, it would do neither
WAIT = r"\g<head>if(navigator.serviceWorker&&\g<worker>)await \g<worker>.ready.catch(()=>{});"
LINK = re.compile(r'href="(?P<place>[^":]+\.(?:ipynb|md))(?P<anchor>#[^"]*)?"')


class SiteError(PlainError, ValueError):
    """The site cannot be built as it was asked for; says why."""


def build_site(target, pyodide=None, language=None):
    """Build the site of the course.

    Args:
        target: the folder of the site; it is replaced.
        pyodide: a folder with Pyodide and its packages, which the site then includes; by default, browsers fetch
            these from their public address.
        language: the language of verdicts and hints, such as "zh_CN"; by default, English.

    Returns:
        The path of the site.

    Raises:
        SiteError: the folder of Pyodide lacks a file, or has another version.
    """
    target = Path(target).resolve()
    with tempfile.TemporaryDirectory() as place:
        stage = Path(place)
        shutil.copytree(shipped_course(), stage / "contents", ignore=shutil.ignore_patterns(".*"))
        wheels = make_wheels(stage / "pypi")
        if pyodide is not None:
            copy_pyodide(Path(pyodide), stage / "static" / "pyodide")
        write(stage / "jupyter-lite.json", configuration(wheels, pyodide is not None, language))
        write(stage / "overrides.json", settings())
        run_jupyterlite(stage, stage / "site")
        let_kernels_wait_for_files(stage / "site")
        write_pages(stage / "site")
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(stage / "site", target)
    return target


def write(file, data):
    """Write data as JSON."""
    file.write_text(json.dumps(data, indent=1), encoding="utf-8")


def write_pages(folder):
    """Write the start page and the glossary as web pages, with links that open chapters in JupyterLab."""
    for page in sorted(shipped_course().glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if page.name == START_PAGE:
            heading, _, rest = text.partition("\n\n")
            text = f"{heading}\n\n{NOTE}\n{rest}"
        title = text.partition("\n")[0].lstrip("# ")
        body = LINK.sub(link_in_site, MarkdownIt().enable("table").render(text))
        (folder / page_name(page.name)).write_text(PAGE.format(title=title, body=body), encoding="utf-8")


def page_name(name):
    """Return the name of the web page for a page of the course.

    >>> page_name("README.md"), page_name("GLOSSARY.md")
    ('index.html', 'glossary.html')
    """
    return "index.html" if name == START_PAGE else f"{name.removesuffix('.md').lower()}.html"


def link_in_site(link):
    """Return where a link between files of the course leads in the site: to JupyterLab, or to a web page."""
    place, anchor = link["place"], link["anchor"] or ""
    return f'href="{chapter_link(place) if place.endswith(".ipynb") else page_name(place)}{anchor}"'


def make_wheels(folder):
    """Make the wheels of lossedu and of what it needs; return their names."""
    folder.mkdir()
    root = shipped_course().parent
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)  # noqa: S603
    for name in PURE:
        pack_installed(name, folder)
    wheels = sorted(folder.glob("*.whl"))
    python = compiler()
    if python is None:
        print("There is no Python 3.12 here to compile the course for the browser: it will start more slowly.")
    else:
        for wheel in wheels:
            add_byte_code(wheel, python)
    return [wheel.name for wheel in wheels]


def copy_pyodide(source, target):
    """Copy Pyodide with the packages that the course uses, and a lock file that names these alone.

    If there is a Python to compile them, the copies contain byte code, and Python starts sooner in the browser.

    Raises:
        SiteError: a file is missing, or the version is another one.
    """
    try:
        lock = json.loads((source / LOCK).read_text(encoding="utf-8"))
        if lock["info"]["version"] != PYODIDE:
            raise SiteError(f"pyodide: expected version {PYODIDE} in {source}; got {lock['info']['version']}")
        needed = with_dependencies([*AT_START, *ON_IMPORT], lock["packages"])
        target.mkdir(parents=True)
        for name in [*CORE, *(entry["file_name"] for entry in needed.values())]:
            shutil.copyfile(source / name, target / name)
    except FileNotFoundError as missing:
        raise SiteError(f"pyodide: there is no {missing.filename}") from None
    if python := compiler():
        needed = {name: compiled(entry, target, python) for name, entry in needed.items()}
    write(target / LOCK, lock | {"packages": needed})


def compiled(entry, folder, python):
    """Add byte code to a package of Pyodide, if it is a wheel; return its entry of the lock file, with the new hash."""
    file = folder / entry["file_name"]
    if file.suffix != ".whl":
        return entry
    add_byte_code(file, python)
    return entry | {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def with_dependencies(names, packages):
    """Return the entries of a lock file for these packages and all that they depend on, by name.

    >>> with_dependencies(["b"], {"a": {"depends": []}, "b": {"depends": ["a"]}, "c": {"depends": []}})
    {'a': {'depends': []}, 'b': {'depends': ['a']}}
    """
    found, todo = set(), list(names)
    while todo:
        name = todo.pop().replace("_", "-")  # the names of entries are in normal form, those in `depends` are not
        if name not in found:
            found.add(name)
            todo += packages[name]["depends"]
    return {name: packages[name] for name in sorted(found)}


def configuration(wheels, own_pyodide, language):
    """Return what `jupyter-lite.json` says: the parts of JupyterLab that learners see, and how Python starts."""
    page = json.loads((SETTINGS / "labconfig" / "page_config.json").read_text(encoding="utf-8"))
    packages = [*AT_START, *(f"{WORKER_TO_SITE}/pypi/{wheel}" for wheel in wheels)]
    options: dict[str, Any] = {"packages": packages}
    if language:
        options["env"] = {"LANGUAGE": language}
    kernel = {
        "pyodideUrl": "./static/pyodide/pyodide.js" if own_pyodide else f"{ADDRESS}pyodide.js",
        "disablePyPIFallback": own_pyodide,  # such a site must do without the internet
        "loadPyodideOptions": options,
    }
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": TITLE,
            "disabledExtensions": [name for name, off in page["disabledExtensions"].items() if off],
            "litePluginSettings": {f"{KERNEL}:kernel": kernel},
        },
    }


def settings():
    """Return the settings of JupyterLab: those of `lossedu lab`, and that notebooks are saved often."""
    found = json.loads((SETTINGS / "labconfig" / "default_setting_overrides.json").read_text(encoding="utf-8"))
    found["@jupyterlab/docmanager-extension:plugin"]["autosaveInterval"] = 10  # seconds
    return found


def labextension(name):
    """Return the folder of an installed extension of JupyterLab."""
    places = [Path(folder, name) for folder in jupyter_path("labextensions")]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise SiteError(f"the extension {name} of JupyterLab is not installed")
    return str(found)


def run_jupyterlite(stage, target):
    """Let JupyterLite build the site from the staged files."""
    options = {
        "LiteBuildConfig": {
            "apps": ["lab"],
            "contents": [str(stage / "contents")],
            "federated_extensions": [labextension(name) for name in EXTENSIONS],
            "ignore_sys_prefix": ["federated_extensions"],
            "lite_dir": str(stage),
            "no_sourcemaps": True,
            "output_dir": str(target),
        }
    }
    write(stage / "jupyter_lite_config.json", options)
    command = [sys.executable, "-m", "jupyter", "lite", "build", "--config", "jupyter_lite_config.json"]
    made = subprocess.run(command, cwd=stage, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode:
        raise RuntimeError(f"JupyterLite could not build the site:\n{made.stdout}{made.stderr}")


def let_kernels_wait_for_files(site):
    """Let each kernel start with the files of the page: without them, it could not keep a learner's progress."""
    found = 0
    for script in (site / "extensions" / KERNEL / "static").glob("*.js"):
        text, times = START.subn(WAIT, script.read_text(encoding="utf-8"))
        if times:
            script.write_text(text, encoding="utf-8")
            found += times
    if found != 1:
        raise SiteError(f"expected one place in {KERNEL} where kernels start, found {found}: another version of it?")


def main():
    """Build the site as the command line says."""
    parser = argparse.ArgumentParser(description="Build the course as a site that runs in the browser.")
    parser.add_argument("target", help="the folder of the site; it is replaced")
    parser.add_argument("--pyodide", help=f"a folder with Pyodide {PYODIDE} and its packages, to be included")
    parser.add_argument("--language", help="the language of verdicts and hints, such as zh_CN")
    arguments = parser.parse_args()
    try:
        print(build_site(arguments.target, arguments.pyodide or None, arguments.language or None))
    except SiteError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
