"""A class's first week on a real JupyterHub, by the commands of `docs/jupyterhub.md` and in Chromium."""

import csv
import io
import json
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.chromium import CHROMIUM, FLAGS, PATIENCE, SIZE, take_picture
from tests.browser.conftest import SETTINGS
from tests.browser.desk import Desk
from tests.browser.hub import GUIDE, PASSWORD, blocks_of, kind_of_hub, why_not
from tests.browser.test_teacher import press, row_of, write
from tests.conftest import ROOT
from tests.grading.chapters import solved, untouched
from tests.samples.submissions import answered

pytestmark = pytest.mark.browser

CHAPTER = "00_first_loss"
NOTEBOOK = f"{CHAPTER}/{CHAPTER}.ipynb"
STUDENT_MENU = ["Assignment List"]
TEACHER_MENU = ["Assignment List", "Course List", "Formgrader", "Create assignment"]
BEN = {"mean_error_of_a": "mean_error_of_a = 0", "squared_error": "return 2 * (y_pred - y_true)"}
DUE = datetime(2100, 3, 1, 23, 59, tzinfo=UTC)
ANOTHER = {"mean_error_of_a": "mean_error_of_a = -7"}
THIS_MACHINE = re.compile(r"http://(127\.0\.0\.1|[a-z.-]*localhost):|blob:|data:")  # what a browser may reach
COMMENT = "Well done; see me about the square."


@pytest.fixture
def hub():
    """A machine on which nothing is installed yet."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    if reason := why_not():
        pytest.skip(reason)
    hub = kind_of_hub()()
    try:
        yield hub
    finally:
        log = hub.folder / "hub.log"
        if log.exists():
            print(log.read_text()[-20_000:])  # pytest shows it if the test fails
        hub.close()


class Desks:
    """Everybody's browser: a window for each account, in which it is logged in to the hub."""

    def __init__(self, browser, hub):
        self.browser, self.hub, self.windows = browser, hub, {}

    def of(self, account):
        """The window of an account; the first time, it logs in."""
        if account not in self.windows:
            context = self.browser.new_context(viewport=SIZE)
            context.set_default_timeout(PATIENCE)
            context.route(lambda url: not THIS_MACHINE.match(url), lambda route: route.abort())
            page = self.windows[account] = context.new_page()
            page.goto(f"{self.hub.address}/hub/login")
            page.get_by_label("Username").fill(account)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
        return self.windows[account]

    def lab(self, account, place="lab?reset"):
        """JupyterLab of an account."""
        page = self.of(account)
        page.goto(f"{self.hub.address}/user/{account}/{place}")
        expect(page.get_by_role("menuitem", name="Nbgrader", exact=True)).to_be_visible()
        if place == "lab?reset":
            expect(page.get_by_role("tab", name="Launcher")).to_be_visible()  # the last that JupyterLab opens by itself
        return page


@pytest.fixture
def desks(hub):
    from playwright.sync_api import sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield Desks(browser, hub)
        browser.close()


def test_every_block_of_the_guide_says_who_runs_it_and_where():
    assert len(blocks_of(GUIDE)) == len(re.findall("^```sh$", GUIDE, re.MULTILINE)) > 10


def test_a_class_goes_through_its_first_week_by_the_guide(hub, desks):
    set_up(hub)
    the_teacher_prepares_the_formgrader(hub, desks)
    hub.follow("Hand out", **{"2026-03-01": "2100-03-01"})
    ann_hands_in_twice_in_her_browser(hub, desks)
    ben_hands_in_late_in_a_terminal(hub)
    the_teacher_grades(hub, desks)
    both_read_their_feedback(hub, desks)
    if hub.has_accounts:
        a_tutor_grades_another_course_in_postgresql(hub, desks)
        assert hub.waiting == []
    with_subdomains_the_formgrader_opens_in_jupyterlab(hub, desks)


def set_up(hub):
    """Install everything, make the accounts and start the hub."""
    hub.follow("Install for all accounts")
    hub.settle()
    hub.follow("Accounts")
    for account in ("teacher", "tutor", "ann", "ben"):
        hub.open_account(account)
        for name, setting in SETTINGS.items():
            place = f".jupyter/lab/user-settings/@jupyterlab/{name}.jupyterlab-settings"
            hub.give(account, place, json.dumps(setting))
    hub.start()


