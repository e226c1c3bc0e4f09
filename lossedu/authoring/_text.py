"""Read the text of a chapter as cells, or name the line that is not the expected MyST Markdown.

Jupytext reads a mistake such as an unclosed fence as prose, and silently loses the cells after it. So this module
checks every line that may be meant as a header or as a cell.
"""

import itertools
import json
import re
from typing import Any

import nbformat
from jupytext.myst import get_parser, myst_to_notebook, read_cell_metadata, read_fenced_cell

CELL = "{code-cell}"
# characters that Jupytext and the Markdown parser drop, or take for the end of a line in different ways
UNPRINTABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
OTHER_FORMAT = re.compile(r"^[#\s]*format_name: *['\"]?(?!myst\b)(\w+)")
MEANT_AS_CELL = re.compile(
    r"[\s>*+-]*(?:\d+[.)])?\s*(?:`{3,}|~{3,}|:{3,})\s*\{?\s*code[-_ ]?cells?\s*\}", re.IGNORECASE
)
OTHER_CELL = re.compile(r" {0,3}(?:`{3,}|~{3,})\s*(?:python|py|ipython3?)\b|# %%|# \+|# In\[", re.IGNORECASE)
CONVERT = "convert other formats with `jupytext --from FORMAT --to md:myst`"
EXPECTED = f"MyST Markdown with cells that open with ```{CELL}"
HEADER_LINES = 50  # a header names its format in one of these first lines


class ChapterError(ValueError):
    """The text of a chapter cannot be turned into a notebook; the message names the file, the line and the problem."""

    def __init__(self, file, line, problem):
        super().__init__(f"{file}:{line}: {' '.join(problem.split())}")


