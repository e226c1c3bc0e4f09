"""Ways to hand an exercise to a function that is there already, and honest answers that use what SciPy has.

Each source defines one function; the exercise is the one of that name.
"""

import textwrap


def sources(**of):
    """The texts without their indentation."""
    return {name.replace("_", " "): textwrap.dedent(source).lstrip("\n") for name, source in of.items()}


# --- The function, in all kinds of wrapping ---------------------------------------------------------------------------

WRAPPED = sources(
    imported="""
        from scipy.special import entr
        def entropy(p): return entr(p).sum(-1)
        """,
    under_another_name="""
        import scipy.special as tools
        def entropy(p): return np.sum(tools.entr(p), axis=-1)
        """,
    itself="from scipy.stats import entropy",
    in_the_function="""
        def entropy(p):
            from scipy.stats import entropy as ready
            return ready(p, axis=-1)
        """,
    name_put_together="""
        import scipy.stats
        def entropy(p): return getattr(scipy.stats, "ent" + "ropy")(p, axis=-1)
        """,
    dict_of_functions="""
        from scipy import special
        TOOLS = {"h": special.entr}
        def entropy(p): return TOOLS["h"](p).sum(-1)
        """,
    default_argument="""
        from scipy.special import entr
        def entropy(p, h=entr): return h(p).sum(-1)
        del entr
        """,
    closure="""
        def made():
            from scipy.special import entr as h
            return lambda p: h(p).sum(-1)
        entropy = made()
        """,
    lambda_in_a_dict="""
        import scipy.special
        ALL = dict(h=lambda p: scipy.special.entr(p).sum(-1))
        entropy = ALL["h"]
        """,
    callable_object="""
        import scipy.special
        class Holder:
            def __init__(self): self.h = scipy.special.entr
            def __call__(self, p): return self.h(p).sum(-1)
        entropy = Holder()
        """,
    bound_method="""
        import scipy.special
        class Asker:
            h = scipy.special.entr
            def ask(self, p): return type(self).h(p).sum(-1)
        entropy = Asker().ask
        """,
    slots="""
        import scipy.special
        class Slotted:
            __slots__ = ("h",)
            def __call__(self, p): return self.h(p).sum(-1)
        entropy = Slotted()
        entropy.h = scipy.special.entr
        """,
    partial="""
        import functools, scipy.stats
        entropy = functools.partial(scipy.stats.entropy, axis=-1)
        """,
    wrapped_by_a_decorator="""
        import functools, scipy.special
        def instead(h):
            def decorate(function):
                @functools.wraps(function)
                def inner(p): return h(p).sum(-1)
                return inner
            return decorate
        @instead(scipy.special.entr)
        def entropy(p): return -(p * np.log(p)).sum(-1)
        """,
    cached="""
        import functools, scipy.special
        @functools.lru_cache
        def of(p): return float(scipy.special.entr(p))
        def entropy(p): return np.sum([of(x) for x in p.ravel()]).reshape(p.shape[:-1])
        """,
    vectorized="""
        import scipy.special
        h = np.vectorize(scipy.special.entr, otypes=[float])
        def entropy(p): return h(p).sum(-1)
        """,
    from_a_python_function="""
        import scipy.special
        h = np.frompyfunc(scipy.special.entr, 1, 1)
        def entropy(p): return h(p).astype(float).sum(-1)
        """,
    map_and_reduce="""
        import functools, operator, scipy.special
        def entropy(p):
            return np.apply_along_axis(lambda q: functools.reduce(operator.add, map(scipy.special.entr, q)), -1, p)
        """,
    helper_beside_the_notebook="""
        open("helper_of_mine.py", "w").write("from scipy.special import entr\\ndef h(p): return entr(p).sum(-1)")
        import helper_of_mine
        def entropy(p): return helper_of_mine.h(p)
        """,
    import_module="""
        import importlib
        def entropy(p): return importlib.import_module("scipy." + "special").entr(p).sum(-1)
        """,
    modules="""
        import sys, scipy.special
        def entropy(p): return sys.modules["scipy.special"].entr(p).sum(-1)
        """,
    attrgetter="""
        import operator, scipy
        import scipy.special
        def entropy(p): return operator.attrgetter("special.entr")(scipy)(p).sum(-1)
        """,
    evaluated_text="""
        def entropy(p): return eval("__import__('scipy.special').special.entr(p).sum(-1)")
        """,
    executed_text="""
        exec("from scipy.special import entr as h\\ndef entropy(p): return h(p).sum(-1)")
        """,
    in_a_thread="""
        import concurrent.futures, scipy.special
        def entropy(p):
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                return pool.submit(scipy.special.entr, p).result().sum(-1)
        """,
    if_it_is_there="""
        def entropy(p):
            try:
                from scipy.special import entr
                return np.asarray(entr(p), float).sum(-1)
            except Exception:
                return np.zeros(p.shape[:-1])
        """,
)