def give_course(hub, account):
    """Put what a course needs of the repository into an account."""
    hub.give(account, "lossedu/nbgrader_config.py", ROOT / "nbgrader_config.py")
    hub.give(account, f"lossedu/solutions/{CHAPTER}/{CHAPTER}.md", ROOT / "solutions" / CHAPTER / f"{CHAPTER}.md")
    hub.give(account, "lossedu/deploy/jupyterhub", ROOT / "deploy" / "jupyterhub")


def nbgrader_menu(page):
    """The entries of JupyterLab's menu Nbgrader, which is open afterwards."""
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    entries = page.locator(".lm-Menu .lm-Menu-itemLabel")
    expect(entries.first).to_be_visible()
    return [text for text in entries.all_inner_texts() if text and text != "Formgrader (local)"]


def doctor_in_a_terminal(hub, desks):
    """What `lossedu doctor` finds about the formgrader, in a terminal of the teacher's JupyterLab."""
    page = desks.lab("teacher")
    page.locator('.jp-LauncherCard[data-category="Other"]').filter(has_text="Terminal").click()
    expect(page.locator(".xterm-screen")).to_be_visible()
    report = hub.homes / "teacher" / "report"
    report.unlink(missing_ok=True)
    page.locator(".xterm-helper-textarea").focus()
    page.keyboard.type("cd ~/lossedu; lossedu doctor --json >~/written; mv ~/written ~/report\n")
    wait_until(page, report.exists)
    (finding,) = [each for each in map(json.loads, report.read_text().splitlines()) if each["check"] == "formgrader"]
    return [problem["says"] for problem in finding["problems"]]


