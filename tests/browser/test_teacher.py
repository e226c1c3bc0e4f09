"""A teacher's way through an assignment, by the buttons of nbgrader's formgrader in a real JupyterLab."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from playwright.sync_api import expect

from lossedu import authoring
from tests.browser.chromium import barriers, take_picture
from tests.samples.demo import REPOSITORY, hand_in
from tests.samples.submissions import CHAPTER, STUDENTS, answered

pytestmark = pytest.mark.browser

POINTS = {"all-right": 32, "half-empty": 16, "swapped-arguments": 29, "variances-for-deviations": 30}
LOOKED_AT = "swapped-arguments"
DIAGNOSIS = "Arguments swapped: you computed KL(y_pred || y_true)."
COMMENT = "Look again at which of the two the mean is taken under."


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of one chapter, built and not released yet."""
    folder = tmp_path_factory.mktemp("teacher") / "course"
    chapter = folder / "solutions" / CHAPTER
    chapter.mkdir(parents=True)
    shutil.copy(REPOSITORY / "solutions" / CHAPTER / f"{CHAPTER}.md", chapter)
    authoring.build(chapter / f"{CHAPTER}.md")
    shutil.copy(REPOSITORY / "nbgrader_config.py", folder)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write("\nc.ExchangeCollect.check_owner = False  # one account plays all students\n")
    return folder


def submit(course):
    """Hand in the work of the class, made from the released notebook."""
    released = nbformat.read(course / "course" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)
    for student in POINTS:
        folder = course / "students" / student / CHAPTER
        folder.mkdir(parents=True)
        nbformat.write(answered(released, STUDENTS[student]), folder / f"{CHAPTER}.ipynb")
        hand_in(course, student)


def row_of(formgrader, student):
    """The row of a student in the table of submissions."""
    return formgrader.locator("tr", has=formgrader.locator(f'.student-id[data-order="{student}"]'))


def press(formgrader, row, button):
    """Press a button in a row of the table, and wait for nbgrader to say that it has worked."""
    row.locator(f".{button} a").click()
    said = formgrader.locator(".modal.in")
    expect(said.locator(".modal-title")).to_have_text("Success")
    said.get_by_role("button", name="OK").click()
    expect(said).to_have_count(0)


def write(field, text, what):
    """Write into a field of the formgrader, and wait until it is saved as a comment or a grade."""
    expect(field).to_have_attribute("placeholder", re.compile("."))  # so nbgrader is ready to save it
    field.fill(text)
    with field.page.expect_response(lambda response: f"/api/{what}/" in response.url) as saved:
        field.blur()
    assert saved.value.ok


def test_a_teacher_goes_from_release_to_feedback_and_report(course, serve, page):
    with serve(course) as address:
        page.goto(f"{address}/lab")
        expect(page.get_by_role("tab", name="Launcher")).to_be_visible()  # the last that JupyterLab opens by itself
        page.keyboard.press("Control+b")  # room for tables
        page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
        page.get_by_role("menuitem", name="Formgrader", exact=True).click()
        formgrader = page.frame_locator("iframe")
        assignment = formgrader.locator("#main-table tr")
        expect(assignment.locator(".name")).to_have_text(CHAPTER)

        press(formgrader, assignment, "assign")
        press(formgrader, assignment, "release")
        submit(course)
        press(formgrader, assignment, "collect")
        take_picture(page, "formgrader-assignments")

        assignment.locator(".num-submissions").get_by_role("link", name=str(len(POINTS))).click()
        for student, points in POINTS.items():
            submission = row_of(formgrader, student)
            expect(submission.locator(".status")).to_have_text("needs autograding")
            press(formgrader, submission, "autograde")
            expect(submission.locator(".status")).to_have_text("graded")
            expect(submission.locator(".score")).to_have_text(f"{points} / 32")
        take_picture(page, "formgrader-submissions")

        row_of(formgrader, LOOKED_AT).locator(".student-name").get_by_role("link").click()
        formgrader.locator("#main-table").get_by_role("link", name=CHAPTER).click()
        verdict = formgrader.get_by_role("status").filter(has_text="kl_divergence: 1 of 4 points")
        expect(verdict).to_contain_text(DIAGNOSIS)
        write(formgrader.locator("#kl_divergence-comment"), COMMENT, "comment")
        write(formgrader.locator("#check_kl_divergence"), "2", "grade")
        expect(verdict).to_be_in_viewport(ratio=1)
        take_picture(page, "formgrader-submission")

        page.goto(f"{address}/formgrader/manage_submissions/{CHAPTER}")
        submission = row_of(page, LOOKED_AT)
        expect(submission.locator(".score")).to_have_text("30 / 32")
        press(page, submission, "generate-feedback")
        press(page, submission, "release-feedback")

    page.goto((course / "feedback" / LOOKED_AT / CHAPTER / f"{CHAPTER}.html").as_uri())
    expect(page.locator('[name="check_kl_divergence"] + .panel-heading')).to_contain_text("Score: 2.0 / 4.0")
    expect(page.get_by_text(COMMENT)).to_be_visible()
    verdict = page.get_by_role("status").filter(has_text="kl_divergence: 1 of 4 points")
    expect(verdict).to_contain_text(DIAGNOSIS)
    assert barriers(page, '[role="status"]') == []
    verdict.evaluate("verdict => verdict.scrollIntoView({block: 'end'})")
    take_picture(page, "feedback")

    subprocess.run([sys.executable, "-m", "lossedu", "report", CHAPTER], cwd=course, check=True)
    page.goto((course / "feedback" / f"{CHAPTER}.html").as_uri())
    misconception = page.get_by_role("row", name="arguments swapped")
    expect(misconception).to_contain_text("1 of 4")
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        assert barriers(page, "body") == []
    take_picture(page, "report")
    misconception.scroll_into_view_if_needed()
    take_picture(page, "report-misconceptions")
    misconception.get_by_role("link", name=LOOKED_AT).click()
    expect(page.get_by_text(COMMENT)).to_be_visible()
