"""`otter run` of otter-grader: one command per submission, with tests that make the same checks as the chapter."""

import json

import nbformat

from benchmarks.grading.commands import call
from benchmarks.grading.courses import submissions

OTTER = "otter run"
TEST = """
from otter.test_files import test_case

OK_FORMAT, name, points = False, {name!r}, {points!r}


@test_case()
def judged(env):
    exec({source!r}, env)
"""


def programs_of_otter(course):
    """Turn the test cells of a course into otter's tests; return the programs that grade its submissions with them."""
    paths = submissions(course)
    (course / "tests").mkdir()
    for cell in nbformat.read(paths[0], as_version=4).cells:
        of = cell.metadata.get("nbgrader", {})
        if of.get("grade"):
            test = TEST.format(name=of.grade_id, points=of.points, source=cell.source)
            (course / "tests" / f"{of.grade_id}.py").write_text(test)
    call(course, ["otter", "generate", "-t", "tests", "-o", "tests.zip", "--no-environment", "--no-requirements"])
    command = ["otter", "run", "--no-logo", "-a", "tests.zip"]
    folders = [course / "otter" / str(number) for number in range(len(paths))]
    for folder in folders:
        folder.mkdir(parents=True)
    return [[*command, "-o", str(folder), str(path)] for folder, path in zip(folders, paths, strict=True)]


def grades_by_otter(course):
    """Yield the number of each student, the points and the maximum points."""
    for path in course.glob("otter/*/results.json"):
        tests = json.loads(path.read_text())["tests"][1:]  # the first is about all of them
        yield int(path.parent.name), sum(each["score"] for each in tests), sum(each["max_score"] for each in tests)
