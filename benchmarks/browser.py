"""How long does a learner wait in the browser? From opening a chapter to its first verdict, and for each later check.

    python -m benchmarks.browser [--visits N]

The site of `make site`, with the Pyodide of the tests, is served from this machine and opened in headless Chromium. A
cold visit begins with an empty cache. The warm visit after it begins with the same cache, in a new window. Both have
these stages: the notebook is on the page, the kernel answers, the first cell of the chapter has run, a wrong answer to
`kl_divergence` has its verdict. Then an expression is checked, which needs SymPy, and on warm visits every known wrong
answer to the chapter.
"""

import argparse
import itertools
import json
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from lossedu.authoring.site import build_site
from tests.browser.chromium import CHROMIUM, FLAGS, PATIENCE, served
from tests.browser.pyodide import fetch_pyodide
from tests.browser.test_site import RUN, go_to_chapter, open_to_tests, solved_code
from tests.samples.submissions import CHAPTER, SWAPPED_ARGUMENTS

STAGES = ("notebook", "kernel", "first cell", "verdict", "all", "SymPy verdict")
CHECKS = f"""
import json, time
from lossedu import exercises
from lossedu.checking import verdict
seconds = []
for exercise in exercises.of_chapter({CHAPTER!r}):
    for known in exercise.misconceptions:
        start = time.perf_counter()
        verdict(exercise.name, known.answer)
        seconds.append(time.perf_counter() - start)
print(json.dumps(seconds))
"""
WRONG = f"def kl_divergence(y_true, y_pred):{SWAPPED_ARGUMENTS['kl_divergence']}\n\ncheck(kl_divergence)"
EXPRESSION = "import sympy\np = sympy.Symbol('p', positive=True)\ncheck(entropy_slope=sympy.log(p))"


def main(argv=None):
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=3, metavar="N", help="cold visits, each followed by a warm one")
    arguments = parser.parse_args(argv)
    found, checks = {"cold": [], "warm": []}, []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = build_site(Path(folder) / "site", fetch_pyodide())
        open_to_tests(site)
        with served(site) as address:
            for number in range(arguments.visits):
                for kind, stages in found.items():  # a browser that learners have opened anew
                    browser = playwright.chromium.launch_persistent_context(
                        f"{folder}/profile-{number}", executable_path=CHROMIUM, args=FLAGS
                    )
                    browser.set_default_timeout(PATIENCE)
                    page = browser.new_page()
                    stages.append(visit(page, address))
                    if kind == "warm":
                        checks += json.loads(said(page, CHECKS))
                    browser.close()
    show(found, checks)


def visit(page, address):
    """Open the chapter and do its first things.

    Returns:
        The seconds of each stage, of all of them, and of an expression's verdict.
    """
    times = [time.perf_counter()]
    go_to_chapter(page, address, CHAPTER)
    times.append(time.perf_counter())
    page.evaluate("async () => { await jupyterapp.shell.currentWidget.sessionContext.ready; }")
    said(page, "print(1)")
    times.append(time.perf_counter())
    said(page, solved_code(CHAPTER)[0])  # the imports
    times.append(time.perf_counter())
    said(page, WRONG)
    times.append(time.perf_counter())
    said(page, EXPRESSION)
    end = time.perf_counter()
    stages = [later - earlier for earlier, later in itertools.pairwise(times)]
    return [*stages, sum(stages), end - times[-1]]


def said(page, code):
    """Run code in the notebook's kernel, and return what it prints; a failed check may raise."""
    return page.evaluate(RUN, code)["text"]


def show(found, checks):
    """Print the table, and the times of the checks."""
    table = Table("seconds, median", *STAGES)
    for kind, visits in found.items():
        seconds = map(statistics.median, zip(*visits, strict=True))
        table.add_row(f"{kind}, {len(visits)} visits", *(f"{each:.1f}" for each in seconds))
    console = Console(width=110)
    console.print(table)
    p95 = statistics.quantiles(checks, n=20)[-1]
    console.print(f"{len(checks)} checks: median {1000 * statistics.median(checks):.0f} ms, p95 {1000 * p95:.0f} ms")


if __name__ == "__main__":
    main()
