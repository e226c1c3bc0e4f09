"""Read submissions leniently, and give their cells back the roles that the assignment gave them."""

import nbformat
from traitlets import List, Unicode

from lossedu.grading._writing import notebook_text
from lossedu.grading.nbconvert import NotebookExporter
from lossedu.grading.nbgrader import Gradebook, NbGraderPreprocessor, is_sanitizing
from lossedu.intake.masters import Master, MasterCell
from lossedu.intake.matching import match
from lossedu.intake.modules import add_module, modules_in
from lossedu.intake.notebooks import OUR_METADATA, read_notebook


class SubmissionExporter(NotebookExporter):
    """Read submissions as `lossedu.intake` does, and check the result once instead of after each step."""

    def from_file(self, file_stream, resources=None, **options):
        """Read a notebook and run the steps on it."""
        if not is_sanitizing(self.parent):
            return super().from_file(file_stream, resources, **options)
        return self.from_notebook_node(read_notebook(file_stream.buffer.read()), resources, **options)

    def from_notebook_node(self, nb, resources=None, **options):
        """Run the steps on a notebook itself, not on copies as nbconvert does, since nothing else needs it."""
        resources = self._init_resources(resources)
        for step in self._preprocessors:
            nb, resources = step(nb, resources)
        try:
            nbformat.validate(nb)
        except nbformat.ValidationError:
            text = nbformat.writes(nb)  # this call logs the error
            nbformat.validate(nb, relax_add_props=True)  # raises as nbconvert does, but accepts additional properties
        else:
            text = notebook_text(nb)
        return f"{text}\n", resources


class RestoreCells(NbGraderPreprocessor):
    """Give every cell its role in the master, put back missing cells, and add the cells of the chapter's module.

    nbgrader's own `OverwriteCells`, which follows, stops at changed roles and at a solution that was deleted together
    with its test.
    """

    remarks = List(Unicode(), help="Further remarks on the submission.").tag(config=True)

    def preprocess(self, nb, resources):
        """Restore the cells of a submission, and note in it what is unusual."""
        of = resources["nbgrader"]
        with Gradebook(of["db_url"]) as gradebook:
            master = master_of(gradebook.find_notebook(of["notebook"], of["assignment"]))
        remarks = [*self.remarks, *match(nb, master)]
        folder = resources["metadata"]["path"]  # the folder of the submitted notebook
        remarks += add_module(nb, master, modules_in(folder, of["notebook"]), of["notebook"])
        for remark in remarks:
            self.log.warning("%s", remark)
        if remarks:
            nb.metadata[OUR_METADATA] = {"remarks": remarks}
        return nb, resources


def master_of(notebook):
    """Return the `Master` for a notebook of the gradebook."""
    worth = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
    grade, solution, task = (
        {cell.name for cell in cells} for cells in (notebook.grade_cells, notebook.solution_cells, notebook.task_cells)
    )
    cells = [
        MasterCell(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            locked=cell.locked,
            grade=cell.name in grade,
            solution=cell.name in solution,
            task=cell.name in task,
            points=worth.get(cell.name),
        )
        for cell in notebook.source_cells
    ]
    return Master(tuple(cells))
