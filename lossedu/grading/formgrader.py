"""All changes that lossedu makes to nbgrader's formgrader. Only a Jupyter server with a formgrader imports this."""

from lossedu.expectations import Library
from lossedu.grading.nbgrader import NBGRADER

FORMGRADER = Library(
    NBGRADER.name,
    NBGRADER.versions,
    (
        "nbgrader.server_extensions.formgrader.base:BaseHandler.render(self, name, **ns)",
        "nbgrader.server_extensions.formgrader.base:BaseHandler.exporter",
        "nbgrader.server_extensions.formgrader.base:BaseHandler.content_security_policy",
        "nbgrader.server_extensions.formgrader.handlers:SubmissionHandler",
        "nbgrader.server_extensions.formgrader.handlers:SubmissionFilesHandler",
    ),
)
FORMGRADER.check()

from nbgrader.server_extensions.formgrader import base, handlers

NBGRADERS_POLICY = base.BaseHandler.content_security_policy


def replace_pages(exporter, render, policy_of_files):
    """Replace how the formgrader makes its pages.

    Args:
        exporter: gives the exporter for a handler.
        render: renders a template for a handler, in place of `BaseHandler.render`.
        policy_of_files: added to the content security policy of a submission's files.
    """
    handlers.SubmissionHandler.exporter = property(exporter)  # pyright: ignore[reportAttributeAccessIssue]
    handlers.SubmissionFilesHandler.content_security_policy = property(  # pyright: ignore[reportAttributeAccessIssue]
        lambda handler: f"{NBGRADERS_POLICY.__get__(handler)}; {policy_of_files}"
    )
    base.BaseHandler.render = render
