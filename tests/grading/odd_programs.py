"""Notebooks as other programs save them, and Python files as programs export them."""

import json
import re
import uuid

import jupytext
import nbformat
from nbconvert import PythonExporter

from tests.grading.odd_notebooks import CHAPTER, FILE, text_of, without_nbgrader

# --- Notebooks -------------------------------------------------------------------------------------------------------

WIDGETS = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": "3.12.3",
}
MODEL = {
    "model_module": "@jupyter-widgets/controls",
    "model_module_version": "1.5.0",
    "model_name": "HBoxModel",
    "state": {"_dom_classes": [], "children": ["IPY_MODEL_2b", "IPY_MODEL_3c"], "layout": "IPY_MODEL_4d"},
}
PROGRESS_BAR = {
    "output_type": "display_data",
    "data": {WIDGET_VIEW: {"model_id": "1a", "version_major": 2, "version_minor": 0}, "text/plain": ["0%|  | 0/10"]},
    "metadata": {},
}


def number_of(cell):
    """A number of a cell that is the same in every run, as a long hexadecimal text."""
    return uuid.uuid5(uuid.NAMESPACE_OID, cell["cell_type"] + cell["source"]).hex


def has_run(notebook):
    """Number the code cells, and give those that print an output."""
    for count, cell in enumerate(notebook.code_cells, start=1):
        cell["execution_count"] = count
        if cell["source"].startswith("print("):
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["A: [16 16  1  1]\n"]}]


def colab(notebook):
    has_run(notebook)
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True, "gpuType": "T4"},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
        "accelerator": "GPU",
        "widgets": {WIDGETS: {"1a": MODEL, "2b": MODEL | {"model_name": "HTMLModel"}}},
    }
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"]["id"] = number_of(cell)[:12]
        if cell["cell_type"] == "code":
            cell["metadata"]["colab"] = {"base_uri": "https://localhost:8080/", "height": 49}
            cell["metadata"]["outputId"] = str(uuid.UUID(number_of(cell)))
            cell["metadata"]["executionInfo"] = {
                "status": "ok",
                "timestamp": 1772452800000,
                "user_tz": -60,
                "elapsed": 5,
                "user": {"displayName": "A Student", "userId": "01234567890123456789"},
            }
    notebook.code_cells[-1]["outputs"] = [PROGRESS_BAR | {"metadata": {WIDGET_VIEW: {"colab": {}}}}]


def colab_bare(notebook):
    """As Colab, from a copy that was pasted cell by cell."""
    without_nbgrader(notebook)
    colab(notebook)
    for cell in notebook["cells"]:
        for key in ("deletable", "editable"):
            cell["metadata"].pop(key, None)


def vscode(notebook):
    has_run(notebook)
    notebook["metadata"] = {
        "kernelspec": {"display_name": ".venv (3.12.3)", "language": "python", "name": "python3"},
        "language_info": LANGUAGE,
    }
    notebook.insert(0, "import sys\nprint(sys.version)", metadata={"vscode": {"languageId": "python"}})


def vscode_older(notebook):
    """VS Code of 2021 to 2023: nbformat 4.2, no ids, and a key that only its own code reads."""
    vscode(notebook)
    for cell in notebook["cells"]:
        del cell["id"]
    notebook["nbformat_minor"] = 2
    notebook["metadata"]["orig_nbformat"] = 4
    notebook["metadata"]["vscode"] = {"interpreter": {"hash": "aee8b7b246df8f9039afb4144a1f6fd8d2ca17a180786b69acc1"}}


def kaggle(notebook):
    has_run(notebook)
    notebook["nbformat_minor"] = 4
    notebook["metadata"] = {
        "kernelspec": {"language": "python", "display_name": "Python 3", "name": "python3"},
        "language_info": LANGUAGE,
        "kaggle": {
            "accelerator": "none",
            "dataSources": [],
            "dockerImageVersionId": 31287,
            "isInternetEnabled": True,
            "language": "python",
            "sourceType": "notebook",
            "isGpuEnabled": False,
        },
    }
    welcome = (
        "# This Python 3 environment comes with many helpful analytics libraries installed\n\n"
        "import numpy as np # linear algebra\nimport pandas as pd # data processing, CSV file I/O\n\n"
        "import os\nfor dirname, _, filenames in os.walk('/kaggle/input'):\n    for filename in filenames:\n"
        "        print(os.path.join(dirname, filename))"
    )
    notebook.insert(0, welcome)
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] |= {
            "_uuid": number_of(cell),
            "_cell_guid": str(uuid.UUID(number_of(cell))),
            "trusted": True,
            "execution": {"iopub.status.busy": "2026-03-02T12:00:00Z", "shell.execute_reply": "2026-03-02T12:00:01Z"},
        }


def in_one_line(notebook):
    """The JSON as Kaggle writes it: one line, sources as one string, the cells last."""
    cells = notebook.pop("cells")
    return json.dumps(notebook | {"cells": cells}, ensure_ascii=True, separators=(",", ":")).encode()


