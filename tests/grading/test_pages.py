"""Nothing of a submission runs in the pages made of it, nor speaks for lossedu; all that is harmless stays visible."""

import contextlib
import functools
import json
import re
import subprocess
import sys
import warnings
from html.parser import HTMLParser
from urllib.parse import quote

import nbformat
import numpy as np
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from lossedu import checking
from lossedu.authoring import nbgrader_metadata
from lossedu.checking._render import MIME_TYPE
from lossedu.checking._verdict import Verdict
from lossedu.expectations import UnsupportedError
from lossedu.grading import pages
from lossedu.grading._formulas import to_mathml, typeset
from lossedu.grading._markup import clean, is_file_of_submission, render
from lossedu.grading._neutral import neutral
from lossedu.grading.course import read_config
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.checking import verdict
from tests.commands import nbgrader
from tests.grading import injections
from tests.grading.formgrader import TOKEN, serving
from tests.grading.injections import BARE_IMAGE, FORGED, TAG
from tests.samples.demo import REPOSITORY

ASSIGNMENT = "07_kl_divergence"
ATTACKS = injections.notebooks()
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CIRCLE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="20" cy="20" r="18"/></svg>'
FOREIGN = '<svg role="img"><title>forged</title><path d="M0 0h9"/></svg>'
TABLE = """<div>
<style scoped>.dataframe tbody tr th { vertical-align: top; }</style>
<table border="1" class="dataframe">
  <thead><tr style="text-align: right;"><th></th><th>loss</th></tr></thead>
  <tbody><tr><th>0</th><td>0.25</td></tr></tbody>
</table>
</div>"""


def graded_cell(*outputs, name="wasted_bits"):
    """A test cell with outputs."""
    metadata = {"nbgrader": nbgrader_metadata(f"check_{name}", solution=False, points=1)}
    return new_code_cell(f"check({name}={name})", metadata=metadata, outputs=list(outputs))


def shown(found, **forms):
    """A verdict as an output, some of its forms replaced."""
    return new_output("display_data", checking.bundle(found) | forms)


def ordinary():
    """A notebook with a formula, pictures, a table, and a verdict."""
    outputs = [
        new_output("display_data", {"image/png": PIXEL, "text/plain": "p"}, metadata={"image/png": {"width": 40}}),
        new_output("display_data", {"image/svg+xml": CIRCLE, "text/plain": "s"}),
        new_output("execute_result", {"text/html": TABLE, "text/plain": "t"}),
        new_output("display_data", {"text/latex": r"$\displaystyle \frac{x}{2}$", "text/plain": "x/2"}),
        new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m"),
    ]
    prose = (
        "Formula $\\sum_i p_i < 1$:\n\n$$\\sqrt{x}$$\n\n![dot](attachment:dot.png) **bold** [link](https://example.org)"
    )
    return new_notebook(
        cells=[
            new_markdown_cell(prose, attachments={"dot.png": {"image/png": PIXEL}}),
            new_code_cell("def f():\n    return 1", outputs=outputs),
            graded_cell(shown(verdict("wasted_bits", 1.75))),
        ]
    )


def with_scores(notebook, resources):
    """Set scores as nbgrader does it from a gradebook."""
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader |= {"score": 0, "points": 1}
    return notebook, resources


@functools.cache
def exporter():
    """The exporter of feedback pages, without a gradebook."""
    made = pages.FeedbackPage(
        template_name="feedback",
        extra_template_basedirs=[str(pages.NBGRADERS)],
        extra_template_paths=[str(pages.NBGRADERS.parent / "static/node_modules/bootstrap/dist/css")],
    )
    made.register_preprocessor(with_scores)
    return made


def feedback_page(notebook):
    """The feedback page of a notebook."""
    score = {"notebook": "n", "score": 1, "max_score": 2, "late_penalty": 0}
    return exporter().from_notebook_node(notebook, {"nbgrader": score, "metadata": {"name": "n"}})[0]


class Audit(HTMLParser):
    """Collects what a page must not hold."""

    FORBIDDEN = frozenset(("script", "iframe", "object", "embed", "form", "base", "link", "svg", "button", "video"))

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        policy = given.get("http-equiv") == "Content-Security-Policy" and given.get("content") == pages.OF_FEEDBACK
        if tag in self.FORBIDDEN or (tag == "meta" and not policy and given != {"charset": "utf-8"}):
            self.found.append(tag)
        self.found += [name for name in given if name.startswith(("on", "xlink:", "srcset", "data-"))]
        self.found += [given["href"] for _ in [0] if not re.match(r"$|https?://|mailto:|#", given.get("href", ""))]
        self.found += [
            given["src"] for _ in [0] if not re.match(r"$|data:image/|(?!.*\.\.)[\w.][^:\\]*$", given.get("src", ""))
        ]
        self.found += re.findall(r"position|url\(|transform|margin-top", given.get("style", ""))


