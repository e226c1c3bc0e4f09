"""Any bytes give a valid notebook or one clear error. What does not matter to grading changes no answer."""

import codecs
import copy
import functools
import io
import json
import operator
import random
import time
import zipfile

import nbformat
import pytest

from lossedu.intake.notebooks import KERNELSPEC, MOST_CELLS, UnreadableError, read_notebook
from tests.conftest import ROOT

SEED = 12
RELEASED = sorted((ROOT / "course").glob("*/*.ipynb"))
HALF = "\ud83d"  # the first half of an emoji, as JSON may escape it
NESTED = json.loads("[" * 200 + "]" * 200)
ODD_VALUES = (
    None,
    True,
    -1,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "text",
    "a\nb\r\nc",
    HALF,
    "\udca9 x",
    "nul \x00 bell \x07 \ufffe \u2028 🎉",
    [],
    ["a", None, 3, HALF],
    {},
    {"": {}},
    {HALF: HALF},
    {"grade_id": "answer"},
    {"name": "python3", "display_name": HALF},
    NESTED,
)


# --- Notebooks, and the bytes of files


def code(source, **fields):
    blank = {"cell_type": "code", "id": "abc", "metadata": {}, "source": source}
    return blank | {"outputs": [], "execution_count": None} | fields


def notebook(*cells, **fields):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | fields


def example():
    """A notebook with cells, metadata and outputs of many kinds."""
    role = {"grade_id": "answer", "grade": False, "solution": True, "locked": False, "schema_version": 3}
    output = {"output_type": "stream", "name": "stdout", "text": ["1\n"]}
    return notebook(
        {"cell_type": "markdown", "id": "intro", "metadata": {"tags": ["a"]}, "source": ["# Größe μ\n", "x"]},
        code("answer = 1  # 平均 🎉", id="first", metadata={"nbgrader": role, "collapsed": True}, outputs=[output]),
        {
            "cell_type": "raw",
            "id": "last",
            "metadata": {"format": "text/latex"},
            "source": "raw",
            "attachments": {"a.png": {"image/png": "aGVsbG8="}},
        },
        metadata={
            "kernelspec": dict(KERNELSPEC),
            "language_info": {"name": "python", "codemirror_mode": {"version": 3}},
            "authors": [{"name": "a"}],
        },
    )


def saved(data, **options):
    return json.dumps(data, **options).encode()


def read(data):
    """Read JSON data as a notebook, and check that the result is valid and can be written."""
    return checked(read_notebook(saved(data)))


def checked(found):
    """Check that a notebook is valid, and can be written and read again; return it."""
    nbformat.validate(found, version=4, version_minor=5)
    ids = [cell.id for cell in found.cells]
    assert len(ids) == len(set(ids))
    written = nbformat.writes(found).encode()
    json.loads(written, parse_constant=pytest.fail)  # browsers cannot read NaN in JSON
    assert read_notebook(written) == found
    copy.deepcopy(found)
    return found


def outcome(content):
    """Read bytes; return the notebook, or the message of the error. Any other error fails the test."""
    try:
        return checked(read_notebook(content))
    except UnreadableError as error:
        words = str(error)
        assert 20 < len(words) < 200
        assert words.isprintable()
        return words


def sources(found):
    return [cell.source for cell in found.cells]


# --- Ordinary notebooks


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_an_ordinary_notebook_is_not_changed_but_for_outputs(path):
    released = nbformat.read(path, as_version=4)
    released.cells[3].metadata["tags"] = ["mine"]
    expected = copy.deepcopy(released)
    for number, cell in enumerate(released.cells):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="1")], number
    assert read_notebook(nbformat.writes(released).encode()) == expected


def test_all_chapters_are_read():
    assert [path.stem for path in RELEASED] == sorted(path.stem for path in (ROOT / "solutions").glob("*/*.md"))


# --- Odd JSON


def mutations(data):
    """Yield functions that each make a copy of JSON data with one part dropped, doubled or replaced by an odd value."""
    for *path, last in paths(data):

        def changed(change, *values, path=path, last=last):
            new = copy.deepcopy(data)
            change(functools.reduce(operator.getitem, path, new), last, *copy.deepcopy(values))
            return new

        yield functools.partial(changed, lambda parent, key: parent.pop(key))
        for value in ODD_VALUES:
            yield functools.partial(changed, operator.setitem, value)
        if isinstance(last, int):
            yield functools.partial(changed, lambda parent, key: parent.insert(key, copy.deepcopy(parent[key])))
        else:
            for name in ("cells", "source", "id", "metadata", "worksheets", HALF, "\x00"):
                yield functools.partial(changed, lambda parent, key, name: parent.update({name: parent[key]}), name)