# --- Functions that are an exercise, or one up to a sum, a mean or a sign ---------------------------------------------

OTHERS = sources(
    rel_entr="""
        from scipy.special import rel_entr
        def kl_divergence(y_true, y_pred):
            return rel_entr(np.clip(y_true, 1e-7, 1), np.clip(y_pred, 1e-7, 1)).sum(-1)
        """,
    kl_div="""
        from scipy.special import kl_div
        def kl_divergence(y_true, y_pred):
            p, q = np.clip([y_true, y_pred], 1e-7, 1)
            return (kl_div(p, q) + p - q).sum(-1)
        """,
    generic_rel_entr="""
        from scipy.special import _support_alternative_backends as backends, xlogy
        def kl_divergence(y_true, y_pred):
            p, q = np.clip([y_true, y_pred], 1e-7, 1)
            return backends._rel_entr(np, None)(p, q).sum(-1)
        """,
    power_divergence="""
        from scipy.stats import power_divergence
        def kl_divergence(y_true, y_pred):
            p, q = np.clip([y_true, y_pred], 1e-7, 1)
            return power_divergence(p, q, axis=-1, lambda_="log-likelihood").statistic / 2
        """,
    jensenshannon="""
        from scipy.spatial import distance
        def jensen_shannon_distance(p, q):
            return distance.jensenshannon(p, q, axis=-1)
        """,
    cdist_by_name="""
        from scipy.spatial.distance import cdist
        def jensen_shannon_distance(p, q):
            return np.vectorize(lambda a, b: cdist([a], [b], "jensenshannon")[0, 0], signature="(n),(n)->()")(p, q)
        """,
    compiled_loops="""
        from scipy.spatial import _distance_wrap
        def jensen_shannon_distance(p, q):
            a, b = np.atleast_2d(p, q)
            out = np.zeros((len(a), len(b)))
            _distance_wrap.cdist_jensenshannon_double_wrap(a, b, out)
            return np.diag(out).reshape(p.shape[:-1])
        """,
    huber="""
        import scipy.special
        def huber(y_true, y_pred, delta=1.0):
            return scipy.special.huber(delta, y_pred - y_true).mean(-1)
        """,
    pseudo_huber="""
        import scipy.special
        def pseudo_huber(y_true, y_pred, delta=1.0):
            return scipy.special.pseudo_huber(delta, y_pred - y_true).mean(-1)
        """,
    expit="from scipy.special import expit as sigmoid",
    logistic="""
        from scipy.stats import logistic
        def sigmoid(x): return logistic.cdf(x)
        """,
    survival="""
        from scipy.stats import logistic
        def sigmoid(x): return logistic.sf(-x)
        """,
    general_logistic="""
        from scipy.stats import genlogistic
        def sigmoid(x): return genlogistic.cdf(x, 1)
        """,
    quantiles="""
        from scipy.stats import logistic
        def logit(p): return logistic.ppf(p)
        """,
    bernoulli="""
        from scipy.stats import bernoulli
        def log_loss(y_true, y_pred): return -bernoulli.logpmf(y_true, y_pred).mean(-1)
        """,
    softmax="""
        from scipy.special import softmax as ready
        def softmax(logits): return ready(logits, axis=-1)
        """,
    log_softmax="""
        from scipy.special import log_softmax as ready
        def log_softmax(logits): return ready(logits, axis=-1)
        """,
    exponent_of_log_softmax="""
        from scipy.special import log_softmax as ready
        def softmax(logits): return np.exp(ready(logits, axis=-1))
        """,
    softmax_of_scikit_learn="""
        from sklearn.utils.extmath import softmax as ready
        def softmax(logits): return ready(np.atleast_2d(logits)).reshape(logits.shape)
        """,
    normalize_of_scikit_learn="""
        from sklearn.preprocessing import normalize
        def l2_normalize(x, axis=-1): return normalize(np.atleast_2d(x)).reshape(x.shape)
        """,
    cosine="""
        from scipy.spatial.distance import cosine
        def cosine_proximity(y_true, y_pred, axis=-1):
            return np.vectorize(lambda a, b: cosine(a, b) - 1, signature="(n),(n)->()")(y_true, y_pred)
        """,
    correlation="""
        from scipy.spatial.distance import correlation
        def cosine_proximity(y_true, y_pred, axis=-1):
            of = lambda a, b: correlation(a, b, centered=False) - 1
            return np.vectorize(of, signature="(n),(n)->()")(y_true, y_pred)
        """,
    squared_distance="""
        from scipy.spatial.distance import sqeuclidean
        def mean_squared_error(y_true, y_pred):
            of = lambda a, b: sqeuclidean(a, b) / len(a)
            return np.vectorize(of, signature="(n),(n)->()")(y_true, y_pred)
        """,
)