def deepnote(notebook):
    has_run(notebook)
    without_nbgrader(notebook)
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {
        "deepnote": {},
        "deepnote_execution_queue": [],
        "deepnote_notebook_id": "dfa05eeabf5042b4acd51e883c45df39",
        "deepnote_persisted_session": {"createdAt": "2026-03-02T12:00:00.000Z"},
        "language_info": {"name": "python"},
        "orig_nbformat": 2,
    }
    link = "<a style='text-decoration:none;' href='https://deepnote.com?utm_source=created-in-deepnote-cell'>"
    footer = {"created_in_deepnote_cell": True, "deepnote_cell_type": "markdown"}
    notebook["cells"].append({"cell_type": "markdown", "id": "", "source": link, "metadata": footer})
    for cell in notebook["cells"]:
        del cell["id"]
        kind = "code" if cell["cell_type"] == "code" else "text-cell-p"
        cell["metadata"] = {"cell_id": number_of(cell), "deepnote_cell_type": kind, **cell["metadata"]}
        cell["block_group"] = number_of(cell)  # beside the metadata, where the schema allows nothing
        if kind == "code":
            cell["metadata"] |= {
                "deepnote_to_be_reexecuted": False,
                "execution_millis": 5,
                "execution_start": 1772452800000,
                "source_hash": number_of(cell)[:8],
            }
            cell["outputs_reference"] = None
        else:
            cell["metadata"]["formattedRanges"] = []


def databricks(notebook):
    without_nbgrader(notebook)
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {
        "application/vnd.databricks.v1+notebook": {
            "computePreferences": None,
            "dashboards": [],
            "environmentMetadata": {"base_environment": "", "environment_version": "2"},
            "inputWidgetPreferences": None,
            "language": "python",
            "notebookMetadata": {"pythonIndentUnit": 4},
            "notebookName": CHAPTER,
            "widgets": {},
        },
        "language_info": {"name": "python"},
    }
    for cell in notebook["cells"]:
        del cell["id"]
        about = {"cellMetadata": {}, "inputWidgets": {}, "nuid": str(uuid.UUID(number_of(cell))), "showTitle": False}
        cell["metadata"] = {"application/vnd.databricks.v1+cell": about | {"tableResultSettingsMap": {}, "title": ""}}
        if cell["cell_type"] == "code":
            about["cellMetadata"] = {"byteLimit": 2048000, "rowLimit": 10000}
            cell["execution_count"] = 0
    output = {"output_type": "stream", "name": "stdout", "text": ["A: [16 16  1  1]\n"]}
    notebook.code_cells[-1]["outputs"] = [output]


def with_a_key_twice(notebook):
    """Databricks writes `output_type` twice in one output."""
    twice = '"output_type": "stream",\n"output_type": "stream"'
    return text_of(notebook).replace('"output_type": "stream"', twice).encode()


def jupyterlab(notebook):
    """JupyterLab 4 with recorded timing, tags, folded headings, and widgets saved as they should be."""
    has_run(notebook)
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": LANGUAGE,
        "toc-autonumbering": False,
        "widgets": {WIDGETS: {"state": {"1a": MODEL}, "version_major": 2, "version_minor": 0}},
    }
    for cell in notebook["cells"]:
        cell["metadata"] |= {"editable": True, "slideshow": {"slide_type": ""}, "tags": ["mine"], "trusted": True}
        if cell["cell_type"] == "code":
            cell["metadata"] |= {
                "execution": {"iopub.status.busy": "2026-03-02T12:00:00Z", "iopub.status.idle": "2026-03-02T12:00:01Z"},
                "jupyter": {"outputs_hidden": True, "source_hidden": False},
                "scrolled": True,
            }
        else:
            cell["metadata"]["jp-MarkdownHeadingCollapsed"] = True
    notebook.code_cells[-1]["outputs"] = [PROGRESS_BAR]


def classic(notebook):
    """The classic notebook with extensions."""
    has_run(notebook)
    notebook["nbformat_minor"] = 1
    notebook["metadata"] |= {
        "celltoolbar": "Create Assignment",
        "hide_input": False,
        "latex_envs": {"LaTeX_envs_menu_present": True, "eqNumInitial": 1},
        "toc": {"base_numbering": 1, "nav_menu": {}, "sideBar": True},
        "varInspector": {"cols": {"lenName": 16}, "kernels_config": {"python": {"library": "var_list.py"}}},
    }
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] |= {"ExecuteTime": {"end_time": "2026-03-02T12:00:01Z", "start_time": "2026-03-02T12:00:00Z"}}
        cell["metadata"] |= {"collapsed": True, "hidden": True, "run_control": {"frozen": False, "read_only": False}}


def pycharm(notebook):
    has_run(notebook)
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": LANGUAGE
        | {"codemirror_mode": {"name": "ipython", "version": 2}, "pygments_lexer": "ipython2", "version": "2.7.6"},
    }
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] |= {"collapsed": False, "pycharm": {"name": "#%%\n", "is_executing": True}}
        if cell["cell_type"] == "code":
            cell["metadata"]["ExecuteTime"] = {"end_time": "2026-03-02T12:00:01Z", "start_time": "2026-03-02T12:00:00Z"}


