"""TeX formulas as MathML, which browsers show without a script and without a network."""

import html
import re
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

# A macro that calls itself, or doubles its argument twenty times, would keep the converter busy for hours.
MACROS = re.compile(r"\\(?:def|let|newcommand|renewcommand|newenvironment|DeclareMathOperator)\b")
LONGEST = 10_000  # characters of a formula
SCRIPTED = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
THIN = "0.1667em"  # TeX's thin space
FORMULA = re.compile(
    r"(?P<block>\$\$(?P<dollars>.+?)\$\$|\\\[(?P<bracket>.+?)\\\]"
    r"|(?P<environment>\\begin\{(?P<name>[a-z]+\*?)\}.*?\\end\{(?P=name)\}))"
    r"|\$(?P<dollar>[^$]+)\$|\\\((?P<parenthesis>.+?)\\\)",
    re.DOTALL,
)


def to_mathml(tex, display="inline"):
    """Return a formula as MathML; as code in HTML, if it cannot be converted.

    Args:
        tex: the formula without its dollar signs.
        display: "inline", or "block" for a formula on a line of its own.
    """
    if len(tex) > LONGEST or MACROS.search(tex):
        return as_code(tex)
    try:
        formula = convert_to_element(tex, display=display)
    except Exception:  # the formula is a stranger's, and the converter raises whatever it stumbles over
        return as_code(tex)
    for element in formula.iter():
        # the converter writes symbols as entities, for a caller that leaves text unescaped
        element.text = html.unescape(element.text or "")
    for element in formula.iter():
        if element.tag not in SCRIPTED:
            set_functions_apart(element)
    return ElementTree.tostring(formula, encoding="unicode", short_empty_elements=False)


def set_functions_apart(row):
    """Put a thin space around names of functions in a row of MathML, as TeX does: `p ln p` rather than `plnp`."""
    before = None
    for element, after in zip(row, [*row[1:], None], strict=False):
        name = base_of(element)
        if name.tag in ("mi", "mo") and len(name.text) > 1 and name.text.isalpha():
            name.tag = "mo"
            name.set("form", "prefix")
            name.set("lspace", "0" if before is None or before.tag == "mo" else THIN)
            name.set("rspace", "0" if after is None or after.text == "(" else THIN)
        before = name


def base_of(element):
    """Return what carries the scripts of an element; the element itself if there are none."""
    return base_of(element[0]) if element.tag in SCRIPTED and len(element) else element


def as_code(tex):
    """Return TeX as code in HTML."""
    return f"<code>{html.escape(tex)}</code>"


def typeset(text):
    """Return text with TeX formulas between dollar signs, brackets or in environments as HTML."""
    parts, end = [], 0
    for found in FORMULA.finditer(text):
        tex = next(filter(None, found.group("dollars", "bracket", "environment", "dollar", "parenthesis")))
        parts += [html.escape(text[end : found.start()]), to_mathml(tex, "block" if found["block"] else "inline")]
        end = found.end()
    return "".join([*parts, html.escape(text[end:])])
