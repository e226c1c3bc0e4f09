"""The report on a class, as a teacher opens it: axe finds nothing that keeps anybody from reading it."""

import pytest

from lossedu.grading.report import write_report
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.grading.classes import ASSIGNMENT, graded_class

pytestmark = pytest.mark.browser
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
playwright = pytest.importorskip("playwright.sync_api")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_the_report_can_be_read_by_everybody(tmp_path):
    page = write_report(graded_class(tmp_path / "course"), ASSIGNMENT)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme in ("light", "dark"):
            shown = browser.new_context(color_scheme=scheme, bypass_csp=True).new_page()  # axe is a script
            shown.goto(page.as_uri())
            assert axe.Axe().run(shown).response["violations"] == []
        browser.close()
