"""All that lossedu uses of nbconvert, and what it expects of the classes that its own classes extend."""

from lossedu.expectations import Library

NBCONVERT = Library(
    "nbconvert",
    ">=7.16,<8",
    (
        # overridden
        "nbconvert.exporters:HTMLExporter.default_filters(self)",
        "nbconvert.exporters:HTMLExporter.from_notebook_node(self, nb, resources, **kw)",
        "nbconvert.exporters:HTMLExporter.markdown2html(self, context, source)",
        "nbconvert.exporters:NotebookExporter.from_file(self, file_stream, resources, **kw)",
        "nbconvert.exporters:NotebookExporter.from_notebook_node(self, nb, resources, **kw)",
        "nbconvert.preprocessors:Preprocessor.preprocess(self, nb, resources)",
        "nbconvert.filters.markdown_mistune:IPythonRenderer.block_math(self, body)",
        "nbconvert.filters.markdown_mistune:IPythonRenderer.inline_math(self, body)",
        "nbconvert.filters.markdown_mistune:IPythonRenderer.latex_environment(self, name, body)",
        "nbconvert.filters.markdown_mistune:IPythonRenderer.image(self, text, url, title)",
        # used
        "nbconvert.exporters:HTMLExporter.extra_loaders",
        "nbconvert.exporters:NotebookExporter.register_preprocessor(self, preprocessor, enabled)",
        "nbconvert.filters.markdown_mistune:MarkdownWithMath.render(self, source)",
        "nbconvert.filters:strip_files_prefix(text)",
        "nbconvert.writers:FilesWriter.write(self, output, resources, notebook_name, **kw)",
    ),
)
NBCONVERT.check()

from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbconvert.filters import strip_files_prefix
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbconvert.writers.files import FilesWriter