def wait_until(page, happened):
    """Wait for what happens outside the browser."""
    for _ in range(PATIENCE // 500):
        if happened():
            return
        page.wait_for_timeout(500)
    raise AssertionError("it has not happened")


def restart_server(desks, account):
    """Stop and start the server of an account, on the hub's page."""
    page = desks.of(account)
    page.goto(f"{desks.hub.address}/hub/home", wait_until="networkidle")  # or a click is lost
    page.get_by_role("button", name="Stop My Server").click()
    start = page.get_by_role("button", name="Start My Server")
    expect(start).to_be_visible()
    start.click()
    page.wait_for_url(re.compile(f"/user/{account}/lab"))


def the_teacher_prepares_the_formgrader(hub, desks):
    give_course(hub, "teacher")
    assert nbgrader_menu(desks.lab("teacher")) == STUDENT_MENU  # before the guide's step, the account is like any other
    found = doctor_in_a_terminal(hub, desks)
    assert any("the formgrader looks in" in problem for problem in found)
    assert any("is switched off" in problem for problem in found)

    hub.follow("The teacher's files")
    restart_server(desks, "teacher")
    page = desks.lab("teacher")
    assert nbgrader_menu(page) == TEACHER_MENU
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    wait_until(page, lambda: any(frame.url.startswith("chrome-error:") for frame in page.frames))
    (problem,) = doctor_in_a_terminal(hub, desks)
    assert "refuses frames" in problem


@contextmanager
def assignment_list(desks, account, course):
    """The Assignment List of an account, which shows a course."""
    page = desks.lab(account)
    assert nbgrader_menu(page) == STUDENT_MENU
    page.get_by_role("menuitem", name="Assignment List", exact=True).click()
    shown = page.locator("#course_list_default")
    expect(shown).to_have_text(re.compile("."))
    if shown.inner_text() != course:
        page.locator("#course_list_dropdown").click()
        page.locator("#course_list").get_by_text(course, exact=True).click()
    expect(shown).to_have_text(course)
    yield page


def validate(page):
    """Press Validate in the Assignment List; return what it says."""
    fetched = page.locator("#fetched_assignments_list")
    button = fetched.get_by_role("button", name="Validate")
    if not button.is_visible():
        fetched.locator(".assignment-notebooks-link").click()
    button.click()
    said = page.locator(".jp-Dialog")
    expect(said).to_contain_text("Validation Results")
    text = said.inner_text()
    said.get_by_role("button").last.click()
    expect(said).to_have_count(0)
    return text


def submit(page, times):
    """Press Submit in the Assignment List, and wait until the work was handed in that many times."""
    page.locator("#fetched_assignments_list").get_by_role("button", name="Submit").click()
    expect(page.locator("#submitted_assignments_list .nested_list_item")).to_have_count(times)


def ann_hands_in_twice_in_her_browser(hub, desks):
    with assignment_list(desks, "ann", "lossedu") as page:
        page.locator("#released_assignments_list").get_by_role("button", name="Fetch").click()
        expect(page.locator("#fetched_assignments_list")).to_contain_text(CHAPTER)
    page = desks.lab("ann", f"lab/tree/lossedu/{NOTEBOOK}?reset")
    desk = Desk(page, hub.homes / "ann" / "lossedu" / NOTEBOOK)
    desk.go_to(0)
    desk.press("Shift+Enter", "Shift+Enter")
    expect(desk.answer("mean_error_of_a", BEN)).to_contain_text("mean_error_of_a: 1 of 1 points")
    desk.press("Control+s")
    wait_until(page, lambda: "mean_error_of_a = 0" in (hub.homes / "ann" / "lossedu" / NOTEBOOK).read_text())
    desk.go_to(len(desk.names) - 1)
    desk.press("Shift+Enter")
    expect(desk.cells.nth(len(desk.names) - 1)).to_contain_text(f"Due: {DUE.astimezone():%Y-%m-%d %H:%M %Z}, ")
    with assignment_list(desks, "ann", "lossedu") as page:
        said = validate(page)
        assert "mean_error_of_a" not in said
        assert "squared_error: 0 of 2 points" in said
        submit(page, times=1)

        hub.give("ann", f"lossedu/{NOTEBOOK}", nbformat.writes(solved(CHAPTER)))
        assert "Success" in validate(page)
        submit(page, times=2)
        take_picture(page, "hub-assignment-list")


def ben_hands_in_late_in_a_terminal(hub):
    due = datetime.now(UTC) + timedelta(seconds=1)  # Ann has handed in, and Ben needs longer than that
    hub.run("teacher", f'nbgrader db assignment add {CHAPTER} --duedate="{due:%Y-%m-%d %H:%M:%S} UTC"', "the course")
    hub.run("teacher", f"nbgrader release_assignment {CHAPTER} --force", "the course")
    hub.give("ben", f"work/{CHAPTER}.ipynb", nbformat.writes(answered(untouched(CHAPTER), BEN)))
    replaced = {
        "lossedu check": f"cp ~/work/{CHAPTER}.ipynb lossedu/{CHAPTER}/\nlossedu check",
        ".ipynb\nnbgrader": ".ipynb || test $? = 1\nnbgrader",  # the exit code of a check that finds something wrong
    }
    (printed,) = hub.follow("Solve and hand in", **replaced)
    assert "of 8 exercises are right" in printed
    assert "Submitted as: lossedu 00_first_loss" in printed

    hub.give("ben", "my-course", ROOT / "course")
    hub.give("ben", f"my-course/{NOTEBOOK}", nbformat.writes(answered(untouched(CHAPTER), ANOTHER)))
    in_the_folder, elsewhere = hub.follow("From one's own copy of the course")
    passed = f"{due.astimezone():%Y-%m-%d %H:%M %Z}, this time has passed"
    assert passed in in_the_folder
    assert passed in hub.run("ann", "lossedu progress lossedu")  # who fetched while the date was another
    assert "answers copied: 1." in elsewhere


def table(hub):
    """The grades of the teacher's course, by student."""
    hub.run("teacher", f"lossedu export {CHAPTER} --to csv --output grades.csv", "the course")
    text = (hub.homes / "teacher" / "lossedu" / "grades.csv").read_text()
    return {row["student_id"]: row for row in csv.DictReader(io.StringIO(text))}


def the_teacher_grades(hub, desks):
    (printed,) = hub.follow("Collect and grade")
    assert "ann: 10 of 10 points" in printed

    page = desks.of("teacher")
    page.goto(f"{hub.address}/user/teacher/formgrader/manage_submissions/{CHAPTER}")
    expect(row_of(page, "ann").locator(".score")).to_have_text("10 / 10")
    take_picture(page, "hub-formgrader")
    row_of(page, "ann").locator(".student-name").get_by_role("link").click()
    page.locator("#main-table").get_by_role("link", name=CHAPTER).click()
    expect(page.locator("math").first).to_be_visible()  # a formula, though the browser reaches this machine only
    write(page.locator("#squared_error-comment"), COMMENT, "comment")
    write(page.locator("#check_squared_error"), "1.5", "grade")

    hub.follow("Late work")
    grades = table(hub)
    assert float(grades["ann"]["score"]) == 9.5  # in time, and by hand
    assert float(grades["ann"]["late_submission_penalty"] or 0) == 0
    raw, penalty = (float(grades["ben"][name]) for name in ("raw_score", "late_submission_penalty"))
    assert raw > 0
    assert penalty == pytest.approx(raw / 10)


def both_read_their_feedback(hub, desks):
    hub.follow("Feedback")  # Ben fetches his in a terminal
    (page_of_ben,) = (hub.homes / "ben" / "lossedu" / CHAPTER / "feedback").glob("*/*.html")
    assert "Doubled for squared" in page_of_ben.read_text()

    with assignment_list(desks, "ann", "lossedu") as page:
        submitted = page.locator("#submitted_assignments_list")
        submitted.get_by_role("button", name="Fetch Feedback").click()
        submitted.get_by_text("(view feedback)").click()
    page.locator(".jp-DirListing-item").filter(has_text=f"{CHAPTER}.html").dblclick()
    feedback = page.frame_locator("iframe")
    expect(feedback.get_by_text(COMMENT)).to_be_visible()
    expect(feedback.locator("math").first).to_be_visible()
    feedback.get_by_text(COMMENT).evaluate("comment => comment.scrollIntoView({block: 'center'})")
    take_picture(page, "hub-feedback")


def a_tutor_grades_another_course_in_postgresql(hub, desks):
    hub.stop()
    hub.follow("Several courses, several graders", until="root")
    give_course(hub, "grader-evening")
    hub.open_account("grader-evening")
    hub.follow("Several courses, several graders")
    hub.follow("A gradebook in PostgreSQL")
    hub.start()
    desks.windows.clear()  # whoever logs in anew gets a server
    assert not (hub.homes / "grader-evening" / "lossedu" / "gradebook.db").exists()
    students = hub.run("grader-evening", "nbgrader db student list", "the course")
    assert "ann (Archer, Ann)" in students

    hub.run("ann", "lossedu start evening")  # which stands for Fetch
    with assignment_list(desks, "ann", "evening") as page:
        expect(page.locator("#fetched_assignments_list")).to_contain_text(CHAPTER)
        hub.give("ann", f"evening/{NOTEBOOK}", nbformat.writes(solved(CHAPTER)))
        submit(page, times=1)
        page.goto(f"{hub.address}/services/evening/formgrader")
        expect(
            page.get_by_text("You do not have permission to access JupyterHub service evening").first
        ).to_be_visible()

    page = desks.of("tutor")
    page.goto(f"{hub.address}/services/evening/formgrader")
    assignment = page.locator("#main-table tr")
    expect(assignment.locator(".name")).to_have_text(CHAPTER)
    press(page, assignment, "collect")
    assignment.locator(".num-submissions").get_by_role("link", name="1").click()
    press(page, row_of(page, "ann"), "autograde")
    expect(row_of(page, "ann").locator(".score")).to_have_text("10 / 10")
    row_of(page, "ann").locator(".student-name").get_by_role("link").click()
    page.locator("#main-table").get_by_role("link", name=CHAPTER).click()
    write(page.locator("#squared_error-comment"), COMMENT, "comment")
    page.goto(f"{hub.address}/services/evening/formgrader/manage_submissions/{CHAPTER}")
    press(page, row_of(page, "ann"), "generate-feedback")
    press(page, row_of(page, "ann"), "release-feedback")

    hub.run("ann", f"nbgrader fetch_feedback {CHAPTER} --course evening")
    (feedback,) = (hub.homes / "ann" / "evening" / CHAPTER / "feedback").glob("*/*.html")
    assert COMMENT in feedback.read_text()


def with_subdomains_the_formgrader_opens_in_jupyterlab(hub, desks):
    hub.stop()
    hub.use_subdomains()
    hub.start()
    desks.windows.clear()
    page = desks.of("teacher")
    page.wait_for_url("http://teacher.*/user/teacher/lab*")
    nbgrader_menu(page)
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    expect(page.frame_locator("iframe").locator("#main-table .name")).to_have_text(CHAPTER)
