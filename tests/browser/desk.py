"""A learner at the keyboard, before a notebook in JupyterLab."""

import re

import nbformat
from playwright.sync_api import expect

from tests.samples.submissions import answered, grade_id


class Desk:
    """A notebook that is open in JupyterLab, worked at by the keyboard alone."""

    def __init__(self, page, file, kernel="Python 3 (ipykernel)"):
        """The cells of `file` are known by their grade ids; `kernel` is the name that JupyterLab shows."""
        self.page = page
        self.released = nbformat.read(file, as_version=4)
        self.names = [grade_id(cell) for cell in self.released.cells]
        self.cells = page.locator(".jp-Notebook-cell")
        expect(self.cells).to_have_count(len(self.names))
        expect(page.get_by_text(f"{kernel} | Idle")).to_be_visible()
        expect(page.locator(".jp-Notebook:focus-within")).to_be_visible()

    def press(self, *keys):
        """Press one key after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def go_to(self, place):
        """Make the cell at that place the active one, from the one that is."""
        self.press("Escape")
        for _ in self.names:  # the arrows pass over folded cells
            if (here := self.active()) == place:
                break
            self.press("ArrowDown" if place > here else "ArrowUp")
        expect(self.cells.nth(place)).to_have_class(re.compile("jp-mod-active"))

    def come_back(self):
        """Give the active cell the focus, which something else may have taken since the last key."""
        self.cells.nth(self.active()).focus()

    def active(self):
        """Return the place of the active cell."""
        return self.cells.evaluate_all("cells => cells.findIndex(cell => cell.classList.contains('jp-mod-active'))")

    def write(self, place, source):
        """Write into the cell at that place, over what is there."""
        self.go_to(place)
        self.press("Enter", "Control+a")
        self.page.keyboard.insert_text(source)

    def answer(self, name, answers):
        """Write the answer into its cell, run it and the check below; returns the place where the verdict comes."""
        place = self.names.index(name)
        self.write(place, answered(self.released, {name: answers[name]}).cells[place].source)
        self.press("Shift+Enter", "Shift+Enter")
        return self.cells.nth(place + 1).get_by_role("status")
