"""Submissions to chapter 07 as learners leave them: right ones, wrong ones and broken ones.

Every submission is made from the released notebook: the answers below go where it says `YOUR CODE HERE`.
"""

import copy
import re
import textwrap
from pathlib import Path

import nbformat

CHAPTER = "07_kl_divergence"
PLACEHOLDER = re.compile(r"^( *)# YOUR CODE HERE\n *raise NotImplementedError\(\)", re.MULTILINE)

ALL_RIGHT = {
    "wasted_bits": "wasted_bits = 2 - 1.75",
    "entropy_slope": "entropy_slope = sympy.log(1 - p) - sympy.log(p)",
    "entropy": """
        surprise = -np.log(np.where(p == 0, 1, p))
        return (p * surprise).sum(axis=-1)
        """,
    "cross_entropy": """
        terms = np.where(p == 0, 0, -p * np.log(np.where(p == 0, 1, q)))
        return terms.sum(axis=-1)
        """,
    "kl_divergence": """
        p, q = np.clip([y_true, y_pred], 1e-7, 1)
        return (p * np.log(p / q)).sum(axis=-1)
        """,
    "gibbs_bound": "gibbs_bound = (q - p) + ((1 - q) - (1 - p))",
    "kl_divergence_gradient": "return -y_true / y_pred",
    "mean_square_from_q": "mean_square_from_q = (mu_p - mu_q)**2 + sigma_p**2",
    "gaussian_kl": """
        mean_square = sigma_p**2 + (mu_p - mu_q)**2
        return np.log(sigma_q / sigma_p) + mean_square / (2 * sigma_q**2) - 0.5
        """,
    "covering_deviation": "covering_deviation = (0.5**2 + 2**2) ** 0.5",
    "poisson": "return (y_pred - y_true * np.log(y_pred + 1e-7)).mean(axis=-1)",
    "poisson_gradient": "return (1 - y_true / y_pred) / y_pred.shape[-1]",
    "equals_apart": "equals_apart = np.full(4, 0.25)",
    "there_and_back": "there_and_back = np.array([0.5, 0.5]), np.array([0.99, 0.01])",
    "jensen_shannon_distance": """
        squared = entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2
        return np.sqrt(np.maximum(squared, 0))
        """,
}

ANOTHER_STYLE = {
    "wasted_bits": "wasted_bits = sum(p * (2 - length) for p, length in [(1/2, 1), (1/4, 2), (1/8, 3), (1/8, 3)])",
    "entropy_slope": "entropy_slope = sympy.diff(coin_entropy, p)",
    "entropy": """
        import math

        rows = np.reshape(p, (-1, p.shape[-1]))
        sums = [-math.fsum(x * math.log(x) for x in row if x > 0) for row in rows]
        return np.reshape(sums, p.shape[:-1])
        """,
    "cross_entropy": """
        surprise = -np.log(q, out=np.zeros(q.shape), where=p > 0)
        return np.einsum("...i,...i->...", p, surprise)
        """,
    "kl_divergence": """
        p, q = np.maximum(y_true, 1e-7), np.maximum(y_pred, 1e-7)
        total = 0
        for i in range(p.shape[-1]):
            total = total + p[..., i] * (np.log(p[..., i]) - np.log(q[..., i]))
        return total
        """,
    "gibbs_bound": "gibbs_bound = sum(sympy.expand(a * (b / a - 1)) for a, b in [(p, q), (1 - p, 1 - q)])",
    "kl_divergence_gradient": """
        slope = np.empty(y_pred.shape)
        for i in np.ndindex(y_pred.shape):
            slope[i] = -y_true[i] / y_pred[i]
        return slope
        """,
    "mean_square_from_q": """
        z = sympy.symbols("z", real=True)
        normal = sympy.exp(-z**2 / 2) / sympy.sqrt(2 * sympy.pi)
        mean_square_from_q = sympy.integrate((mu_p + sigma_p * z - mu_q)**2 * normal, (z, -sympy.oo, sympy.oo))
        """,
    "gaussian_kl": """
        ratio, shift = (sigma_p / sigma_q)**2, (mu_p - mu_q) / sigma_q
        return 0.5 * (ratio - 1 - np.log(ratio) + shift**2)
        """,
    "covering_deviation": "covering_deviation = round(np.hypot(0.5, 2), 2)",
    "poisson": """
        log_likelihood = y_true * np.log(1e-7 + y_pred) - y_pred
        return -np.sum(log_likelihood, axis=-1) / np.size(y_pred, -1)
        """,
    "poisson_gradient": "return (y_pred - y_true) / (y_pred * np.size(y_pred, -1))",
    "equals_apart": "equals_apart = [0.2, 0.3, 0.5]",
    "there_and_back": "there_and_back = [0.1, 0.9], [0.6, 0.4]",
    "jensen_shannon_distance": """
        m = 0.5 * (p + q)
        return np.sqrt(abs(kl_divergence(p, m) + kl_divergence(q, m)) / 2)
        """,
}