def decode(content, file):
    """Decode the bytes of a chapter's text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ChapterError(file, 1, "the file is UTF-16: save it as UTF-8")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"the byte 0x{content[error.start]:02x} is not UTF-8: save the file as UTF-8"
        raise ChapterError(file, line, problem) from None


class ChapterText:
    """The text of a chapter, and its cells.

    Args:
        text: MyST Markdown; a byte order mark and the kind of line ends do not matter.
        file: name of the file, for messages.

    Raises:
        ChapterError: the text is not MyST Markdown, or a part of it would be lost.
    """

    def __init__(self, text, file):
        self.file = file
        self.lines = re.sub("\r\n?", "\n", text.removeprefix("\ufeff")).split("\n")
        self._check_characters()
        self._check_format()
        self._tokens: list[Any] = get_parser().parse("\n".join(self.lines) + "\n")  # those of blocks have a `map`
        self._first_line = self._check_header()  # after the header; lines count from 0 here, from 1 in messages
        self._check_fences()
        self._check_cells()

    def error(self, line, problem):
        """Return the error for a problem in a line; lines count from 1."""
        return ChapterError(self.file, line, problem)

    def cells(self):
        """Return the cells of the notebook, each with the line in which it begins."""
        body = [""] * self._first_line + self.lines[self._first_line :]  # the header is not needed here
        notebook = myst_to_notebook("\n".join(body), add_source_map=True)
        begins = zip(notebook.metadata["source_map"], notebook.cells, strict=True)
        # Jupytext counts lines from 0, and its code cells begin after the fence
        return [(begin + 1 if cell.cell_type == "markdown" else begin, cell) for begin, cell in begins]

    def line_of_option(self, line, option):
        """Return the line of an option, in the cell that begins in the line `line`."""
        pattern = re.compile(rf"\s*:?\s*['\"]?{re.escape(option)}\b")
        cell = itertools.takewhile(lambda text: not text.startswith("```"), self.lines[line:])
        return next((n for n, text in enumerate(cell, start=line + 1) if pattern.match(text)), line)

    def _check_characters(self):
        if not "".join(self.lines).strip():
            raise self.error(1, f"the file is empty: expected {EXPECTED}")
        for n, line in enumerate(self.lines, start=1):
            if found := UNPRINTABLE.search(line):
                raise self.error(n, f"the character U+{ord(found[0]):04X} is not allowed in a text: remove it")

    def _check_format(self):
        for n, line in enumerate(self.lines[:HEADER_LINES], start=1):
            if found := OTHER_FORMAT.match(line):
                raise self.error(n, f"found Jupytext's format {found[1]}, expected myst; {CONVERT}")

    def _check_header(self):
        """Check the header, and return the number of its lines."""
        opens = next(n for n, line in enumerate(self.lines) if line.strip())
        if not self.lines[opens].startswith("---"):
            return 0
        if opens > 0:
            raise self.error(opens + 1, "the header begins here, but must begin in line 1")
        header = self._tokens[0]
        if header.type != "front_matter" or "```" in header.content:
            raise self.error(1, "the header that opens here is not closed: expected a line `---` before the text")
        try:
            myst_to_notebook(f"---\n{header.content}\n---\n")
        except nbformat.ValidationError:
            problem = f"the header holds {quote(self.lines[1])}: expected lines such as `file_format: mystnb`"
            raise self.error(2, problem) from None
        except Exception as error:  # whatever Jupytext and PyYAML raise
            raise self._yaml_error(error, 2, "the header is not valid YAML") from None
        return header.map[1]

    def _check_fences(self):
        """Check that each fenced block is closed, and by its own fence."""
        for fence in self._fences():
            start, end = fence.map[0], min(fence.map[1], len(self.lines))
            mark = rf"{re.escape(fence.markup[0])}{{{len(fence.markup)},}}"
            for n in range(start + 1, end):
                if re.match(rf"[\s>]{{0,3}}{mark}\s*[^\s`~]", self.lines[n]):
                    problem = f"the block that opens here is not closed before line {n + 1} opens another: expected "
                    raise self.error(start + 1, problem + fence.markup)
            if end - 1 == start or not re.fullmatch(rf"[\s>]*{mark}\s*", self.lines[end - 1]):
                raise self.error(start + 1, f"the block that opens here is never closed: expected {fence.markup}")

    def _check_cells(self):
        """Check that Jupytext reads each cell as a cell, and check the options."""
        cells = [each for each in self._fences() if each.level == 0 and each.info.startswith(CELL)]
        begin = {cell.map[0] for cell in cells}
        inside = {n for token in self._tokens if token.type == "html_block" for n in range(*token.map)}
        inside.update(n for fence in self._fences() for n in range(fence.map[0] + 1, fence.map[1]))
        for n, line in enumerate(self.lines[self._first_line :], start=self._first_line):
            if MEANT_AS_CELL.match(line) and n not in begin and n not in inside:
                problem = (
                    f"{quote(line)} does not open a cell: expected ```{CELL} at the start of a line, outside of lists"
                )
                raise self.error(n + 1, problem)
        if not cells:
            self._check_prose()
        for cell in cells:
            self._check_options(cell)
        for token in self._tokens:
            if token.type == "myst_block_break" and token.level == 0:
                try:
                    nbformat.v4.new_markdown_cell(metadata=read_cell_metadata(token, 0))
                except Exception:
                    problem = f"{quote(self.lines[token.map[0]])}: expected +++ alone, or +++ and a JSON object"
                    raise self.error(token.map[0] + 1, problem) from None

    def _check_prose(self):
        """Check that a text without code cells is meant to have none."""
        others = ((n, line) for n, line in enumerate(self.lines, start=1) if OTHER_CELL.match(line))
        is_myst = any("myst" in line for line in self.lines[: self._first_line])
        if found := next(others, None if is_myst else (1, self.lines[0])):
            n, line = found
            raise self.error(n, f"found {quote(line)}, expected {EXPECTED}; {CONVERT}")

    def _check_options(self, cell):
        """Check the options of a cell."""
        first = cell.map[0] + (3 if cell.content.startswith("---") else 2)
        try:
            options, _ = read_fenced_cell(cell, 0, "Code")
        except Exception as error:  # whatever Jupytext and PyYAML raise
            raise self._yaml_error(error, first, "the options of the cell are not valid YAML") from None
        if not isinstance(options, dict) or not all(isinstance(name, str) for name in options):
            found = quote(self.lines[first - 1])
            raise self.error(first, f"{found} is not an option of a cell: expected one such as `:exercise: NAME`")
        try:
            nbformat.v4.new_code_cell(metadata=options)
            json.dumps(options, ensure_ascii=False).encode()
        except (nbformat.ValidationError, TypeError, ValueError) as error:
            words = str(error).partition("\n")[0]
            raise self.error(first, f"a notebook cannot hold the options of the cell: {words}") from None

    def _fences(self):
        return [token for token in self._tokens if token.type == "fence"]

    def _yaml_error(self, error, first, problem):
        """Return the error for a part of the text that begins in the line `first` and is not valid YAML."""
        cause = error.__context__ or error  # Jupytext wraps some errors of PyYAML
        mark = getattr(cause, "problem_mark", None)
        words = getattr(cause, "problem", None) or str(cause).partition("\n")[0]
        return self.error(first + (mark.line if mark else 0), f"{problem}: {words}")


def quote(line):
    """Quote a line, shortened."""
    line = line.strip()
    return f'"{line}"' if len(line) <= 60 else f'"{line[:60]}..."'