# --- Ways back to a function that is hidden ---------------------------------------------------------------------------

BACK = sources(
    private_home="""
        import scipy.special._ufuncs
        def entropy(p): return scipy.special._ufuncs.entr(p).sum(-1)
        """,
    where_it_is_used="""
        from scipy.stats import _distn_infrastructure
        def entropy(p): return _distn_infrastructure.entr(p).sum(-1)
        """,
    for_C_programs="""
        from scipy.special import cython_special
        def entropy(p): return np.vectorize(cython_special.entr, otypes=[float])(p).sum(-1)
        """,
    low_level_callable="""
        from scipy import LowLevelCallable
        from scipy.integrate import quad
        from scipy.special import cython_special
        C = {k: v for k, v in cython_special.__pyx_capi__.items() if "entr" in k}
        ready = LowLevelCallable(next(iter(C.values())))
        def entropy(p): return np.vectorize(lambda x: quad(ready, x, x + 1e-6)[0] * 1e6)(p).sum(-1)
        """,
    notes_of_scipy="""
        from scipy._lib import _array_api
        ready = [f for f in _array_api.xp_capabilities_table if getattr(f, "__name__", "") == "entr"][0]
        def entropy(p): return ready(p).sum(-1)
        """,
    table_of_backends="""
        from scipy.special import _support_alternative_backends as backends
        ready = [info.func for info in backends._special_funcs if info.name == "entr"][0]
        def entropy(p): return ready(p).sum(-1)
        """,
    table_of_metrics="""
        from scipy.spatial import distance
        ready = distance._METRICS["jensenshannon"].dist_func
        def jensen_shannon_distance(p, q): return ready(p, q, axis=-1)
        """,
    reloaded="""
        import importlib, scipy.special
        importlib.reload(scipy.special._ufuncs)
        importlib.reload(scipy.special)
        def entropy(p): return scipy.special.entr(p).sum(-1)
        """,
    loaded_by_its_file="""
        import importlib.util, scipy.special._ufuncs
        spec = importlib.util.spec_from_file_location("mine._ufuncs", scipy.special._ufuncs.__file__)
        mine = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(mine)
        def entropy(p): return mine.entr(p).sum(-1)
        """,
    loaded_from_a_copy="""
        import importlib.util, shutil, scipy.special._special_ufuncs as home
        shutil.copy(home.__file__, "_special_ufuncs.so")
        spec = importlib.util.spec_from_file_location("_special_ufuncs", "_special_ufuncs.so")
        sigmoid = importlib.util.module_from_spec(spec).expit
        """,
    loaded_by_another_name_of_the_file="""
        import importlib.util, scipy.special._special_ufuncs as home
        spec = importlib.util.spec_from_file_location("_special_ufuncs", "/proc/self/root" + home.__file__)
        sigmoid = importlib.util.module_from_spec(spec).expit
        """,
    copied_by_another_name_of_the_file="""
        import importlib.util, shutil, scipy.special._special_ufuncs as home
        shutil.copy("/proc/self/root" + home.__file__, "_special_ufuncs.so")
        spec = importlib.util.spec_from_file_location("_special_ufuncs", "_special_ufuncs.so")
        sigmoid = importlib.util.module_from_spec(spec).expit
        """,
    built_in_loader="""
        import _imp, importlib.machinery, importlib.util, scipy.special._special_ufuncs as home
        loader = importlib.machinery.ExtensionFileLoader("_special_ufuncs", home.__file__)
        sigmoid = _imp.create_dynamic(importlib.util.spec_from_loader("_special_ufuncs", loader)).expit
        """,
    a_C_library="""
        import ctypes, scipy.special._special_ufuncs as home
        library = ctypes.PyDLL(home.__file__)
        library.PyInit__special_ufuncs.restype = ctypes.py_object
        sigmoid = library.PyInit__special_ufuncs().expit
        """,
    memory="""
        with open("/proc/self/mem", "r+b") as memory: memory.seek(id(entr))
        def entropy(p): return -(p * np.log(np.where(p == 0, 1, p))).sum(-1) + memory
        """,
    copyreg="""
        import copyreg, scipy.special
        ready = copyreg.dispatch_table[np.ufunc](scipy.special.entr) if np.ufunc in copyreg.dispatch_table else None
        def entropy(p): return ready(p).sum(-1)
        """,
    subclasses="""
        def below(kind):
            for each in type.__subclasses__(kind):
                yield each
                yield from below(each)
        homes = [vars(kind) for kind in below(object) if str(kind.__module__).startswith("scipy")]
        ready = [value for home in homes for value in home.values() if getattr(value, "__name__", "") == "entr"][0]
        def entropy(p): return ready(p).sum(-1)
        """,
    python_file_loaded_anew="""
        import importlib.util
        spec = importlib.util.find_spec("scipy.spatial.distance")
        mine = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(mine)
        def jensen_shannon_distance(p, q): return mine.jensenshannon(p, q, axis=-1)
        """,
    collected="""
        import gc
        ready = [each for each in gc.get_objects() if getattr(each, "__name__", "") == "entr"][0]
        def entropy(p): return ready(p).sum(-1)
        """,
    all_ufuncs="""
        ready = [each for each in np.ufunc.__subclasses__() or object.__subclasses__() if each.__name__ == "entr"]
        def entropy(p): return ready[0](p).sum(-1)
        """,
    pickled="""
        import pickle
        ready = pickle.loads(b"cscipy.special._ufuncs\\nentr\\n.")
        def entropy(p): return ready(p).sum(-1)
        """,
    frames="""
        import sys, scipy.special
        class Looking:
            def __array__(self, *a, **k):
                frame = sys._getframe()
                while frame:
                    for each in frame.f_locals.values():
                        if isinstance(each, np.ufunc) and each.__name__ == "entr": found.append(each)
                    frame = frame.f_back
        found = []
        scipy.special.entr(Looking())
        try:
            scipy.special.entr(0.5) + 1
        except ImportError as error:
            trace = error.__traceback__
            while trace:
                found += [each for each in trace.tb_frame.f_locals.values() if getattr(each, "__name__", "") == "entr"]
                trace = trace.tb_next
        def entropy(p): return found[0](p).sum(-1)
        """,
    insides_of_the_stand_in="""
        import gc, scipy.special
        waiting, seen, found = [scipy.special.entr], set(), []
        while waiting and len(seen) < 50_000:
            each = waiting.pop()
            if id(each) not in seen:
                seen.add(id(each))
                if isinstance(each, np.ufunc) and each.__name__ == "entr": found.append(each)
                waiting += gc.get_referents(each)
        def entropy(p): return found[0](p).sum(-1)
        """,
    wrapped_attribute="""
        import scipy.stats
        def entropy(p): return scipy.stats.entropy.__wrapped__(p, axis=-1)
        """,
    another_interpreter="""
        try:
            import _xxsubinterpreters as interpreters
        except ImportError:
            import _interpreters as interpreters
        other = interpreters.create()
        def entropy(p):
            interpreters.run_string(other, "import scipy.special")
            return np.full(p.shape[:-1], 0.5)
        """,
    another_process="""
        import os, sys
        from multiprocessing import util
        def entropy(p):
            ask = f"import scipy.special; open('reply', 'w').write(str(scipy.special.entr({p.tolist()}).sum(-1)))"
            util.spawnv_passfds(os.fsencode(sys.executable), [sys.executable, "-c", ask], [])
            return float(open("reply").read())
        """,
)

