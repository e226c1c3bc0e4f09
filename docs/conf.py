"""How the book is built: `make book`. What it is made of, `book.py` gathers from the course and the package."""

import hashlib
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(DOCS), str(ROOT)]
language = os.environ.get("BOOK_LANGUAGE", "en")
# where the book will be published, with a stroke at its end, if that is known; the Chinese one lies in a folder of it
address = os.environ.get("BOOK_ADDRESS")
# kernels find lossedu too, and speak the language of the book; TensorFlow keeps quiet in them
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ |= {"LANGUAGE": language, "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg"}

from landing import to_anchors  # noqa: E402  it is found now

from lossedu import __version__  # noqa: E402

project = "lossedu"
author = "The lossedu developers"
version = release = __version__
copyright = author

extensions = [
    "book",
    "chinese_search",
    "lighter",
    "myst_nb",
    "notfound.extension",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_design",  # tabs and cards
    "sphinx-mathjax-offline",  # the formulas need no network
    "sphinxext.opengraph",
]
root_doc = "index"
exclude_patterns = ["_static", "landing", "locale"]
nitpicky = True
nitpick_ignore_regex = [
    ("py:exc", r"(Key|Runtime|Type|Value)Error|AssertionError"),  # Python's own, whose pages are not here
    ("py:class", r"(builtins\.)?(float|AssertionError|ValueError|Exception)"),
    ("py:class", r"lossedu\.checking\._curves\.Curve"),  # of a verdict's drawing: nobody but lossedu makes one
]
suppress_warnings = ["mystnb.unknown_mime_type"]  # a verdict comes as plain data too, for other programs

# --- Chapters ---

source_suffix = {".rst": "restructuredtext", ".md": "myst-nb", ".ipynb": "myst-nb"}
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_excludepatterns = os.environ.get("BOOK_UNRUN", "").split()  # chapters to show without outputs, for tests
nb_merge_streams = True
nb_ipywidgets_js = {}  # sliders are for running notebooks
nb_code_prompt_show, nb_code_prompt_hide = {"zh_CN": ("显示答案", "隐藏答案")}.get(
    language, ("Show the solution", "Hide the solution")
)
# what a chapter shows depends on the package too, and on the language: when these change, all run again
_digest = hashlib.sha256(language.encode())
for _file in sorted([*(ROOT / "lossedu").rglob("*.py"), *(ROOT / "lossedu").rglob("*.mo")]):
    _digest.update(_file.read_bytes())
nb_execution_cache_path = str(ROOT / "build" / "book-cache" / _digest.hexdigest()[:12])

# --- Reference ---

default_role = "code"  # as docstrings write `y_pred`
autodoc_member_order = "groupwise"
autodoc_typehints = "none"
napoleon_google_docstring = True
napoleon_numpy_docstring = False

# --- Languages ---

locale_dirs = ["locale"]
gettext_compact = False  # a file a page
gettext_location = False  # or every edit of a chapter would touch all that follows
gettext_last_translator, gettext_language_team = "The lossedu developers", "The lossedu developers"

# --- Pages ---

BOOKS = {"en": ("English", ""), "zh_CN": ("中文", "zh_CN/")}  # each language with its folder at the address
templates_path = ["_templates"]
html_favicon = "_static/favicon.svg"
html_extra_path = ["landing/card.png"]
mathjax3_config = {  # the parts that the formulas need, half the size of what is usual
    "loader": {"load": ["core", "input/tex-base", "[tex]/ams", "output/chtml", "a11y/assistive-mml"]},
    "tex": {"packages": {"[+]": ["ams"]}},
}
ogp_site_url = address + BOOKS[language][1] if address else ""
ogp_image = "card.png"
ogp_image_alt = "A loss above its slope, and the line: Loss functions, by hand"
ogp_social_cards = {"enable": False}  # one picture for all pages
ogp_site_name = "Loss functions, by hand"
if address:
    extensions.append("sphinx_sitemap")
    html_baseurl = ogp_site_url
    sitemap_url_scheme = "{link}"
    sitemap_excludes = ["404.html", "genindex.html", "py-modindex.html", "search.html"]
    notfound_urls_prefix = urlsplit(html_baseurl).path
html_theme = "sphinx_book_theme"
html_title = "Loss functions, by hand"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_sidebars = {"**": ["navbar-logo.html", "languages.html", "search-button-field.html", "sbt-sidebar-nav.html"]}
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_theme_options = {
    "home_page_in_toc": False,
    "navbar_persistent": [],  # the sidebar has a search field already
    "max_navbar_depth": 1,  # the theme's toggles of deeper levels have no name for those who cannot see them
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "show_toc_level": 2,
    "use_download_button": False,
}


def link_to_anchors_of_the_page(app, page, template, context, doctree):
    """Let the links of verdicts lead to the headings of their page."""
    if "body" in context:
        context["body"] = to_anchors(context["body"])


def name_the_translations(app, page, template, context, doctree):
    """Give the templates each language with its name and the address of this page in it, if addresses are known."""
    known = BOOKS.items() if address and doctree else ()
    context["translations"] = [
        (tongue.partition("_")[0], name, f"{address}{folder}{page}.html") for tongue, (name, folder) in known
    ]


def setup(app):
    """Register what changes a page before it is written."""
    app.config.mathjax_path = "mathjax/startup.js"  # the extension above has set another one
    app.connect("html-page-context", link_to_anchors_of_the_page)
    app.connect("html-page-context", name_the_translations)
