"""What HTML and Markdown of strangers may show in a page: text, tables, pictures, formulas, and links to the web.

Everything else is left out: scripts, frames, forms, style sheets and positions. So are the ids and classes of the page,
with which a submission could imitate or move what the page says.
"""

import re
from urllib.parse import unquote

import nh3
from pygments.token import STANDARD_TYPES

from lossedu.grading._formulas import to_mathml, typeset
from lossedu.grading.nbconvert import IPythonRenderer, MarkdownWithMath, strip_files_prefix


def words(text):
    """Return the words of a text."""
    return set(text.split())


TEXT = words("""
    a abbr b blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2
    h3 h4 h5 h6 hr i img input ins kbd li mark ol p pre q s samp small span strike strong sub summary sup table tbody td
    tfoot th thead time tr tt u ul var wbr
""")
MATH = words("""
    math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mroot mrow ms mspace msqrt mstyle msub
    msubsup msup mtable mtd mtext mtr munder munderover
""")
WITHOUT_CONTENT = words("""
    applet audio canvas embed frameset iframe noembed noframes noscript object script select style svg template textarea
    title video xmp
""")
CELL_ATTRIBUTES = words("align colspan rowspan scope valign")
MATH_ATTRIBUTES = words("""
    accent accentunder columnalign columnlines columnspacing depth display displaystyle fence form height largeop
    linebreak linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation
    rowlines rowspacing rspace scriptlevel separator stretchy symmetric voffset width xmlns
""")
ATTRIBUTES = {
    "*": words("class dir lang style title"),
    "a": {"href"},
    "details": {"open"},
    "img": words("alt height src width"),
    "input": {"checked"},
    "ol": {"start"},
    "table": {"border"},
    "td": CELL_ATTRIBUTES,
    "th": CELL_ATTRIBUTES,
    **dict.fromkeys(MATH, MATH_ATTRIBUTES),
}
# none of them moves anything out of its place or loads anything
STYLES = words("""
    background-color border-collapse border-spacing color font-family font-style font-weight padding padding-bottom
    padding-left padding-right padding-top text-align text-decoration vertical-align white-space
""")
CLASSES = {"dataframe", "highlight", *filter(None, STANDARD_TYPES.values())}  # of pandas and of Pygments
PICTURE = re.compile(r"data:image/(?:gif|jpeg|png|svg\+xml|webp);base64,[A-Za-z0-9+/=\s]*")
LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)


def kept(tag, name, value):
    """Return what the page keeps of an attribute's value; None to drop the attribute."""
    if name == "class":
        return " ".join(word for word in value.split() if word in CLASSES) or None
    if name == "href":
        return value if LINK.match(value) else None
    if name == "src":
        return value if PICTURE.fullmatch(value) or is_file_of_submission(value) else None
    return value


def is_file_of_submission(address):
    """Tell whether an address names a file beside the notebook, rather than a page of the server or of the web."""
    path = unquote(address)
    inside = ".." not in path and not path.startswith("/")
    return inside and re.fullmatch(r"[^\s:\\?#%][^:\\?#%\x00-\x1f]*", path) is not None


CLEANER = nh3.Cleaner(
    tags=TEXT | MATH,
    clean_content_tags=WITHOUT_CONTENT,
    attributes=ATTRIBUTES,
    attribute_filter=kept,
    filter_style_properties=STYLES,
    url_schemes={"data", "http", "https", "mailto"},
    set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},  # a task in a list of Markdown
    strip_comments=True,
)


def clean(markup):
    """Return HTML without anything that could run, load or imitate something."""
    return CLEANER.clean(markup)


class Renderer(IPythonRenderer):
    """Render Markdown as nbconvert does, but formulas as MathML, and without failing if an attachment is missing."""

    def block_math(self, body):
        """Return a formula that stands on a line of its own."""
        return to_mathml(body, "block")

    def inline_math(self, body):
        """Return a formula within a line."""
        return to_mathml(body)

    def latex_environment(self, name, body):
        """Return a formula that stands in an environment of LaTeX."""
        return to_mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def image(self, text, url, title=None):
        """Return a picture; its description, if the attachment that it names is missing."""
        name = url.removeprefix("attachment:")
        return text if name != url and name not in self.attachments else super().image(text, url, title)


def render(markdown, attachments=None):
    """Return Markdown as clean HTML.

    Args:
        markdown: the text.
        attachments: the pictures attached to the cell: by name, then by MIME type.
    """
    renderer = Renderer(escape=False, attachments=attachments or {}, exclude_anchor_links=True)
    return clean(strip_files_prefix(MarkdownWithMath(renderer=renderer).render(markdown)))


def render_latex(text):
    """Return text with formulas in TeX as clean HTML."""
    return clean(typeset(text))