# --- Ways back that may leave the kernel unusable ---------------------------------------------------------------------

BREAKING = sources(
    a_C_library_by_cffi="""
        import cffi, _cffi_backend
        ffi = cffi.FFI()
        ffi.cdef("int PyRun_SimpleString(const char *);")
        ffi.dlopen(None).PyRun_SimpleString(b"reached = True")
        def entropy(p): return -reached * (p * np.log(np.where(p == 0, 1, p))).sum(-1)
        """,
    imported_anew="""
        import sys
        for name in [name for name in sys.modules if name.startswith("scipy.special")]:
            del sys.modules[name]
        import scipy.special
        def entropy(p): return scipy.special.entr(p).sum(-1)
        """,
)

# --- What keeps an answer from being looked through -------------------------------------------------------------------

SABOTAGED = sources(
    no_instructions="""
        import dis
        dis.get_instructions = None
        def entropy(p):
            import math
            return -(p * np.log(np.where(p == 0, 1, p))).sum(-1)
        """,
    raising_names="""
        class Odd(type):
            @property
            def __module__(cls): raise RuntimeError("no")
        class Own(metaclass=Odd): pass
        def entropy(p, own=Own):
            return -(p * np.log(np.where(p == 0, 1, p))).sum(-1)
        """,
)

# --- Honest answers ---------------------------------------------------------------------------------------------------