@pytest.mark.parametrize("name", ATTACKS)
def test_a_feedback_page_holds_nothing_that_runs(name):
    audit = Audit()
    audit.feed(feedback_page(ATTACKS[name]))
    assert audit.found == []


def test_in_the_formgrader_the_scripts_of_nbgrader_alone_carry_the_nonce_of_the_page():
    names = {"student": TAG, "last_name": f'"{TAG}', "first_name": TAG, "notebook_path": f'"{TAG}', "notebook_id": TAG}
    resources = names | {"assignment_id": "a", "submission_id": "s", "index": 0, "total": 1, "base_url": ""}
    page = pages.GradingPage(template_name="formgrade", extra_template_basedirs=[str(pages.NBGRADERS)])
    nonces = set()
    for name, notebook in ATTACKS.items():
        shown = page.from_notebook_node(notebook, resources | {"metadata": {"name": "n"}})[0]
        (nonce,) = re.findall(r"script-src 'nonce-([^']+)'", shown)
        nonces.add(nonce)
        assert shown.count("<script") == shown.count(f'<script nonce="{nonce}"') > 0, name
    assert len(nonces) == len(ATTACKS)


def test_an_ordinary_page_shows_formulas_pictures_tables_and_the_verdict():
    page = feedback_page(ordinary())
    assert page.count("<math") == 3
    assert page.count(f"data:image/png;base64,{PIXEL}") == 2
    assert "data:image/svg+xml;base64," in page
    assert 'width="40"' in page
    assert '<table border="1" class="dataframe">' in page
    assert '<tr style="text-align:right">' in page
    assert '<span class="ansi-red-fg">red</span>' in page
    assert '<span class="k">def</span>' in page
    assert checking.bundle(verdict("wasted_bits", 1.75))["text/html"].partition("<table")[0].split(">")[0] in page
    assert "wasted_bits: 0 of 1 points" in page


def test_a_verdict_is_shown_in_the_words_of_its_data_only():
    page = feedback_page(
        new_notebook(cells=[graded_cell(shown(verdict("wasted_bits", 0.25), **{"text/html": FORGED}))])
    )
    assert "wasted_bits: 1 of 1 points" in page
    assert FORGED not in page


def test_a_verdict_shows_its_curve_and_foreign_pictures_are_left_out():
    found = verdict("log_cosh", lambda y_true, y_pred: np.abs(y_pred - y_true).mean(-1))
    assert found.curve
    cell = graded_cell(shown(found, **{"text/html": FOREIGN}), new_output("display_data", {"text/html": FOREIGN}))
    cell.source = "check(log_cosh)"
    answer = new_code_cell("1", outputs=[new_output("display_data", {"text/html": FOREIGN})])
    page = feedback_page(new_notebook(cells=[new_markdown_cell(FOREIGN), answer, cell]))
    html = checking.bundle(found)["text/html"]
    lines = [re.findall(r' d="([^"]+)"', text) for text in (html, page)]  # nbconvert puts attributes in another order
    assert lines[0] == lines[1]
    assert len(lines[0]) == 3
    assert page.count("<svg") == html.count("<svg")
    assert "forged" not in page


def test_a_claimed_curve_is_drawn_as_numbers_and_text_alone():
    honest = verdict("log_cosh", lambda y_true, y_pred: np.abs(y_pred - y_true).mean(-1)).as_dict()
    claimed = honest | {"curve": honest["curve"] | {"argument": TAG, "settings": TAG}}
    cell = graded_cell(new_output("display_data", {MIME_TYPE: claimed}))
    cell.source = "check(log_cosh)"
    page = feedback_page(new_notebook(cells=[cell]))
    assert "<svg" in page
    assert "<script" not in page


def test_words_in_a_verdict_are_text():
    found = verdict("wasted_bits", 1.75).as_dict() | {"stale": TAG}
    page = feedback_page(new_notebook(cells=[graded_cell(new_output("display_data", {MIME_TYPE: found}))]))
    assert "&lt;script&gt;" in page
    assert "<script" not in page