def paths(data):
    """Yield the path to each place in JSON data."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        yield (key,)
        yield from ((key, *rest) for rest in paths(value))


def test_any_change_of_the_json_gives_a_notebook_or_clear_words():
    tried = [change() for change in mutations(example())]
    assert len(tried) > 1000
    read_well = [each for each in tried if not isinstance(outcome(saved(each)), str)]
    assert len(read_well) > 0.97 * len(tried)


def test_any_two_changes_of_the_json_give_a_notebook_or_clear_words():
    draw = random.Random(SEED)  # noqa: S311
    once = list(mutations(example()))
    for change in draw.sample(once, 40):
        for again in draw.sample(list(mutations(change())), 25):
            outcome(saved(again()))


def test_sources_survive_any_change_elsewhere():
    expected = [cell["source"] for cell in example()["cells"]]
    for change in mutations(example()):
        changed = change()
        cells = changed.get("cells")
        if isinstance(cells, list) and [each.get("source") for each in cells if isinstance(each, dict)] == expected:
            assert sources(read(changed)) == ["# Größe μ\nx", "answer = 1  # 平均 🎉", "raw"]


def test_a_source_survives_as_far_as_it_is_text():
    found = read(notebook(code(["a\n", None, 3, "b"]), code(None), code(3), code(["🎉", HALF, "\ude00 = 1\r\nb\rc"])))
    assert sources(found) == ["a\nb", "", "", "🎉😀 = 1\nb\nc"]


def test_half_a_character_is_replaced_wherever_it_stands():
    cell = code(f"x = '{HALF}'", id=HALF, metadata={HALF: [HALF], "nbgrader": {"grade_id": f"a{HALF}"}})
    text = {"cell_type": "markdown", "id": "b", "source": HALF, "metadata": {}, "attachments": {HALF: {HALF: HALF}}}
    found = read(notebook(cell, text, metadata={"title": HALF, "kernelspec": {"name": HALF, "display_name": HALF}}))
    assert found.cells[0].source == "x = '\ufffd'"
    assert found.cells[0].metadata.nbgrader.grade_id == "a\ufffd"


def test_a_key_given_twice_counts_as_in_other_programs():
    text = json.dumps(notebook(code("x = 2"))).replace('"source"', '"source": "x = 1", "source"')
    assert sources(outcome(text.encode())) == ["x = 2"]


def test_metadata_may_be_nested_a_little():
    deep = json.loads('{"a":' * 900 + "1" + "}" * 900)
    few = {"a": {"b": [{"c": 1}]}}
    found = read(notebook(code("x = 1", metadata={"deep": deep, "few": few}), metadata={"deep": deep, "few": few}))
    assert found.metadata.few == found.cells[0].metadata.few == few
    assert sources(found) == ["x = 1"]


def test_json_that_is_nested_without_end_is_refused():
    for text in (
        "[" * 100_000,
        '{"cells":' * 100_000,
        '{"cells": [], "metadata": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ):
        assert "nested too deeply" in outcome(text.encode())


def test_numbers_beyond_all_bounds_do_not_matter():
    text = json.dumps(notebook(code("x = 1", execution_count=7, metadata={"n": 7}))).replace("7", "7" * 5000)
    assert sources(outcome(text.encode())) == ["x = 1"]
    text = json.dumps(notebook(code("x = 1", metadata={"n": 7}))).replace("7", "7e999")
    assert outcome(text.encode()).cells[0].metadata == {"n": None}


def test_bare_tabs_and_line_ends_within_texts_are_read():
    text = json.dumps(notebook(code("if x:\n\ty = 1"))).replace("\\n", "\n").replace("\\t", "\t")
    assert sources(outcome(text.encode())) == ["if x:\n\ty = 1"]


def test_invalid_metadata_are_left_out_without_those_of_nbgrader():
    role = {"grade_id": "answer", "solution": True}
    cell = code("x = 1", metadata={"collapsed": "no", "tags": "a", "nbgrader": role})
    text = {"cell_type": "markdown", "source": "y", "metadata": {}, "attachments": {"a": 3}}
    found = read(notebook(cell, text, metadata={"title": 3, "authors": "me"}))
    assert found.cells[0].metadata == {"nbgrader": role}
    assert "attachments" not in found.cells[1]
    assert found.metadata == {"kernelspec": KERNELSPEC}


def test_a_notebook_has_no_say_in_what_lossedu_notes():
    noted = {"lossedu": {"remarks": ["all is well"], "put_back": True}}
    found = read(notebook(code("x = 1", metadata=dict(noted)), metadata=dict(noted)))
    assert "lossedu" not in {*found.metadata, *found.cells[0].metadata}


def test_widget_state_is_left_out():
    assert (
        "widgets"
        not in read(notebook(metadata={"widgets": {"application/vnd.jupyter.widget-state+json": {}}})).metadata
    )


@pytest.mark.parametrize(
    "spec", [None, [], {}, "python3", {"name": "python3"}, {"display_name": "P"}, {"name": None, "display_name": "P"}]
)
def test_a_kernelspec_that_cannot_be_used_is_replaced(spec):
    assert read(notebook(metadata={"kernelspec": spec})).metadata.kernelspec == KERNELSPEC


# --- Ids


def test_valid_ids_are_kept():
    ids = ["a", "A-b_9", "x" * 64, "mean_error_of_a"]
    assert [cell.id for cell in read(notebook(*[code("", id=each) for each in ids])).cells] == ids


def test_ids_become_valid_and_unique():
    odd = [
        "",
        None,
        3,
        [],
        "no+valid=id",
        "ä" * 100,
        "y" * 200,
        "y" * 200,
        "same",
        "same",
        "same",
        "same-2",
        HALF,
        "\n",
    ]
    found = [cell.id for cell in read(notebook(*[code("", id=each) for each in odd])).cells]
    assert {"no-valid-id", "same", "same-2"} <= {*found}


def test_an_id_may_stand_in_the_metadata():
    cell = code("x = 1", metadata={"id": "squared_error"})
    del cell["id"]
    assert read(notebook(cell)).cells[0].id == "squared_error"


# --- Other versions of the format


@pytest.mark.parametrize("minor", [*range(8), 99, None, "5", -1, 4.5])
@pytest.mark.parametrize("major", [4, "4", 5, None])
def test_the_number_of_the_format_does_not_matter(major, minor):
    found = read(notebook(code("x = 1"), nbformat=major, nbformat_minor=minor))
    assert (sources(found), found.nbformat, found.nbformat_minor) == (["x = 1"], 4, 5)


def of_format_3(**fields):
    cells = [
        {"cell_type": "heading", "level": 2, "metadata": {}, "source": "Title"},
        {"cell_type": "code", "collapsed": False, "input": ["x = 1\n", "y = 2"], "language": "python", "metadata": {}},
        {"cell_type": "html", "metadata": {}, "source": "<b>x</b>"},
        {"cell_type": "code", "input": "z = 3", "outputs": [{"output_type": "pyout", "prompt_number": 2}]},
    ]
    return {"metadata": {"name": "old"}, "nbformat": 3, "worksheets": [{"cells": cells, "metadata": {}}]} | fields


def test_notebooks_of_formats_2_and_3_are_read():
    for fields in ({}, {"nbformat": 2}, {"nbformat_minor": 0}, {"nbformat": "3"}, {"nbformat": 4}, {"nbformat": None}):
        found = read(of_format_3(**fields))
        assert sources(found) == ["Title", "x = 1\ny = 2", "<b>x</b>", "z = 3"]
        assert [cell.cell_type for cell in found.cells] == ["markdown", "code", "markdown", "code"]


def test_a_notebook_that_nbformat_has_made_older_is_read_alike():
    released = nbformat.read(RELEASED[0], as_version=4)
    older = nbformat.writes(nbformat.convert(copy.deepcopy(released), 3), version=nbformat.NO_CONVERT)
    found = outcome(older.encode())
    assert [cell.source for cell in found.cells if cell.cell_type == "code"] == [
        cell.source for cell in released.cells if cell.cell_type == "code"
    ]


def test_any_change_of_format_3_gives_a_notebook_or_clear_words():
    for change in mutations(of_format_3()):
        outcome(saved(change()))


# --- Bytes


def test_encodings_do_not_matter():
    expected = read_notebook(saved(example(), ensure_ascii=False))
    text = json.dumps(example(), ensure_ascii=False, indent=1)
    contents = [text.encode(each) for each in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")]
    contents += [codecs.BOM_UTF8 * 2 + text.encode(), text.replace("\n", "\r\n").encode(), b"\n\n " + text.encode()]
    contents += [json.dumps(example()).encode(), text.encode() + bytes(512), text.encode() + b"\x1a"]
    for content in contents:
        assert outcome(content) == expected


def test_windows_encoding_is_read_as_a_whole_or_in_places():
    text = json.dumps(notebook(code("größe = 3  # „so“ €")), ensure_ascii=False)
    assert sources(outcome(text.encode("cp1252"))) == ["größe = 3  # „so“ €"]
    mixed = json.dumps(notebook(code("μ = 'a?b'")), ensure_ascii=False).encode().replace(b"?", "ü".encode("cp1252"))
    assert sources(outcome(mixed)) == ["μ = 'aüb'"]


def test_a_file_cut_short_anywhere_gives_a_notebook_or_clear_words():
    for encoding in ("utf-8", "utf-16", "utf-32"):
        content = json.dumps(example(), ensure_ascii=False, indent=1).encode(encoding)
        found = [outcome(content[:length]) for length in range(0, len(content), 7)]
        assert all(isinstance(each, str) for each in found)
    assert found[0] == "not a notebook (the file is empty)"


def test_any_change_of_bytes_gives_a_notebook_or_clear_words():
    draw = random.Random(SEED)  # noqa: S311
    content = json.dumps(example(), ensure_ascii=False).encode()
    for _ in range(1500):
        changed = bytearray(content)
        for _ in range(draw.choice([1, 1, 2, 8])):
            at = draw.randrange(len(changed))
            kind = draw.randrange(4)
            if kind == 0:
                changed[at] = draw.randrange(256)
            elif kind == 1:
                del changed[at : at + draw.choice([1, 2, 30])]
            elif kind == 2:
                changed[at:at] = draw.choice(
                    [b"\x00", b"\r", b"\xed\xa0\xbd", b"\\ud83d", b'"', b"}", b"NaN", b"\xff\xfe"]
                )
            else:
                changed[at:at] = changed[at : at + draw.choice([1, 20, 200])]
        outcome(bytes(changed))


def test_any_bytes_give_a_notebook_or_clear_words():
    draw = random.Random(SEED)  # noqa: S311
    for length in range(300):
        outcome(draw.randbytes(length))
        outcome(b"{" + draw.randbytes(length))


def zipped():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (bytes(4096), "empty"),
        (codecs.BOM_UTF16_LE, "empty"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<!DOCTYPE html>\n<html></html>", "web page"),
        (zipped(), "zip archive or an office document"),
        (b"x = 1\n", "not JSON"),
        (b'{"cells": [', "breaks off or has an error in line 1"),
        (b'{\n"cells": [\n', "error in line 2"),
        ('{\n"cells": [\n'.encode("utf-16"), "error in line 2"),
        (b'{\n<<<<<<< HEAD\n"cells"\n=======\n>>>>>>> a\n', "conflict markers"),
        (b'<<<<<<< HEAD\n{"cells"\n=======\n>>>>>>> a\n', "conflict markers"),
        (b"[1, 2]", "no cells"),
        (b"42", "no cells"),
        (b'{"url": "https://docs.google.com"}', "no cells"),
        (b'{"cells": {}}', "no cells"),
        (b'{"worksheets": 3}', "no cells"),
    ],
)
def test_words_say_what_a_file_is(content, word):
    assert word in outcome(content)


def test_there_is_a_limit_on_cells():
    assert len(read(notebook(*[code("x")] * MOST_CELLS)).cells) == MOST_CELLS
    assert "2,001 cells; at most 2,000" in outcome(saved(notebook(*[code("x")] * (MOST_CELLS + 1))))


def test_a_cell_of_unknown_type_is_code_if_it_has_what_only_code_has():
    kinds = [
        {"cell_type": "Code"},
        {"cell_type": "sql"},
        {"cell_type": None, "outputs": []},
        {"cell_type": ["code"]},
        {},
    ]
    found = read(notebook(*[{"source": "x = 1", "metadata": {}} | each for each in kinds]))
    assert [cell.cell_type for cell in found.cells] == ["code", "raw", "code", "raw", "raw"]


def test_reading_costs_about_as_much_as_nbformat_needs():
    def seconds(call):
        started = time.process_time()
        for _ in range(10):
            call()
        return (time.process_time() - started) / 10

    content = RELEASED[0].read_bytes()
    ours, theirs = seconds(lambda: read_notebook(content)), seconds(lambda: nbformat.reads(content.decode(), 4))
    print(f"read_notebook: {1000 * ours:.1f} ms, nbformat.reads: {1000 * theirs:.1f} ms")
    assert ours < 10 * theirs
