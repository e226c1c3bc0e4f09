"""Exercises that ask for the step of an optimizer: how they are declared, tried, and taken wrongly."""

import inspect
from dataclasses import replace

import numpy as np

from lossedu.exercises._declare import Case

# --- What all steps share -----------------------------------------------------------------------------------------


def step_exercise(chapter, optimizer, rule, *tables, **declared):
    """Declare an exercise that asks for the step of an optimizer class, with the mistakes that its rule shares."""
    tables = ["mistakes of a step", *tables]
    fixed = {"keras": f"keras.optimizers.{optimizer.__name__}", "protocol": "steps", "atol": 1e-6}

    def declare(stub):
        fixed["reference"] = steps_of(optimizer, stub)
        return chapter.function(mistakes=tables, names={"rule": rule}, **fixed, **declared)(stub)

    return declare


def steps_of(optimizer, stub):
    """The function that `stub` asks for, by an optimizer that is made at the first step and stays in the state."""

    def step(w, g, state, **hyperparameters):
        state = state or {"optimizer": optimizer(**hyperparameters)}
        w = np.array(w)  # a copy: it is updated in place
        state["optimizer"].learning_rate = hyperparameters.get("learning_rate", state["optimizer"].learning_rate)
        state["optimizer"].apply([g], [w])
        return w, state

    step.__signature__ = inspect.signature(stub)
    return step


def paths(drawn, tidy=None, in_steps=None, at_extremes=None, aspects=("values", "steps", "extremes", "shapes")):
    """A builder of cases for a step: one gradient, several, extreme ones, and arrays of many shapes.

    The gradients are large beside epsilon, but for the extremes: so a slip with epsilon costs these alone.

    Args:
        drawn: hyperparameter -> a value, or a `draw(rng)` of one, for the cases that are drawn.
        tidy: the hyperparameters of the cases with tidy numbers.
        in_steps, at_extremes: further hyperparameters of the cases with several gradients, and with extreme ones.
        aspects: those that are looked at.
    """
    tidy = tidy or {"learning_rate": 0.1}
    in_steps, at_extremes = in_steps or {}, at_extremes or {}

    def build(rng):
        def given(aspect, w, gradients, *hyperparameters, dtype: str | type = float):
            chosen = {name: value for group in hyperparameters for name, value in group.items()}
            chosen = {name: value(rng) if callable(value) else value for name, value in chosen.items()}
            return Case(aspect, {"w": np.asarray(w, dtype), "g": np.asarray(gradients, dtype)} | chosen)

        def random(aspect, shape, steps, *hyperparameters, scale=1.0, dtype: str | type = float):
            sizes, signs = rng.uniform(4, 20, size=(steps, *shape)), rng.choice([-1, 1], size=(steps, *shape))
            return given(aspect, rng.normal(size=shape), scale * signs * sizes, drawn, *hyperparameters, dtype=dtype)

        def with_rates(case, *rates):
            return replace(case, arguments={**case.arguments, "learning_rate": rates}, at_edge=True)

        built = [
            given("values", [1, 2], [[5, -10]], tidy),
            given("values", [0, 0, 0], [[5, -10, 20]]),  # by the defaults
            random("values", (3,), 1),
            random("values", (5,), 1),
            given("steps", [1, 2], [[5, -10], [2, -30]], tidy, in_steps),
            given("steps", [1, 2], [[40, 10], [10, 10], [-20, 10]], tidy, in_steps),
            with_rates(given("steps", [1, 2], [[5, -10], [2, -30]], tidy, in_steps), 0.1, 0.02),
            *(random("steps", (4,), steps, in_steps) for steps in (3, 5, 10)),
            with_rates(random("steps", (4,), 3, in_steps), 0.1, 0.05, 0.2),
            given("extremes", [1, 2], [[0, 0], [0, 1], [1, 0]], tidy, at_extremes),
            given("extremes", [1, 2], [[1e-4, -1e-3], [-1e-3, 1e-5]], tidy, at_extremes),
            given("extremes", [1, 2], [[1e6, -1e5], [1e5, 1e5]], tidy, at_extremes),
            random("extremes", (4,), 3, at_extremes, scale=1e-5),
            *(random("shapes", shape, 3) for shape in ((), (1,), (2, 3), (4, 1, 2))),
            random("shapes", (2, 3), 3, dtype="float32"),
        ]
        return [case for case in built if case.aspect in aspects]

    return build


