"""The feedback pages and the formgrader's pages of nbgrader, in which nothing of a submission can run.

A notebook is rebuilt from what its page needs (`_neutral`), and its HTML is cleaned (`_markup`). A content security
policy in the page stops whatever might still get through. `nbgrader_config.py` switches this on, by `trust(c)`, for
`nbgrader generate_feedback` and for a Jupyter server with the formgrader.
"""

import base64
import functools
import hashlib
import html
import re
import secrets
import sys
from pathlib import Path

from jinja2 import FileSystemLoader, PrefixLoader, pass_context

from lossedu.grading._markup import render
from lossedu.grading._neutral import neutral
from lossedu.grading.nbconvert import HTMLExporter, Preprocessor
from lossedu.grading.nbgrader import NBGRADER, GenerateFeedback, default_steps, nbgrader

OURS = Path(__file__).parent / "templates" / "nbgrader"
NBGRADERS = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"

# No scripts at all: formulas are MathML. Pictures lie in the page or beside it, and styles are the page's own.
OF_FEEDBACK = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
# Only scripts that carry the nonce of this reply run: nbgrader's. 'self' would also allow the files of submissions,
# which the same server hands out. `unsafe-hashes` is for the handlers in nbgrader's buttons, and for nothing else.
OF_FORMGRADER = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'unsafe-hashes' {handlers}; connect-src 'self'; font-src 'self'; "
    "img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
# A file of a submission that a teacher opens is a page of its own, without scripts and without the server's cookies.
OF_FILES = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"

# What a submission shows stays within its cell, and does not cover another. Formulas need a font for mathematics.
STYLE = """
div.output_area, div.text_cell_render { contain: layout paint; overflow-x: auto; padding: 2px 0; }
math { font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", "DejaVu Math TeX Gyre", math; }
"""
HANDLER = re.compile(r'\bon[a-z]+="([^"]*)"', re.IGNORECASE)


def secure_pages(config):
    """Set how nbgrader makes feedback pages and, in a server that runs the formgrader, its pages."""
    config.GenerateFeedback.exporter_class = FeedbackPage
    config.GenerateFeedback.preprocessors = [*default_steps(GenerateFeedback, "preprocessors"), EscapeNames]
    if "nbgrader.server_extensions.formgrader.handlers" in sys.modules:
        from lossedu.grading.formgrader import replace_pages

        replace_pages(grading_page, render_template, OF_FILES)


class Page(HTMLExporter):
    """Make a page of a graded notebook, with formulas in MathML and nothing that runs."""

    def __init__(self, **options):
        """Look for templates among lossedu's first; nbgrader's are also found under `nbgrader/`."""
        super().__init__(**options)
        self.extra_loaders = [FileSystemLoader(OURS), PrefixLoader({"nbgrader": FileSystemLoader(NBGRADERS)})]

    def default_filters(self):
        """Return nbconvert's filters, with those that lossedu replaces."""
        yield from super().default_filters()
        yield "strip_files_prefix", lambda markup: markup  # `render` does it, before it cleans
        yield "with_nonce", with_nonce

    @pass_context
    def markdown2html(self, context, source):
        """Return Markdown as clean HTML."""
        return render(source, context.get("cell", {}).get("attachments"))

    def from_notebook_node(self, nb, resources=None, **options):
        """Return the page of a notebook, and its resources."""
        page, resources = super().from_notebook_node(neutral(nb), resources, **options)
        return with_policy(page, self.policy(resources)), resources

    def policy(self, resources) -> str:
        """Return the content security policy of a page."""
        raise NotImplementedError


class FeedbackPage(Page):
    """Make a page of feedback for a learner."""

    def policy(self, resources):
        """Return the content security policy of a page."""
        return OF_FEEDBACK


class GradingPage(Page):
    """Make the formgrader's page of a submission."""

    def from_notebook_node(self, nb, resources=None, **options):
        """Return the page of a notebook, and its resources."""
        return super().from_notebook_node(nb, escaped(resources or {}) | {"nonce": new_nonce()}, **options)

    def policy(self, resources):
        """Return the content security policy of a page."""
        return policy_of_formgrader(resources["nonce"])


class EscapeNames(Preprocessor):
    """Escape the name of the notebook, which nbgrader's template shows as HTML."""

    def preprocess(self, nb, resources):
        """Escape the name; after nbgrader's own steps, which look for it in the gradebook."""
        resources["nbgrader"]["notebook"] = html.escape(resources["nbgrader"]["notebook"])
        return nb, resources


def grading_page(handler):
    """Return the exporter for a request of the formgrader; the configuration of the server's exporter holds."""
    settings = handler.settings
    if "lossedu_exporter" not in settings:  # to make one takes as long as to make a page
        settings["lossedu_exporter"] = GradingPage(config=settings["nbgrader_exporter"].config)
    return settings["lossedu_exporter"]


def render_template(handler, name, **values):
    """Render a template of the formgrader, in place of the `render` of its handlers.

    Its templates write values into HTML and into texts of JavaScript as they are.
    """
    template, nonce = handler.settings["nbgrader_jinja2_env"].get_template(name), new_nonce()
    page = with_nonce(template.render(**escaped(values)), nonce)
    return with_policy(page, policy_of_formgrader(nonce))


def escaped(values):
    """Return values, or the values in a dictionary, so that they end neither HTML nor a text of JavaScript."""
    if isinstance(values, dict):
        return {name: escaped(value) for name, value in values.items()}
    if isinstance(values, str):
        # an apostrophe ends neither in nbgrader's templates, and is part of names that JavaScript sends back
        return html.escape(values, quote=False).replace('"', "&quot;").replace("\\", "&#92;")
    return values


def new_nonce():
    """Return a number, as text, that nobody can guess."""
    return secrets.token_urlsafe(16)


def with_nonce(template, nonce):
    """Let the scripts in a part of a page run, which holds nothing of a submission but escaped names."""
    return template.replace("<script", f'<script nonce="{nonce}"')


def policy_of_formgrader(nonce):
    """Return the policy of a page of the formgrader."""
    return OF_FORMGRADER.format(nonce=nonce, handlers=" ".join(handlers_of_nbgrader()))


@functools.cache
def handlers_of_nbgrader():
    """Return the hashes, as policies name them, of the handlers in nbgrader's templates."""
    templates = (path.read_text(encoding="utf-8") for path in sorted(NBGRADERS.rglob("*")) if path.is_file())
    sources = {source for template in templates for source in HANDLER.findall(template)}
    digests = (hashlib.sha256(source.encode()).digest() for source in sorted(sources))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def with_policy(page, policy):
    """Put a content security policy at the top of a page, before anything that it holds for."""
    start, head, rest = page.partition("<head>")
    if not head:
        raise NBGRADER.unsupported("one of its pages has no <head>")
    tag = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return f"{start}{head}{tag}<style>{STYLE}</style>{rest}"
