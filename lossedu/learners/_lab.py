"""Open JupyterLab for a learner, at the start page or a chapter, without the parts that only teachers need."""

import os
import sys
import webbrowser
from pathlib import Path

from lossedu.exercises import get
from lossedu.learners._progress import following

# Jupyter reads these settings before the user's; they render Markdown files and disable nbgrader's extensions
SETTINGS = Path(__file__).with_name("jupyter")
START_PAGE = "README.md"


def open_lab(course, place="", options=()):
    """Open a copy of the course in JupyterLab, in the browser; return when its server stops.

    If a server already runs in this folder and no options are given, only the page is opened.

    Args:
        course: the folder of the copy.
        place: the file to show, by its path in the folder; by default, the start page.
        options: further arguments of `jupyter lab`, such as "--no-browser".
    """
    course = Path(course).resolve()
    if not place and (course / START_PAGE).is_file():
        place = START_PAGE
    page = f"lab/tree/{place}" if place else "lab"
    server = None if options else running_server(course)
    if server:
        token = f"?token={server['token']}" if server["token"] else ""
        webbrowser.open(f"{server['url']}{page}{token}")
        return
    from jupyterlab.labapp import LabApp

    search = [str(SETTINGS), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(search)
    # terminals and cells with `!lossedu ...` find the command
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    LabApp.launch_instance([str(course), f"--LabApp.default_url=/{page}", *options])


def running_server(course):
    """Return a dict with `url` and `token` of the Jupyter server that runs in a folder; None if there is none."""
    from jupyter_server.serverapp import list_running_servers

    return next((each for each in list_running_servers() if Path(each["root_dir"]).resolve() == course), None)


def open_next(course):
    """Open the chapter of the next exercise in JupyterLab, or the start page if all exercises are done."""
    name = following(course)
    chapter = get(name).chapter if name else ""
    open_lab(course, f"{chapter}/{chapter}.ipynb" if chapter else "")