SWAPPED_ARGUMENTS = {
    "kl_divergence": """
        y_true = np.clip(y_true, 1e-7, 1)
        y_pred = np.clip(y_pred, 1e-7, 1)
        return np.sum(y_pred * np.log(y_pred / y_true), axis=-1)
        """,
}

VARIANCES_FOR_DEVIATIONS = {
    "gaussian_kl": "return 0.5 * (np.log(sigma_q / sigma_p) + (sigma_p + (mu_p - mu_q)**2) / sigma_q - 1)",
}

SYNTAX_ERROR = {
    "gaussian_kl": """
        shift = (mu_p - mu_q) / sigma_q
        return np.log(sigma_q / sigma_p) + ((sigma_p / sigma_q)**2 + shift**2 - 1) / 2)
        """,
}

ENDLESS_LOOP = {
    "poisson": """
        total, i = 0, 0
        while i < y_pred.shape[-1]:
            total = total + y_pred[..., i] - y_true[..., i] * np.log(y_pred[..., i] + 1e-7)
        return total / y_pred.shape[-1]
        """,
}

STUDENTS = {
    "all-right": ALL_RIGHT,
    "another-style": ANOTHER_STYLE,
    "swapped-arguments": ALL_RIGHT | SWAPPED_ARGUMENTS,
    "variances-for-deviations": ALL_RIGHT | VARIANCES_FOR_DEVIATIONS,
    "half-empty": dict(list(ALL_RIGHT.items())[: len(ALL_RIGHT) // 2]),
    "syntax-error": ALL_RIGHT | SYNTAX_ERROR,
    "endless-loop": ALL_RIGHT | ENDLESS_LOOP,
    "deleted-test": ALL_RIGHT,
    "not-json": ALL_RIGHT,
}


def write_submissions(released_notebook, folder):
    """Write what each student hands in to `folder/<student>/07_kl_divergence/`; returns the students."""
    released = nbformat.read(released_notebook, as_version=4)
    for student, answers in STUDENTS.items():
        notebook = answered(released, answers)
        if student == "deleted-test":
            notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != "check_entropy"]
        text = nbformat.writes(notebook)
        if student == "not-json":
            text = text[: len(text) // 2]  # as a download that broke off leaves it
        target = Path(folder, student, CHAPTER, f"{CHAPTER}.ipynb")
        target.parent.mkdir(parents=True)
        target.write_text(text, encoding="utf-8")
    return list(STUDENTS)


def answered(released, answers):
    """The released notebook with the answers in the cells of those names."""
    notebook = copy.deepcopy(released)
    cells = {grade_id(cell): cell for cell in notebook.cells}
    for name, answer in answers.items():
        stub, body = cells[name].source, textwrap.dedent(answer).strip()
        cells[name].source = PLACEHOLDER.sub(lambda found, body=body: textwrap.indent(body, found[1]), stub)
    return notebook


def grade_id(cell):
    """The name under which nbgrader knows a cell, or None."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")