# --- Steps taken wrongly ------------------------------------------------------------------------------------------
#
# A rule says how far an optimizer goes: `rule(g, state, t, **hyperparameters)` is what a learning rate of 1 takes off
# the weights. What is easily mistaken in it is a part that can be replaced.


def by_rule(rule, **replaced):
    """Return the step of an optimizer whose rule has some parts replaced."""

    def step(w, g, state, learning_rate, **given):
        state = {**state, "t": state.get("t", 0) + 1, "rate": learning_rate, "was": state.get("rate", learning_rate)}
        return w - learning_rate * rule(g, state, **{"t": state["t"], **given, **replaced}), state

    return step


def running(state, name, value, keep):
    """The running mean of the values, kept in the state: a share of it is kept, the new value makes up the rest."""
    state[name] = keep * state.get(name, 0) + (1 - keep) * value
    return state[name]


def before(state, name, value, keep):
    """The running mean as it was before the new value, which then comes in."""
    old = state.get(name, 0 * value)
    running(state, name, value, keep)
    return old


def inside(v, epsilon):
    """The root of a mean square, epsilon added inside."""
    return np.sqrt(v + epsilon)


def outside(v, epsilon):
    """The root of a mean square, epsilon added outside."""
    return np.sqrt(v) + epsilon


def velocity(state):
    """The velocity so far, divided by the present learning rate: each of its terms has the rate of an earlier step."""
    return state.get("m", 0) * state["was"] / state["rate"]


def sgd(g, state, t, momentum, nesterov, ahead=lambda m, g, momentum: momentum * m + g):
    """The rule of SGD."""
    state["m"] = momentum * velocity(state) + g
    return ahead(state["m"], g, momentum) if nesterov else state["m"]


def adagrad(g, state, t, initial_accumulator_value, epsilon, square=np.square, root=inside):
    """The rule of Adagrad."""
    state["v"] = state.get("v", initial_accumulator_value) + square(g)
    return g / root(state["v"], epsilon)


def rmsprop(g, state, t, rho, momentum, epsilon, square=np.square, root=inside, mean=running):
    """The rule of RMSprop."""
    state["m"] = momentum * velocity(state) + g / root(mean(state, "v", square(g), rho), epsilon)
    return state["m"]


def adadelta(g, state, t, rho, epsilon, square=np.square, root=inside, mean=running, ratio=np.divide, remembers=True):
    """The rule of Adadelta."""
    delta = g * ratio(root(state.get("d", 0), epsilon), root(mean(state, "v", square(g), rho), epsilon))
    if remembers:
        mean(state, "d", square(delta), rho)
    return delta


def adam(
    g,
    state,
    t,
    beta_1,
    beta_2,
    epsilon,
    amsgrad,
    square=np.square,
    root=outside,
    mean=running,
    bias=np.power,
    apart=True,
    of_two=False,
    of_corrected=False,
):
    """The rule of Adam.

    `apart` from the running mean of squares its maximum is kept, or that `of_two` steps, or that `of_corrected` ones.
    """
    last_v = state.get("v", 0)
    m, v = mean(state, "m", g, beta_1), mean(state, "v", square(g), beta_2)
    if amsgrad:
        correction = 1 - bias(beta_2, t) if of_corrected else 1
        state["v_max"] = np.maximum(last_v if of_two else state.get("v_max", 0), v / correction)
        v = state["v_max"] * correction
        state["v"] = state["v"] if apart else v
    return np.sqrt(1 - bias(beta_2, t)) / (1 - bias(beta_1, t)) * m / root(v, epsilon)