def azure(notebook):
    """Azure Machine Learning: a kernel of its own, and what nteract leaves in cells."""
    has_run(notebook)
    kernel = "python310-sdkv2"
    notebook["metadata"] = {
        "kernel_info": {"name": kernel},
        "kernelspec": {"name": kernel, "language": "python", "display_name": "Python 3.10 - SDK v2"},
        "language_info": LANGUAGE,
        "microsoft": {"host": {"AzureML": {"notebookHasBeenCompleted": True}}},
        "nteract": {"version": "nteract-front-end@1.0.0"},
    }
    notebook["nbformat_minor"] = 2
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] |= {
            "gather": {"logged": 1772452800000},
            "jupyter": {"source_hidden": False, "outputs_hidden": False},
            "nteract": {"transient": {"deleting": False}},
        }


def sagemaker(notebook):
    notebook["metadata"] = {
        "availableInstances": [{"_defaultOrder": 0, "_isFastLaunch": True, "name": "ml.t3.medium", "vcpuNum": 2}],
        "instance_type": "ml.t3.medium",
        "kernelspec": {
            "display_name": "Python 3 (Data Science 3.0)",
            "language": "python",
            "name": "python3__SAGEMAKER_INTERNAL__arn:aws:sagemaker:us-east-1:081325390199:image/data-science-310-v1",
        },
        "language_info": LANGUAGE,
    }


def jupyterlite(notebook):
    """JupyterLite: Python in the browser."""
    notebook["metadata"] = {
        "kernelspec": {"name": "python", "display_name": "Python (Pyodide)", "language": "python"},
        "language_info": LANGUAGE | {"codemirror_mode": {"name": "python", "version": 3}, "version": "3.13"},
    }


def papermill(notebook):
    """What `papermill` and Kaggle's commits add when they run a notebook."""
    has_run(notebook)
    run = {"duration": 0.01, "end_time": "2026-03-02T12:00:01", "exception": False, "status": "completed"}
    notebook["metadata"]["papermill"] = {"default_parameters": {}, "exception": None, "parameters": {}, **run}
    notebook.insert(1, "# Parameters\nseed = 1\n", metadata={"tags": ["injected-parameters"]})
    for cell in notebook["cells"]:
        cell["metadata"]["papermill"] = run


def cocalc(notebook):
    notebook["nbformat_minor"] = 4
    notebook["metadata"]["kernelspec"] = {
        "argv": ["/usr/bin/python3", "-m", "ipykernel", "-f", "{connection_file}"],
        "display_name": "Python 3 (system-wide)",
        "env": {},
        "language": "python",
        "metadata": {"cocalc": {"priority": 100, "url": "https://www.python.org/"}},
        "name": "python3",
        "resource_dir": "/ext/jupyter/kernels/python3",
    }
    for cell in notebook["cells"]:
        cell["id"] = number_of(cell)[:6]


# --- Python files ----------------------------------------------------------------------------------------------------


def library(notebook):
    """The notebook as nbformat has it."""
    return nbformat.reads(text_of(notebook), as_version=4)


def by_jupytext(form):
    return lambda notebook: jupytext.writes(library(notebook), fmt=f"py:{form}").encode()


def by_nbconvert(notebook):
    return PythonExporter().from_notebook_node(library(notebook))[0].encode()


def by_colab(notebook):
    """Colab's "Download .py": text as strings, `!` lines as they are, magics as comments under a remark."""
    title = f"{FILE}\n\nAutomatically generated by Colab.\n\nOriginal file is located at\n    https://colab.google/1"
    parts = [f'# -*- coding: utf-8 -*-\n"""{title}\n"""']
    for cell in notebook["cells"]:
        source = cell["source"].replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        if cell["cell_type"] == "code":
            remark = "# Commented out IPython magic to ensure Python compatibility.\n"
            parts.append(re.sub("^(?=%)", f"{remark}# ", cell["source"], count=1, flags=re.MULTILINE))
        else:
            parts.append(f'"""{source}\n"""')
    return ("\n\n".join(parts) + "\n").encode()


def by_databricks(notebook):
    """Databricks' source format."""
    parts = []
    for cell in notebook["cells"]:
        source = cell["source"] if cell["cell_type"] == "code" else f"%md\n{cell['source']}"
        if source.startswith(("%", "!")):
            source = "\n".join(f"# MAGIC {line}".rstrip() for line in source.splitlines())
        parts.append(source)
    return ("# Databricks notebook source\n" + "\n\n# COMMAND ----------\n\n".join(parts) + "\n").encode()


def by_vscode(notebook):
    """VS Code's export of code cells."""
    return "\n\n".join(f"# %%\n{cell['source']}" for cell in notebook.code_cells).encode()


def by_spyder(notebook):
    """Cells as Spyder divides them, typed by hand, with titles."""
    cells = (cell["source"] for cell in notebook.code_cells)
    return "\n\n".join(f"#%% cell {count}\n{source}" for count, source in enumerate(cells)).encode()