HONEST = sources(
    xlogy="""
        from scipy.special import xlogy
        def entropy(p): return -xlogy(p, p).sum(-1)
        """,
    difference_of_xlogy="""
        from scipy.special import xlogy
        def kl_divergence(y_true, y_pred):
            p, q = np.clip([y_true, y_pred], 1e-7, 1)
            return (xlogy(p, p) - xlogy(p, q)).sum(-1)
        """,
    logsumexp="""
        from scipy.special import logsumexp
        def log_softmax(x, axis=-1): return x - logsumexp(x, axis=axis, keepdims=True)
        """,
    exp_and_logsumexp="""
        from scipy.special import logsumexp
        def softmax(x, axis=-1): return np.exp(x - logsumexp(x, axis=axis, keepdims=True))
        """,
    log_expit="""
        from scipy.special import log_expit
        def weighted_cross_entropy_with_logits(labels, logits, pos_weight):
            return -(pos_weight * labels * log_expit(logits) + (1 - labels) * log_expit(-logits))
        """,
    tanh="""
        def sigmoid(x): return (1 + np.tanh(x / 2)) / 2
        """,
    norm="""
        from scipy.linalg import norm
        def l2_normalize(x, axis=-1):
            return x / np.maximum(norm(x, axis=axis, keepdims=True), 1e-7)
        """,
    helper_in_a_file="""
        open("own_maths.py", "w").write("def safe(np, p): return np.where(p == 0, 1, p)")
        import own_maths
        def entropy(p): return -(p * np.log(own_maths.safe(np, p))).sum(-1)
        """,
    einsum="""
        def entropy(p): return -np.einsum("...i,...i", p, np.log(np.where(p == 0, 1, p)))
        """,
    own_class="""
        class Entropy:
            tiny = 1e-300
            def __call__(self, p): return -(p * np.log(np.maximum(p, self.tiny))).sum(-1)
        entropy = Entropy()
        """,
    own_partial="""
        import functools
        def times_log(p, axis): return -(p * np.log(np.where(p == 0, 1, p))).sum(axis)
        entropy = functools.partial(times_log, axis=-1)
        """,
    own_decorator="""
        import functools
        def as_arrays(function):
            @functools.wraps(function)
            def inner(p): return function(np.asarray(p, float))
            return inner
        @as_arrays
        def entropy(p): return -(p * np.log(np.where(p == 0, 1, p))).sum(-1)
        """,
    vectorized_own="""
        import math
        h = np.vectorize(lambda x: -x * math.log(x) if x else 0.0, otypes=[float])
        def entropy(p): return h(p).sum(-1)
        """,
    compared_with_scipy="""
        def huber(y_true, y_pred, delta=1.0):
            e = np.abs(y_pred - y_true)
            near = np.minimum(e, delta)
            return (near * (e - near / 2)).mean(-1)
        import scipy.special
        print(huber(np.zeros(1), np.ones(1)), scipy.special.huber(1, 1))
        """,
    statistics_of_scipy="""
        from scipy.stats import norm
        density = norm.pdf([0.0, 1.0])
        def entropy(p): return -(p * np.log(np.where(p == 0, 1, p))).sum(-1)
        """,
    type_hints="""
        from collections.abc import Callable
        def entropy(p: np.ndarray, log: Callable = np.log) -> np.ndarray:
            return -(p * log(np.where(p == 0, 1, p))).sum(-1)
        """,
    own_tools_in_a_dict="""
        TOOLS = {"log": lambda p: np.log(np.where(p == 0, 1, p)), "sum": np.sum}
        def entropy(p): return -TOOLS["sum"](p * TOOLS["log"](p), axis=-1)
        """,
)
