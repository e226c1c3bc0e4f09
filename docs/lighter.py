"""A Sphinx extension that makes pages lighter: figures become files, and style sheets lose what no page uses.

A browser fetches a figure from a file when readers come near it. A theme brings the rules of a whole toolkit and a font
of a thousand icons; the pages of this book need a quarter of the rules, and a dozen icons.
"""

import base64
import hashlib
import re
from pathlib import Path

import tinycss2
from fontTools.subset import Options, Subsetter, load_font, save_font

SHEETS = ("styles/pydata-sphinx-theme.css", "sphinx-design.min.css", "mystnb.*.css")
BY_SCRIPTS = ("scripts/bootstrap.js", "scripts/pydata-sphinx-theme.js", "scripts/sphinx-book-theme.js", "*.js")
ICONS = "vendor/fontawesome/webfonts/fa-*.woff2"
FIGURE = re.compile(r'src="data:image/png;base64,([A-Za-z0-9+/=\s]+)"')
WORD = re.compile(r"[A-Za-z_][\w-]*")
MARKED = re.compile(r'\b(?:class|id)="([^"]*)"')
NAMED = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
# parts of a selector that ask for no class or id, or for one of several
NOT_NEEDED = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)|\[[^]]*\]|\\.")
ICON = re.compile("[\ue000-\uf8ff]")  # fonts have their icons where no script has letters


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", move_figures_to_files)
    app.connect("build-finished", lighten)
    return {"parallel_read_safe": True}


def move_figures_to_files(app, page, template, context, doctree):
    """Write each figure that stands in a page as data to a file, and let the page name the file."""

    def named(match):
        picture = base64.b64decode(match[1])
        name = f"figure-{hashlib.sha256(picture).hexdigest()[:16]}.png"
        folder = Path(app.outdir, "_images")
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(picture)
        return f'loading="lazy" src="{context["content_root"]}_images/{name}"'

    if "body" in context:
        context["body"] = FIGURE.sub(named, context["body"])


def lighten(app, error):
    """Rewrite the style sheets and the fonts of icons that lie beside the pages."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    used = used_names(Path(app.outdir))
    sheets = {
        path: with_used_rules(path.read_text(encoding="utf-8"), used)
        for pattern in SHEETS
        for path in static.glob(pattern)
    }
    icons = {ord(each) for sheet in sheets.values() for each in ICON.findall(sheet)}
    for font in static.glob(ICONS):
        lighter = keep_icons(font, icons)
        sheets = {path: sheet.replace(font.name, lighter.name) for path, sheet in sheets.items()}
    for path, sheet in sheets.items():
        path.write_text(sheet, encoding="utf-8")


def used_names(pages):
    """Return the classes and ids of all pages, and the words of their scripts, which may become classes."""
    used = set()
    for path in pages.rglob("*.html"):
        for names in MARKED.findall(path.read_text(encoding="utf-8")):
            used.update(names.split())
    for pattern in BY_SCRIPTS:
        for path in Path(pages, "_static").glob(pattern):
            used.update(WORD.findall(path.read_text(encoding="utf-8")))
    return used


def with_used_rules(sheet, used):
    """Return a style sheet without the selectors that name a class or an id that is not used.

    >>> with_used_rules("a.near,a.far{color:red}.far{top:0}@media print{.far{top:0}}", {"near"})
    'a.near{color:red}'
    >>> with_used_rules(":is(.near,.far){top:0}@media print{.near{top:0}}", {"near"})
    ':is(.near,.far){top:0}@media print{.near{top:0}}'
    """
    return "".join(kept(rule, used) for rule in tinycss2.parse_stylesheet(sheet, skip_whitespace=True))


def kept(rule, used):
    """Return what stays of a rule, as text."""
    if rule.type == "qualified-rule":
        selectors = [each.strip() for each in split(rule.prelude)]
        found = [each for each in selectors if used.issuperset(NAMED.findall(NOT_NEEDED.sub("", each)))]
        return f"{','.join(found)}{{{tinycss2.serialize(rule.content)}}}" if found else ""
    if rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
        inner = tinycss2.parse_rule_list(rule.content, skip_whitespace=True)
        text = "".join(kept(each, used) for each in inner)
        return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{text}}}" if text else ""
    if rule.type == "comment":  # a licence stays; those of scripts that made the sheet do not
        return rule.serialize() if rule.value.startswith("!") else ""
    return rule.serialize()


def split(tokens):
    """Yield the selectors of a rule: its tokens, cut at commas outside brackets."""
    selector = []
    for part in tokens:
        if part == ",":
            yield tinycss2.serialize(selector)
            selector = []
        else:
            selector.append(part)
    yield tinycss2.serialize(selector)


def keep_icons(path, icons):
    """Write a font with some of its characters beside the whole one, in a format that all browsers read; its path."""
    options = Options(flavor="woff", layout_features=[], notdef_outline=True)
    font = load_font(path, options)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=icons)
    subsetter.subset(font)
    save_font(font, path.with_suffix(".woff"), options)
    return path.with_suffix(".woff")