def adamax(
    g, state, t, beta_1, beta_2, epsilon, size=np.abs, mean=running, bias=np.power, larger=np.maximum, corrects_u=False,
    adds_at_end=True, fades_first=True,
):  # fmt: skip
    """The rule of Adamax."""
    m, last_u = mean(state, "m", g, beta_1), state.get("u", 0)
    new_u = size(g) + (0 if adds_at_end else epsilon)
    if fades_first:
        u = larger(beta_2 * last_u, new_u)
    else:
        u = np.where(new_u > last_u, new_u, beta_2 * last_u)
    state["u"] = u
    return m / (1 - bias(beta_1, t)) / (u / (1 - beta_2**t if corrects_u else 1) + (epsilon if adds_at_end else 0))


def nadam(
    g, state, t, beta_1, beta_2, epsilon, pace=1, square=np.square, root=outside, mean=running, bias=np.power,
    bias_of_v=None, past=lambda m, mu, next_mu: next_mu * m, latest=lambda g, mu: (1 - mu) * g, divides_apart=True,
    keeps_product=True, share=1 / 2, ahead=lambda product, mu, next_mu: product * next_mu, keeps_next=False,
):  # fmt: skip
    """Compute a step of Nadam, where each of the two terms of m_hat is divided by its own correction."""
    mu, next_mu = (beta_1 * (1 - share * 0.96 ** (pace * step)) for step in (t, t + 1))
    product = state["product"] = (state.get("product", 1) if keeps_product else 1) * mu
    m, v = mean(state, "m", g, beta_1), mean(state, "v", square(g), beta_2)
    next_product = ahead(product, mu, next_mu)
    state["product"] = next_product if keeps_next else product
    left, next_left = 1 - bias(product, 1), 1 - bias(next_product, 1)
    m_hat = past(m, mu, next_mu) / (next_left if divides_apart else left) + latest(g, mu) / left
    return m_hat / root(v / (1 - (bias_of_v or bias)(beta_2, t)), epsilon)


# --- What steps of one kind share ---------------------------------------------------------------------------------
#
# Tables of mistakes; `rule` is the rule of the exercise that gets the table.

DIVIDES_BY_A_ROOT = """
    gradient not squared: by_rule(rule, square=np.abs)(...)
        you take the size of the gradient into v, not its square.
        A root is taken of v later on: which unit must v have, so that g over the root has none?
    missing root: by_rule(rule, root=np.add)(...)
        you divide by the squares themselves: a gradient ten times as large makes a step ten times as small.
        What has to be done to a mean of squares, so that its unit is that of the gradient?
    epsilon {wrong} the root [extremes]: by_rule(rule, root={wrong})(...)
        you add epsilon {wrong} the root; here Keras adds it {right}, which shows at small gradients.
        Which of the two is larger, epsilon or its root, and how does it compare with a gradient of 0.0001?
"""
EPSILON_INSIDE = DIVIDES_BY_A_ROOT.format(right="inside", wrong="outside")
EPSILON_OUTSIDE = DIVIDES_BY_A_ROOT.format(right="outside", wrong="inside")

TAKES_RUNNING_MEANS = """
    new value at full weight: by_rule(rule, mean=lambda s, m, new, keep: running(s, m, new / (1 - keep), keep))(...)
        you add the whole new value: your running mean of equal numbers is larger than they are.
        If a share is kept of the old mean, what share is left for the new value?
    shares exchanged: by_rule(rule, mean=lambda s, m, new, keep: running(s, m, new, 1 - keep))(...)
        your running mean keeps the share that the new value should have.
        With 0.9, should a mean be made of the past for the most part, or of the latest gradient?
"""

CORRECTS_BIAS = """
    bias correction left out: by_rule(rule, bias=lambda beta, t: 0.0)(...)
        your running means begin at 0 and are taken as they are.
        What are m and v after a single step, and what would unbiased means of one gradient be?
    steps not counted: by_rule(rule, t=1)(...)
        you correct each step as if it were the first.
        Which t stands in the exponent at the second step, and where do you keep it?
    product for power: by_rule(rule, bias=lambda beta, t: beta * t)(...)
        you multiply beta by t in your corrections.
        What is left of the beginning after two steps: twice beta, or beta squared?
"""

# not for optimizers whose momentum also depends on the counter
COUNTS_FROM_TWO = """
    counted from 2: by_rule(rule, bias=lambda beta, t: beta ** (t + 1))(...)
        your counter is one ahead: the first step is corrected as if it were the second.
        What is t at the first step, according to the contract?
"""
