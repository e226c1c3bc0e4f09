"""Work handed to others is found and named; what only looks like it is not."""

import pytest

from lossedu.checking import verdict
from tests.checking import run_cell

DELEGATING = {
    "lossedu.losses.divergences.kl_divergence": """
        from lossedu.losses import kl_divergence as theirs
        def kl_divergence(y_true, y_pred):
            return theirs(y_true, y_pred)
        """,
    "lossedu.losses": """
        import lossedu.losses as reference
        def helper(p, q):
            return reference.kl_divergence(p, q)
        def kl_divergence(y_true, y_pred):
            return helper(y_true, y_pred)
        """,
    "lossedu.stable": """
        from lossedu.stable import log_softmax
        def kl_divergence(y_true, y_pred):
            p, q = np.clip([y_true, y_pred], 1e-7, 1)
            return (p * (log_softmax(np.log(p)) - log_softmax(np.log(q)))).sum(-1)
        """,
    "scipy.stats.entropy": """
        import scipy.stats
        class Holder:
            def ask(self, p, q): return scipy.stats.entropy(p, q, axis=-1)
        def kl_divergence(y_true, y_pred):
            return Holder().ask(y_true, y_pred)
        """,
    "keras.losses": """
        def kl_divergence(y_true, y_pred):
            import keras.losses
            return keras.losses.kl_divergence(y_true, y_pred).numpy()
        """,
}

HONEST = {
    "an answer to an earlier exercise": """
        from lossedu import exercises, mine
        cross_entropy, entropy = (mine.reference(exercises.get(name)) for name in ("cross_entropy", "entropy"))
        def kl_divergence(y_true, y_pred):
            p, q = (np.clip(each, 1e-7, 1) for each in (y_true, y_pred))
            return cross_entropy(p, q) - entropy(p)
        """,
    "a helper": """
        def safe(p): return np.clip(p, 1e-7, 1)
        def kl_divergence(y_true, y_pred):
            p, q = safe(y_true), safe(y_pred)
            return (p * np.log(p / q)).sum(-1)
        """,
    "parts from SciPy": """
        from scipy.special import xlogy
        def kl_divergence(y_true, y_pred):
            p, q = np.clip([y_true, y_pred], 1e-7, 1)
            return (xlogy(p, p) - xlogy(p, q)).sum(-1)
        """,
    "a framework in another function": """
        def plot_against_keras(): import keras
        def kl_divergence(y_true, y_pred):
            p, q = np.clip([y_true, y_pred], 1e-7, 1)
            return np.einsum("...i,...i", p, np.log(p / q))
        """,
    "functions that call each other": """
        def total(p, q, i=0):
            return 0 if i == p.shape[-1] else p[..., i] * np.log(p[..., i] / q[..., i]) + total(p, q, i + 1)
        def kl_divergence(y_true, y_pred):
            return total(*np.clip([y_true, y_pred], 1e-7, 1))
        """,
}


@pytest.mark.parametrize("named", DELEGATING)
def test_work_handed_to_others_is_named_and_earns_nothing(named):
    cell = run_cell(DELEGATING[named])
    found = verdict("kl_divergence", cell["kl_divergence"])
    assert (found.points, found.diagnosis) == (0, "delegated")
    assert "hands the work to " in found.message
    assert named in found.message


@pytest.mark.parametrize("style", HONEST)
def test_what_is_the_learners_own_is_not_taken_for_delegated(style):
    found = verdict("kl_divergence", run_cell(HONEST[style])["kl_divergence"])
    assert found.passed, found.message


def test_what_is_no_function_delegates_nothing():
    assert "is not callable" in verdict("kl_divergence", 7).message