FOUND = verdict("wasted_bits", 1.75).as_dict()
CURVE = {"argument": "x", "settings": "", "start": 0.0, "stop": 1.0, "expected": [0.0, 1.0], "yours": [0.0, None]}
CLAIMS = {
    "no aspects": {name: value for name, value in FOUND.items() if name != "aspects"},
    "points as text": FOUND | {"points": FORGED},
    "infinite points": FOUND | {"points": float("inf")},
    "truth as points": FOUND | {"points": True},
    "aspect of another form": FOUND | {"aspects": [{"name": FORGED}]},
    "points of a thousand digits": FOUND | {"points": 10**1000},
    "curve of texts": FOUND | {"curve": CURVE | {"yours": [FORGED, FORGED]}},
    "curve of another form": FOUND | {"curve": FORGED},
    "endless curve": FOUND | {"curve": CURVE | {"expected": [0.0] * 10**5, "yours": [0.0] * 10**5}},
    "another exercise": FOUND | {"exercise": FORGED},
    "a text": FORGED,
    "nothing": None,
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claimed_verdict_of_another_form_is_left_out(claim):
    data = {MIME_TYPE: CLAIMS[claim], "text/html": FORGED, "text/plain": FORGED}
    cell = graded_cell()
    cell.outputs = [nbformat.from_dict({"output_type": "display_data", "data": data, "metadata": {}})]
    assert neutral(new_notebook(cells=[cell])).cells[0].outputs == []


def test_a_verdict_counts_only_in_a_cell_that_tests_its_exercise():
    claimed = shown(verdict("wasted_bits", 0.25))
    answer = new_code_cell("check(wasted_bits=0.25)", outputs=[claimed])
    other = graded_cell(claimed, name="covering_deviation")
    assert [cell.outputs for cell in neutral(new_notebook(cells=[answer, other])).cells] == [[], []]


def test_a_verdict_survives_its_way_through_a_file():
    found = verdict("kl_divergence", lambda y_true, y_pred: y_true)
    assert Verdict.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_a_verdict_of_another_version_is_read_and_its_unknown_fields_are_left_out():
    earlier = {name: value for name, value in FOUND.items() if name not in ("accident", "stale")} | {"html": FORGED}
    assert Verdict.from_dict(earlier).as_dict() == FOUND


def test_all_formulas_of_the_course_become_mathml(monkeypatch):
    monkeypatch.setattr("lossedu.grading._formulas.as_code", lambda tex: pytest.fail(tex))
    chapters = [nbformat.read(path, as_version=4) for path in sorted((REPOSITORY / "course").glob("*/*.ipynb"))]
    texts = [cell.source for chapter in chapters for cell in chapter.cells if cell.cell_type == "markdown"]
    formulas = [formula for text in texts for formula in re.findall(r"<math.*?</math>", render(text), re.DOTALL)]
    assert len(formulas) > 1000
    assert not [formula for formula in formulas if re.search(r"\\[a-zA-Z]", formula)]


@pytest.mark.parametrize(
    "tex",
    [
        r"\def\a{\a\a}\a",
        r"\newcommand{\a}{\a}\a",
        r"\frac{",
        r"}{",
        "{" * 3000,
        r"\sqrt" * 1500,
        "x" * 20_000,
        r"\begin{array}{c",
        r"x_1_2",
    ],
    ids=lambda tex: tex[:12],
)
def test_a_formula_that_cannot_be_converted_is_shown_as_written(tex):
    assert to_mathml(tex).startswith("<code>")


@pytest.mark.parametrize(
    ("tex", "before", "after"),
    [(r"p \ln p", "0.1667em", "0.1667em"), (r"-\ln(p)", "0", "0"), (r"x \log_2 y", "0.1667em", "0.1667em")],
)
def test_names_of_functions_stand_apart(tex, before, after):
    assert f'<mo form="prefix" lspace="{before}" rspace="{after}">l' in to_mathml(tex)


def test_latex_outputs_are_text_between_formulas():
    page = typeset("a < b, $x$ and $$y$$, \\begin{align}a&=b\\end{align}, 5 dollars")
    assert page.startswith("a &lt; b, <math")
    assert page.count('display="block"') == 2
    assert page.endswith(", 5 dollars")


@pytest.mark.parametrize("address", ["plot.png", "figures/a b.png", "figures/a%20b.png", "%C3%BC.png"])
def test_pictures_beside_the_notebook_stay(address):
    assert is_file_of_submission(address)
    assert f'src="{address}"' in clean(f'<img src="{address}">')


@pytest.mark.parametrize(
    "address",
    [
        "../a.png",
        "%2e%2e/a.png",
        "a/..%2fb",
        "/a.png",
        "%2fa",
        "//a",
        r"\\a",
        "https:a",
        " //a",
        "\n//a",
        "a?b",
        "",
        "a#b",
    ],
)
def test_pictures_from_elsewhere_go(address):
    assert not is_file_of_submission(address)
    assert "src" not in clean(f'<img src="{address}">')


def test_a_page_without_a_head_is_refused():
    with pytest.raises(UnsupportedError, match="has no <head>"):
        pages.with_policy("<html>", pages.OF_FEEDBACK)


def test_the_configuration_of_the_course_switches_it_on():
    config = read_config(REPOSITORY).GenerateFeedback
    assert config.exporter_class is pages.FeedbackPage
    assert config.preprocessors[-1] is pages.EscapeNames


ANOTHER_FORMGRADER = """
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config
from lossedu.grading import trust

del handlers.SubmissionFilesHandler
trust(Config())
"""


def test_a_formgrader_of_another_shape_is_refused():
    ran = subprocess.run([sys.executable, "-c", ANOTHER_FORMGRADER], cwd=REPOSITORY, capture_output=True, text=True)
    assert ran.returncode == 1
    assert "nbgrader.server_extensions.formgrader.handlers has no SubmissionFilesHandler." in ran.stderr


def test_names_are_escaped_for_html_and_javascript():
    assert pages.escaped({"a": {"b": "</script>\"\\'"}, "c": 1}) == {
        "a": {"b": "&lt;/script&gt;&quot;&#92;'"},
        "c": 1,
    }


# the same in a browser


HTML_NAME = f'x"{BARE_IMAGE}'


def student_of(number):
    return f"s{number:03}"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course in which a student handed in each attack, one an ordinary notebook, and one has a name of HTML."""
    folder = tmp_path_factory.mktemp("attacked")
    text = (REPOSITORY / "nbgrader_config.py").read_text(encoding="utf-8")
    (folder / "nbgrader_config.py").write_text(text, encoding="utf-8")
    handed_in = {student_of(number): notebook for number, notebook in enumerate(ATTACKS.values())}
    handed_in |= {"ordinary": ordinary(), HTML_NAME: ordinary()}
    names = {"first_name": TAG, "last_name": f"</script>{TAG}"}
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "lossedu") as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        gradebook.add_assignment(ASSIGNMENT)
        gradebook.add_notebook(ASSIGNMENT, ASSIGNMENT)
        gradebook.add_grade_cell("check_wasted_bits", ASSIGNMENT, ASSIGNMENT, max_score=1, cell_type="code")
        for student, notebook in handed_in.items():
            gradebook.add_student(student, **names)
            gradebook.add_submission(ASSIGNMENT, student)
            if notebook.cells[-1].metadata.get("nbgrader", {}).get("grade_id") != "check_wasted_bits":
                notebook.cells.append(graded_cell(shown(verdict("wasted_bits", 0.25))))
            place = folder / "autograded" / student / ASSIGNMENT
            place.mkdir(parents=True)
            (place / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
            (place / "evil.html").write_text(TAG)
            (place / "evil.js").write_text(injections.SCRIPT)
        gradebook.db.commit()
    return folder


@pytest.fixture(scope="module")
def watched():
    """Open pages in Chromium: a function that opens an address and returns the page and all that it did."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(extra_http_headers={"Authorization": f"token {TOKEN}"})
        did = []

        def on_request(route):
            url = route.request.url
            if url.startswith(("file:", "http://127.0.0.1:", "data:")):
                route.continue_()
            else:
                did.append(f"asks for {url}")
                route.abort()

        def look(address):
            did.clear()
            page = context.new_page()
            page.on("dialog", lambda dialog: (did.append(f"asks {dialog.message}"), dialog.dismiss()))
            page.on("pageerror", lambda error: did.append(f"fails: {error}"))
            page.on("console", lambda message: did.append(message.text) if interesting(message.text) else None)
            with contextlib.suppress(Error):  # a page may leave while it loads
                page.goto(address, wait_until="load")
                page.wait_for_timeout(30)
            return page, did

        context.route("**/*", on_request)
        yield look
        browser.close()


def interesting(message):
    """Whether a message on the console tells of a script, or of what only the policy has stopped.

    Bootstrap's style sheet, which nbgrader puts into its pages, asks for a font that is not there.
    """
    stopped = "Content Security Policy" in message and "Loading the font" not in message
    return message == "ran" or stopped


COVERING = """() => [...document.querySelectorAll("#notebook *")].filter(
    each => ["fixed", "absolute", "sticky"].includes(getComputedStyle(each).position)).map(each => each.outerHTML)"""
OUTSIDE = """words => {
    const texts = [...document.querySelectorAll("#notebook *")].filter(e => !e.children.length && e.innerText == words);
    return texts.filter(each => {
        const cell = each.closest(".output_area, .text_cell_render");
        const [inner, outer] = [each.getBoundingClientRect(), cell.getBoundingClientRect()];
        const shown = document.elementFromPoint(inner.x + 1, inner.y + 1);
        const within = inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
        return !within && shown == each;
    }).map(each => each.outerHTML);
}"""


def faults(page, did):
    """What a page did, and what in it lies over something else."""
    return [*did, *page.evaluate(COVERING), *page.evaluate(OUTSIDE, FORGED)]


@pytest.mark.browser
def test_the_attacks_run_in_the_pages_of_nbgrader_itself(watched, tmp_path):
    """So that the tests below can fail."""
    exporter, ran = HTMLExporter(template_name="classic"), 0
    for notebook in list(ATTACKS.values())[:30]:
        file = tmp_path / "page.html"
        with contextlib.suppress(Exception):
            file.write_text(exporter.from_notebook_node(notebook)[0], encoding="utf-8")
            page, did = watched(file.as_uri())
            ran += any(each == "ran" or "attacker.test" in each for each in did)
            page.close()
    assert ran >= 15


@pytest.mark.browser
def test_no_script_runs_in_a_feedback_page_and_no_request_leaves(course, watched):
    nbgrader(course, "generate_feedback", ASSIGNMENT)
    found = {}
    for number, name in enumerate(ATTACKS):
        file = course / "feedback" / student_of(number) / ASSIGNMENT / f"{ASSIGNMENT}.html"
        page, did = watched(file.as_uri())
        assert page.get_by_role("status").filter(has_text="wasted_bits: 1 of 1 points").count() == 1, name
        found[name] = faults(page, did)
        page.close()
    assert {name: each for name, each in found.items() if each} == {}


@pytest.fixture(scope="module")
def formgrader(course):
    with serving(course) as served:
        yield served


@pytest.fixture(scope="module")
def submissions(course):
    """The ids of all submissions, by student, as addresses of the formgrader have them."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        return {each.student.id: each.id for each in gradebook.notebook_submissions(ASSIGNMENT, ASSIGNMENT)}


@pytest.mark.browser
def test_no_script_of_a_submission_runs_in_the_formgrader(formgrader, submissions, watched):
    found = {}
    for number, name in enumerate(ATTACKS):
        page, did = watched(f"{formgrader.address}/submissions/{submissions[student_of(number)]}/")
        assert page.get_by_role("status").filter(has_text="wasted_bits: 1 of 1 points").count() == 1, name
        found[name] = faults(page, did)
        page.close()
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.browser
def test_names_of_html_are_text_in_the_formgrader(formgrader, submissions, watched):
    for path in (
        "manage_assignments",
        f"manage_submissions/{ASSIGNMENT}",
        "manage_students",
        f"manage_students/{quote(HTML_NAME)}",
        f"manage_students/{quote(HTML_NAME)}/{ASSIGNMENT}",
        "gradebook",
        f"gradebook/{ASSIGNMENT}",
        f"gradebook/{ASSIGNMENT}/{ASSIGNMENT}",
        f"submissions/{submissions[HTML_NAME]}/",
    ):
        page, did = watched(f"{formgrader.address}/{path}")
        page.wait_for_load_state("networkidle")
        assert did == [], path
        assert page.evaluate("typeof jQuery") == "function", path
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize("what", ["assignment", "student"])
def test_the_buttons_of_the_formgrader_work(what, formgrader, watched):
    page, did = watched(f"{formgrader.address}/manage_{what}s")
    page.get_by_role("link", name=f"Add new {what}...").click()
    page.locator(".modal-title", has_text=re.compile(f"Add new {what}", re.IGNORECASE)).wait_for()
    assert did == []


@pytest.mark.browser
def test_the_formgrader_works_without_mathjax(formgrader, submissions, watched):
    page, did = watched(f"{formgrader.address}/submissions/{submissions['ordinary']}/")
    page.locator(".glyphicon-eye-open").click()
    assert page.locator(".name-shown").first.is_visible()
    with page.expect_response(lambda response: "/api/grade/" in response.url) as saved:
        page.locator(".full-credit").click()
    assert saved.value.ok
    page.keyboard.press("Tab")
    page.locator(".help").click()
    page.get_by_text("Keyboard shortcuts").wait_for()
    assert did == []


@pytest.mark.browser
def test_a_file_of_a_submission_runs_nothing_and_pictures_are_served(formgrader, submissions, watched):
    page, did = watched(f"{formgrader.address}/submissions/{submissions['ordinary']}/evil.html")
    assert [each for each in did if each == "ran" or "attacker.test" in each] == []
    assert page.evaluate("origin") == "null"
