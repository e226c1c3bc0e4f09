"""Chapter 11: from a gradient to a step: descent, momentum, a rate for each weight, and Adam."""

import numpy as np

from lossedu import optimizers
from lossedu.exercises import _optimizer_steps
from lossedu.exercises._declare import Chapter
from lossedu.exercises._domains import BATCHES, Case, between, cases, counts, joined, real
from lossedu.exercises._optimizer_steps import (
    CORRECTS_BIAS,
    COUNTS_FROM_TWO,
    EPSILON_INSIDE,
    EPSILON_OUTSIDE,
    TAKES_RUNNING_MEANS,
    adadelta,
    adagrad,
    adam,
    adamax,
    nadam,
    paths,
    rmsprop,
    sgd,
    step_exercise,
)

chapter = Chapter("11_optimizers", globals(), vars(_optimizer_steps))
chapter.warm_up(4, "00_first_loss", "The price of one error")
chapter.warm_up(5 - 0.1 * 4, "00_first_loss", "Training with your own loss")
chapter.warm_up(3, "00_first_loss", "Why one number")
ACROSS, ALONG = 50, 1  # the curvatures of the valley


def one_of(low, high):
    """A `draw(rng)` of a single number."""
    return lambda rng: float(rng.uniform(low, high))


RATE, KEPT = one_of(0.01, 0.5), one_of(0.5, 0.95)
EPSILON = one_of(2e-7, 1e-6)  # shows at the small gradients of the extremes only

# --- Down the slope -----------------------------------------------------------------------------------------------

chapter.number("largest_stable_rate", 2 / ACROSS, "a number", section="A question", digits=3).add_misconceptions("""
    the rate that lands: 1 / ACROSS
        at this rate y is 0 after a single step.
        If a step goes a little too far, past 0, is the next place further from 0 than the last?
    the gentle direction: 2 / ALONG
        that is the bound for x.
        Both weights have the same rate: which of the two diverges first?
    the best rate: 2 / (ACROSS + ALONG)
        that is the rate at which the slower weight shrinks fastest, not the bound.
        What is y multiplied by in each step, and when is the size of this factor exactly 1?
    curvature for rate: ACROSS
        that is the curvature across the valley.
        The steeper the walls, should a step be longer or shorter?
    mean curvature: 2 / ((ACROSS + ALONG) / 2)
        you took the mean of the two curvatures.
        In which of the two directions does the weight diverge first?
""")

chapter.expression(
    "descent_factor", "1 - eta*h", {"eta": (0.05, 0.4), "h": (0.5, 3.0)}, section="Down the slope"
).add_misconceptions("""
    the step alone: -eta*h
        that is what is added to w.
        Added to what?
    uphill: 1 + eta*h
        this w moves away from 0.
        Which sign has a step against the gradient?
    height for slope: 1 - eta*h/2
        you took the gradient to be h w / 2.
        What is the derivative of h w**2 / 2?
    derivative doubled: 1 - 2*eta*h
        you took the gradient to be 2 h w.
        What is the derivative of h w**2 / 2?
""")

chapter.expression(
    "terminal_velocity", "-eta*g/(1 - mu)", {"eta": (0.05, 0.4), "g": (0.5, 3.0), "mu": (0.1, 0.9)}, section="Momentum"
).add_misconceptions("""
    opposite sign
        Which sign has m after the first step?
    first step: -eta*g
        that is m after one step.
        What does the second step add to it?
    momentum for what it lacks: -eta*g/mu
        a small momentum would make long steps.
        If m = mu m - eta g, what is m times (1 - mu)?
    divided by multiplied: -eta*g*(1 - mu)
        this is shorter than the first step.
        Do equal pushes that add up make a step longer, or shorter?
""")


@step_exercise(
    chapter,
    optimizers.SGD,
    sgd,
    section="Momentum",
    aspects={"values": 1, "steps": 1, "extremes": 1, "shapes": 1},
    cases=joined(
        paths({"learning_rate": RATE, "momentum": KEPT}, in_steps={"momentum": 0.5}),
        paths(
            {"learning_rate": RATE, "momentum": KEPT, "nesterov": True},
            in_steps={"momentum": 0.5, "nesterov": True},
            aspects=("steps",),
        ),
    ),
)
def sgd_step(w, g, state, learning_rate=0.01, momentum=0.0, nesterov=False):
    """One step of gradient descent, with momentum m, which is 0 before the first step.

    w, g: the weights and the gradient there, arrays of floats, of one shape.
    state: a dict, {} before the first step, and later the one you returned.
    First m <- momentum m - learning_rate g. Then w <- w + m; or, if nesterov,
    w <- w + momentum m - learning_rate g. The learning rate may differ from step to step.
    Returns (w, state), the new weights and state; leave the arrays w and g as they are.
    """


sgd_step.add_misconceptions("""
    nesterov changes nothing: right(..., nesterov=False)
        with nesterov your step is the same as without: w + m.
        Which m does the look ahead use: the one from before this step, or the new one?
    gradient left out ahead: by_rule(sgd, ahead=lambda m, g, momentum: momentum * m)(...)
        if nesterov is True, you add the momentum and forget the gradient.
        Which two terms make up the step of Nesterov's momentum?
    running mean of the gradients: right(w, (1 - momentum) * g, ...)
        your m is a running mean: momentum makes none of your steps longer.
        Does the new gradient come in whole, or with a share of 1 - momentum?
    current rate for all gradients:
            m = state["m"] = momentum * state.get("m", 0) + g
            w - learning_rate * (g + momentum * m if nesterov else m), state
        your m adds up gradients without their rates, and the current rate multiplies the whole sum, as in PyTorch.
        In the contract, does a new learning rate change what m already contains?
    learning rate taken twice: right(..., learning_rate=learning_rate**2)
        the learning rate is a factor of m, and once more of the step.
        If m already holds the learning rate, what remains to be done with m?
    nothing slows down:
            m = state.get("m", 0) - learning_rate * g
            w + (momentum * m - learning_rate * g if nesterov else m), {"m": m}
        your velocity keeps all that it had: the old one enters at full weight.
        By what is the old m multiplied before the new gradient comes in?
    look ahead kept as the velocity:
            m = momentum * state.get("m", 0) - learning_rate * g
            move = momentum * m - learning_rate * g if nesterov else m
            w + move, {"m": move}
        with nesterov, you keep the whole move as m, with the look ahead in it.
        Which m does the next step need: that of the first formula, or the way that w has gone?
""")


chapter.expression(
    "decay_for_a_share",
    "(1/r - 1)/n",
    {"r": (0.05, 0.6), "n": (5.0, 40.0)},
    section="A rate that falls",
).add_misconceptions("""
    missing 1: 1/(r*n)
        at step 0 this rule would divide by 0.
        What does the denominator 1 + decay n have to equal?
    straight line: (1 - r)/n
        with this decay, a rate that falls along a line would get there.
        By what must eta_0 be divided, so that the share r is left?
    exponential: -log(r)/n
        with this decay, an exponential would get there.
        In which place of the rule does the number of the step stand?
    share upside down: (r - 1)/n
        this decay is negative, so the rate would grow.
        If a tenth of the rate is to be left, is it divided by 10 or by a tenth?
    the denominator itself: 1/r - 1
        this is what decay times n has to be.
        How much of it does a single step contribute?
    times the steps: (1/r - 1)*n
        this decay grows with the length of the run.
        In a longer run, must the rate fall faster per step, or more slowly?
    divided again at each step: r**(-1/n) - 1
        you divide by 1 + decay in each step; the rule divides eta_0 once, by 1 + decay n.
        What is the rate after two steps: eta_0 / (1 + 2 decay), or eta_0 / (1 + decay)^2?
""")


@chapter.function(
    section="A rate that falls",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=lambda lr, decay, step: lr / (1 + decay * step),
    cases=cases(
        {"lr": between(0.01, 1), "decay": between(0.1, 2), "step": counts},
        first=[(0.1, 0.5, 2), (1, 1, 3)],
        extremes=[(0.1, 0, 5), (0.1, 0.5, 0), (0.1, 1e-6, 1e6)],
        vectors=((), (), ()),
        batches=((1,), (3,), (2, 3)),
        numbers=True,
    ),
    curve_along="step",
)
def time_decay(lr, decay, step):
    """The learning rate that Keras 2 used at a step: it falls like one over time.

    lr: the learning rate at the first step. decay: >= 0; with 0 the rate stays.
    step: 0 at the first step, then 1, 2, ...
    All three are numbers, or arrays of one shape.
    Returns the rate at that step, in that shape.
    """


time_decay.add_misconceptions("""
    compound interest: lr / (1 + decay) ** step
        your rate is divided by 1 + decay once a step: it falls exponentially.
        After how many further steps should the rate halve once more: as many as before, or twice as many?
    straight line: lr * (1 - decay * step)
        your rate falls along a line, and below 0 in the end.
        What is left of the rate after very many steps?
    exponential: lr * np.exp(-decay * step)
        your rate falls exponentially.
        How does one over time fall, compared with that?
    counted from 1: lr / (1 + decay * (step + 1))
        your first step is slower than lr already.
        Which number does the first step have?
    missing 1: lr / (decay * step)
        at the first step you divide by 0.
        What should the rate be at step 0?
    share taken off at each step: lr * (1 - decay) ** step
        your rate loses the same share at every step: it falls exponentially, or changes its sign.
        Is the rate divided by a number that grows, or multiplied once more at each step?
    missing bracket: lr / 1 + decay * step
        without brackets you divide lr by 1 and then add decay times step: your rate grows.
        What does the fraction bar of the formula reach over?
""")


# --- Steps that are too long --------------------------------------------------------------------------------------


MISTAKES_OF_CLIPPING = """
    always as long as the limit: right(g * 1e12, limit)
        you also make a gradient longer that is short enough.
        What should become of a gradient that keeps to the limit by itself?
    sign lost: np.abs(right(...))
        no entry of your result is negative.
        Which entries point the other way after your clip?
    left out when too long: np.where(right(...) == g, g, 0)
        what is beyond the limit becomes 0.
        If a gradient is large, should the step be as long as it may, or not taken at all?
"""


chapter.number(
    "largest_turn", 45, "a number of degrees", section="Steps that are too long", digits=0
).add_misconceptions("""
    a right angle: 90
        such a turn would need an entry that becomes 0.
        Which entries of (1000, 1) change if the limit is 1, and what becomes of the direction?
    half a turn: 180
        such a gradient would point the other way.
        Can an entry change its sign when it is cut?
    none: 0
        that is true of clipping by norm.
        What becomes of (1000, 1) if each entry is cut to the range from -1 to 1?
    in radians: np.pi / 4
        this is the angle in radians.
        How many degrees are pi / 4?
    three entries: np.degrees(np.arccos(1 / np.sqrt(3)))
        that is the largest turn of a gradient of three entries.
        How many entries does this gradient have?
    one example: 44
        that is the turn of one gradient; a longer one turns further.
        To which angle does the turn tend as the large entry grows?
""")


def clip_exercise(**declared):
    """An exercise that makes a gradient shorter, with the mistakes that all of these share."""

    return chapter.function(
        section="Steps that are too long",
        aspects={"values": 1, "extremes": 1, "shapes": 1},
        cases=joined(
            cases(
                {"g": real(-3, 3)},
                first=[((0.6, -0.8),), ((0.3, -0.1),), ((3, 0.25, -2),)],
                extremes=[((0, 0),), ((5e-324, -0.0),), ((0.3, 0.4),), ((-0.5, 0.5),), ((1e6, -1e-6),)],
                vectors=(),
                batches=(),
                options={"limit": 0.5},
            ),
            cases({"g": real(-3, 3)}, batches=((), *BATCHES), options={"limit": one_of(0.5, 2)}),
            cases({"g": real(-3, 3)}, vectors=(), batches=((5,),), options={"limit": 1.0}),
        ),
        mistakes=[MISTAKES_OF_CLIPPING],
        **declared,
    )


@clip_exercise(reference=lambda g, limit: np.clip(g, -limit, limit), curve_along="g")
def clip_by_value(g, limit):
    """Cut each entry of a gradient to the range from -limit to limit: Keras's clipvalue.

    g: a gradient, any shape. limit: a number > 0.
    Returns an array in the shape of g.
    """


clip_by_value.add_misconceptions("""
    upper side only: np.minimum(g, limit)
        large negative entries stay as they are.
        What about an entry of -100?
    by the norm: by_norm(g, limit)
        you shrink the gradient as a whole.
        Does an entry that keeps to the limit change when another one does not?
    by the largest entry: g * limit / np.maximum(np.abs(g).max(), limit)
        you shrink all entries, so that the largest keeps to the limit.
        Does an entry that keeps to the limit change when another one does not?
    all to the upper limit: np.where(np.abs(g) > limit, limit, g)
        entries below -limit come out as +limit.
        Which bound belongs to an entry of -3?
""")


def by_norm(g, limit, norm=np.linalg.norm):
    """The gradient, made shorter by a factor if its norm is beyond the limit."""
    return g * (limit / np.maximum(norm(g), limit))  # the factor is exactly 1 for a short gradient


@clip_exercise(reference=lambda g, limit: by_norm(g, limit))
def clip_by_norm(g, limit):
    """Shorten a gradient to an L2 norm of at most limit, direction kept: Keras's clipnorm.

    g: the gradient of one variable, any shape: all its entries count for the norm.
    limit: a number > 0.
    Returns an array in the shape of g.
    """


clip_by_norm.add_misconceptions("""
    by value: np.clip(g, -limit, limit)
        you cut each entry by itself, which turns the gradient.
        By which one factor do all entries change?
    missing root: by_norm(g, limit, norm=lambda g: np.sum(g**2))
        you compare the squared norm with the limit.
        Whose root is the norm?
    L1 norm: by_norm(g, limit, norm=lambda g: np.abs(g).sum())
        you add up the sizes of the entries.
        How long is the vector (3, 4)?
    one norm a row: by_norm(g, limit, norm=lambda g: np.sqrt(np.sum(g**2, axis=-1, keepdims=True)))
        each row of a matrix keeps to the limit by itself.
        How many norms does the gradient of one variable have, if the variable is a matrix?
    never left as it is: g * limit / np.linalg.norm(g)
        every gradient comes out as long as limit, and a gradient of zeros as NaN.
        What should become of a gradient that is shorter than limit?
    largest singular value: by_norm(g, limit, norm=lambda g: np.linalg.norm(g, 2 if g.ndim == 2 else None))
        for a matrix you take the largest singular value: np.linalg.norm returns it with ord=2.
        What does np.linalg.norm(g) give without a second argument?
""")


# --- A rate for each weight ---------------------------------------------------------------------------------------

chapter.expression(
    "adagrad_after_t_steps",
    "eta/sqrt(t)",
    {"eta": (0.05, 0.4), "g": (0.5, 3.0), "t": (2.0, 9.0)},
    section="A rate for each weight",
).add_misconceptions("""
    missing root: eta/(t*g)
        you divide by the sum of the squares.
        What is done to the sum before it divides?
    gradient not divided: eta/(sqrt(t)*g)
        that is the rate; a step is the rate times something.
        What multiplies the rate in a step?
    root of the last square: eta
        that is the first step: you divide by the root of one square, or of the mean of all.
        How many squares are in the sum after t steps?
    one over t: eta/t
        this falls too fast.
        What is the root of a sum of t equal squares?
    latest square left out: eta/sqrt(t - 1)
        your sum ends before the latest square.
        In what order do v and w change, and how many squares are in v at the step?
    gradients not squared: eta*sqrt(g)/sqrt(t)
        your sum holds gradients, not their squares.
        What is the unit of a gradient divided by the root of a sum of gradients?
""")


# the signature is to fit into a learner's cell
# fmt: off
@step_exercise(
    chapter,
    optimizers.Adagrad,
    adagrad,
    EPSILON_INSIDE,
    section="A rate for each weight",
    aspects={"values": 1, "steps": 1, "extremes": 1, "shapes": 1},
    cases=paths({"learning_rate": RATE, "epsilon": EPSILON}, at_extremes={"initial_accumulator_value": 0.0}),
)
def adagrad_step(
    w, g, state, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7
):
    """One step of Adagrad, with a sum v of squares for each weight.

    w, g, state, and what is returned: as in sgd_step.
    v is initial_accumulator_value everywhere before the first step. First v <- v + g**2.
    Then w <- w - learning_rate g / sqrt(v + epsilon).
    """


# fmt: on


adagrad_step.add_misconceptions("""
    sum begins at 0: by_rule(adagrad, initial_accumulator_value=0.0)(...)
        your sum of squares begins at 0.
        What is v before the first step, according to the contract?
    running mean for sum:
            v = 0.9 * state.get("v", initial_accumulator_value) + 0.1 * g**2
            w - learning_rate * g / np.sqrt(v + epsilon), {"v": v}
        your sum of squares forgets: you keep 0.9 of it, as RMSprop does.
        What becomes of an old square in the contract: does it fade, or stay?
    initial value at every step:
            v = state.get("v", 0) + initial_accumulator_value + g**2
            w - learning_rate * g / np.sqrt(v + epsilon), {"v": v}
        you add initial_accumulator_value at every step.
        How many times does v get its initial value?
    one sum for all weights:
            v = state.get("v", initial_accumulator_value) + np.sum(g**2)
            w - learning_rate * g / np.sqrt(v + epsilon), {"v": v}
        all weights share one sum of squares.
        Which shape has v, if each weight has a rate of its own?
    divided by the old sum:
            v = state.get("v", initial_accumulator_value + np.zeros_like(g))
            w - learning_rate * g / np.sqrt(v + epsilon), {"v": v + g**2}
        the latest gradient is not in the sum that it is divided by.
        In what order do v and w change?
""")


# --- Forgetting ---------------------------------------------------------------------------------------------------


@step_exercise(
    chapter,
    optimizers.RMSprop,
    rmsprop,
    EPSILON_INSIDE,
    TAKES_RUNNING_MEANS,
    section="Forgetting",
    aspects={"values": 1, "steps": 1, "extremes": 1, "shapes": 1},
    cases=joined(
        paths({"learning_rate": RATE, "rho": KEPT, "epsilon": EPSILON}),
        paths({"learning_rate": RATE, "rho": KEPT, "momentum": KEPT}, in_steps={"momentum": 0.5}, aspects=("steps",)),
    ),
)
def rmsprop_step(w, g, state, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7):
    """One step of RMSprop, with a running mean v of squares and with momentum m.

    w, g, state, and what is returned: as in sgd_step.
    v and m are 0 before the first step. First v <- rho v + (1 - rho) g**2.
    Then m <- momentum m + learning_rate g / sqrt(v + epsilon), and w <- w - m.
    """


rmsprop_step.add_misconceptions("""
    momentum ignored
    divided by the old mean: by_rule(rmsprop, mean=before)(...)
        you divide by the mean as it was before the latest gradient.
        Which comes first: the new v, or the step?
    mean begins at 1: by_rule(rmsprop, mean=lambda s, *mean: (s.setdefault("v", 1.0), running(s, *mean))[1])(...)
        your mean of squares begins at 1, as in TensorFlow 1.
        What is v before the first step, according to the contract?
    current rate for all gradients:
            v = state["v"] = rho * state.get("v", 0) + (1 - rho) * g**2
            m = state["m"] = momentum * state.get("m", 0) + g / np.sqrt(v + epsilon)
            w - learning_rate * m, state
        as in sgd_step
""")

# --- The unit of a step -------------------------------------------------------------------------------------------

chapter.number(
    "first_adadelta_move", np.sqrt(1e-7 / 0.05), "a number", section="The unit of a step", digits=4
).add_misconceptions("""
    root of epsilon alone: np.sqrt(1e-7)
        here the running mean v is the squared gradient, or nearly as large.
        Which share of the first squared gradient does v take?
    RMSprop's step: 1 / np.sqrt(0.05)
        that is the step of RMSprop with the rate 1.
        What stands above the root of v, besides the gradient?
    no step at all: 0
        d is 0, but it does not stand alone.
        What is added to d under the root?
    the rate: 1
        this step would be one learning rate long.
        How large is the root above the fraction bar, if d is 0?
    gradient for its ratio: 1000 * np.sqrt(1e-7)
        that is the gradient times the root of epsilon.
        By what is this divided?
""")


@step_exercise(
    chapter,
    optimizers.Adadelta,
    adadelta,
    EPSILON_INSIDE,
    TAKES_RUNNING_MEANS,
    section="The unit of a step",
    aspects={"values": 1, "steps": 1, "extremes": 1, "shapes": 1},
    cases=paths({"learning_rate": RATE, "rho": KEPT, "epsilon": EPSILON}, tidy={"learning_rate": 0.5, "epsilon": 0.01}),
)
def adadelta_step(w, g, state, learning_rate=0.001, rho=0.95, epsilon=1e-7):
    """One step of Adadelta, by the formulas of the section "The unit of a step".

    w, g, state, and what is returned: as in sgd_step.
    v and d, the running means of squared gradients and of squared steps, are 0 before the
    first step. Mind which of them changes before the step, and which after it.
    """


adadelta_step.add_misconceptions("""
    size of the steps left out: rmsprop_step.reference(...)
        this is RMSprop: nothing gives the step the unit of the weights.
        What stands above the root of v, besides g?
    roots exchanged: by_rule(adadelta, ratio=lambda steps, gradients: gradients / steps)(...)
        the two roots have changed places: you multiply by that of the gradients and divide by that of the steps.
        Which root must stand above the other, so that the unit of g cancels?
    learning rate in the mean of the steps:
            v = rho * state.get("v", 0) + (1 - rho) * g**2
            move = learning_rate * g * np.sqrt(state.get("d", 0) + epsilon) / np.sqrt(v + epsilon)
            w - move, {"v": v, "d": rho * state.get("d", 0) + (1 - rho) * move**2}
        your d holds the squares of the moves, with the learning rate in them.
        Of which delta is d the mean square, according to the formulas: before the learning rate, or after it?
    steps not kept: by_rule(adadelta, remembers=False)(...)
        your d stays 0: no step is remembered.
        Which running means does the state have to hold for the next step?
    step from the new mean:
            state = dict(state)
            adadelta(g, state, None, rho, epsilon)  # it brings both means up to date
            w - learning_rate * g * np.sqrt(state["d"] + epsilon) / np.sqrt(state["v"] + epsilon), state
        your step is computed with the new d, which holds that step already.
        Which of the two comes first in the formulas: delta, or the new d?
    gradients for steps:
            before = state.get("v", np.zeros_like(g))
            state = dict(state)
            v = running(state, "v", g**2, rho)
            w - learning_rate * g * np.sqrt(before + epsilon) / np.sqrt(v + epsilon), state
        the root above the fraction bar is that of a mean of squared gradients, not of squared steps.
        Which of the two running means belongs above the fraction bar?
""")


# --- Adam ---------------------------------------------------------------------------------------------------------

chapter.expression(
    "mean_after_t_steps",
    "g*(1 - beta_1**t)",
    {"g": (0.5, 3.0), "beta_1": (0.3, 0.9), "t": (2.0, 9.0)},
    section="Adam: both means",
).add_misconceptions("""
    what is missing: g*beta_1**t
        that is by how much m falls short of g.
        What is m after very many steps?
    first step only: g*(1 - beta_1)
        that is m after the first gradient alone.
        What does the next step add?
    shares exchanged: g*(1 - (1 - beta_1)**t)
        here the running mean keeps a share of 1 - beta_1.
        Which share is kept of the old mean?
    unbiased: g
        that is where m goes.
        Is m equal to g after a single step?
    one step too few: g*(1 - beta_1**(t - 1))
        you counted one step too few.
        What does your formula give after the first step, t = 1?
    one step too many: g*(1 - beta_1**(t + 1))
        you counted one step too many.
        What does your formula give before the first step, t = 0?
    equal parts: g*t*(1 - beta_1)
        you added t equal parts, as if nothing were forgotten.
        What becomes of the part of the first gradient at the second step?
""")

chapter.number("first_adam_move", 0.1, "a number", section="Adam: both means", digits=3).add_misconceptions("""
    gradient descent: 0.001
        that is the learning rate times the gradient.
        By what is the mean of the gradients divided?
    bias correction left out: 0.1 * 0.1 / np.sqrt(0.001)
        that is how far the means would go as they are.
        What are the corrected means after one gradient?
    learning rate forgotten: 1.0
        that is the ratio of the two means.
        What is this ratio multiplied by?
    only m corrected: 0.1 / np.sqrt(0.001)
        you corrected the mean of the gradients alone.
        Which of the two means begins at 0: one of them, or both?
    gradient, or only v corrected: 0.1 * 0.1
        that is the gradient itself; it is also the move if only the mean of the squares is corrected.
        What does a corrected mean of a single gradient come to, and what does it come to over its size?
    missing root: 0.1 * 0.01 / 0.01**2
        you divided by the square of the gradient.
        Which function is applied to the mean of the squares before it divides?
""")


def adam_exercise(optimizer, rule, *more, **declared):
    """An exercise that asks for the step of Adam or of a relative, with the mistakes that these share."""
    aspects = {"values": 2, "steps": 1, "extremes": 1, "shapes": 1}
    tables = (TAKES_RUNNING_MEANS, CORRECTS_BIAS, *more)
    return step_exercise(chapter, optimizer, rule, *tables, aspects=aspects, **declared)


def squares_below_one(rng):
    """A case with means of squares that stay below 1, so that the largest one must begin at 0."""
    gradients = np.array([[0.8, -0.5], [0.4, -1.0], [0.5, 0.5]])
    options = {"learning_rate": 0.1, "beta_2": 0.5, "amsgrad": True}
    return [Case("steps", {"w": np.array([1.0, 2.0]), "g": gradients, **options})]


# the signature is to fit into a learner's cell
# fmt: off
@adam_exercise(
    optimizers.Adam,
    adam,
    COUNTS_FROM_TWO,
    EPSILON_OUTSIDE,
    section="Adam: both means",
    cases=joined(
        paths({"learning_rate": RATE, "beta_1": KEPT, "beta_2": KEPT, "epsilon": EPSILON}),
        paths(
            {"learning_rate": RATE, "beta_1": KEPT, "beta_2": KEPT, "amsgrad": True},
            in_steps={"beta_2": 0.5, "amsgrad": True},
            aspects=("steps",),
        ),
        squares_below_one,
    ),
)
def adam_step(
    w, g, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False
):
    """One step of Adam, with running means m of gradients and v of their squares.

    w, g, state, and what is returned: as in sgd_step.
    m and v are 0 before the first step, at which t is 1.
    First m <- beta_1 m + (1 - beta_1) g, and v <- beta_2 v + (1 - beta_2) g**2. Then
    w <- w - learning_rate sqrt(1 - beta_2**t) / (1 - beta_1**t) m / (sqrt(v) + epsilon).
    If amsgrad, the largest v so far, entry by entry, replaces v in this denominator.
    """


# fmt: on


adam_step.add_misconceptions("""
    amsgrad ignored
    largest of two: by_rule(adam, of_two=True)(...)
        with amsgrad you take the larger of the last two v, not the largest v so far.
        What has to be kept in the state, so that a large v from long ago still counts?
    betas exchanged: right(..., beta_1=beta_2, beta_2=beta_1)
        you keep beta_1 of the squares and beta_2 of the gradients.
        Which of the two means has the longer memory?
    betas exchanged in the means:
            bias = lambda beta, t: (beta_1 if beta == beta_2 else beta_2) ** t
            by_rule(adam, bias=bias)(..., beta_1=beta_2, beta_2=beta_1)
        your means keep beta_2 of the gradients and beta_1 of the squares; the corrections have them right.
        Which of the two betas belongs to m?
    root of the correction left out:
            learning_rate *= np.sqrt(1 - beta_2 ** (state.get("t", 0) + 1))
            by_rule(adam)(...)
        you correct by 1 - beta_2**t as it is.
        v is corrected by 1 - beta_2**t: what does that make of the root of v?
    largest corrected v: by_rule(adam, of_corrected=True)(...)
        with amsgrad, you keep the largest corrected v: the contract keeps the largest v, and corrects it afterwards.
        Is v divided by the same number in every step?
    largest v kept as the mean: by_rule(adam, apart=False)(...)
        with amsgrad, you keep the largest v as the running mean itself.
        Which two numbers does the next step need: the running mean, or the largest one, or both?
    corrections upside down:
            state = {**state, "t": state.get("t", 0) + 1}
            m, v = running(state, "m", g, beta_1), running(state, "v", g**2, beta_2)
            largest = np.maximum(state.get("v_max", 0), v) if amsgrad else v
            m, root = m * (1 - beta_1 ** state["t"]), np.sqrt(largest * (1 - beta_2 ** state["t"]))
            w - learning_rate * m / (root + epsilon), {**state, "v_max": largest}
        you multiply the means by their corrections: at first they become smaller still.
        Early on the means are too small: must a correction make them larger, or smaller?
    epsilon after the correction:
            epsilon *= np.sqrt(1 - beta_2 ** (state.get("t", 0) + 1))
            by_rule(adam)(...)
        you add epsilon to the corrected root, as the paper does; Keras adds it to the root of v as it is.
        Which root stands beside epsilon in the contract: with the bias correction or without?
""")


# --- Two relatives ------------------------------------------------------------------------------------------------


@adam_exercise(
    optimizers.Adamax,
    adamax,
    COUNTS_FROM_TWO,
    section="Two relatives",
    cases=paths({"learning_rate": RATE, "beta_1": KEPT, "beta_2": KEPT, "epsilon": EPSILON}),
)
def adamax_step(w, g, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """One step of Adamax, by the formulas of the section "Two relatives".

    w, g, state, and what is returned: as in sgd_step.
    m, the running mean of Adam, and u, the largest recent size of a gradient, are 0 before
    the first step, at which t is 1. Each weight has a u of its own.
    """


adamax_step.add_misconceptions("""
    gradient for its mean: by_rule(adamax, mean=lambda state, name, value, keep: value)(...)
        the step uses the gradient itself, divided as if it were the mean m.
        What stands above u in the formula: g, or its running mean?
    sign kept: by_rule(adamax, size=np.positive)(...)
        negative gradients, however large, don't count for your u.
        Is u the largest gradient, or the largest size of one?
    nothing forgotten: by_rule(adamax, beta_2=1.0)(...)
        your u never falls.
        What share of the old u does the new gradient have to beat?
    gradient squared: by_rule(adamax, size=np.square)(...)
        your u holds squares: a gradient ten times as large makes a step ten times as small.
        Which unit must u have, so that m / u has none?
    Adam's mean square: adam_step.reference(...)
        this is Adam.
        What takes the place of the root of the mean square in Adamax?
    one u for all weights: by_rule(adamax, size=lambda g: np.max(np.abs(g)))(...)
        all weights share one u, that of the largest entry.
        Which shape has u, if each weight has a scale of its own?
    sum for the largest: by_rule(adamax, larger=np.add)(...)
        your u adds up the sizes; it takes no maximum.
        Which of the two numbers should u be: the old one that has faded, or the new size?
    epsilon within the maximum: by_rule(adamax, adds_at_end=False)(...)
        you add epsilon to |g| before the maximum is taken, as PyTorch does: here it is added to u, in the denominator.
        If u comes from an earlier step, has the epsilon in it faded as well?
    compared before it fades: by_rule(adamax, fades_first=False)(...)
        you compare |g| with the old u itself, not with beta_2 times the old u.
        Which two numbers does the maximum compare, according to the contract?
    u corrected: by_rule(adamax, corrects_u=True)(...)
        you correct u as well.
        Is u a mean that begins at 0, or the largest size so far?
""")


@adam_exercise(
    optimizers.Nadam,
    nadam,
    EPSILON_OUTSIDE,
    section="Two relatives",
    cases=paths({"learning_rate": RATE, "beta_1": KEPT, "beta_2": KEPT, "epsilon": EPSILON}),
)
def nadam_step(w, g, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """One step of Nadam, by the formulas of the section "Two relatives".

    w, g, state, and what is returned: as in sgd_step.
    m and v are those of adam_step, and t is 1 at the first step. The state must also hold
    what the product of all momenta needs.
    """


nadam_step.add_misconceptions("""
    product of the next step kept: by_rule(nadam, keeps_next=True)(...)
        the product you keep already holds the momentum of the next step, which the next step then multiplies in again.
        Which momenta does the product hold when step 2 begins?
    momentum twice in the product: by_rule(nadam, ahead=lambda product, mu, next_mu: product * mu)(...)
        your product for the next step holds mu(t) twice, but mu(t + 1) is missing.
        Which momentum does the next step add to the product?
    constant momentum: by_rule(nadam, pace=np.inf)(...)
        your momentum is beta_1 in every step: Keras's schedule is missing.
        How does mu(t) depend on t in the formula?
    the momentum of Keras 2: by_rule(nadam, pace=0.004)(...)
        your momentum grows 250 times as slowly: with schedule_decay, that was 0.004 in Keras 2.
        Which exponent does 0.96 have at step t today?
    momentum from almost 0: by_rule(nadam, share=1)(...)
        your momentum begins near 0, not at about half of beta_1: its schedule takes off 0.96**t in full.
        By what is 0.96**t divided in mu(t)?
    momentum of this step: by_rule(nadam, past=lambda m, mu, next_mu: mu * m)(...)
        you multiply m by mu(t), the momentum of this step.
        Which step's momentum does a look ahead use?
    gradient left out ahead: by_rule(nadam, latest=lambda g, mu: 0)(...)
        m_hat lacks its second term, which holds the gradient itself.
        What does m_hat consist of, besides m?
    share of the gradient: by_rule(nadam, latest=lambda g, mu: mu * g)(...)
        you give the gradient the share mu(t).
        If mu(t) is the share of the past, which share is left for the gradient?
    one divisor for both terms: by_rule(nadam, divides_apart=False)(...)
        you divide both terms of m_hat by 1 - p(t).
        How many factors mu has the product that belongs to the step ahead?
    v not corrected: by_rule(nadam, bias_of_v=lambda beta, t: 0.0)(...)
        you take v as it is: its mean begins at 0.
        What is v_hat after a single step, if v is 0 before it?
    product not kept: by_rule(nadam, keeps_product=False)(...)
        your p is mu(t) alone.
        Which factors does p(t) have at the second step, and where do you keep them?
    no look ahead: adam_step.reference(...)
        this is Adam: the gradient is in the mean only.
        Which two terms does m_hat consist of?
""")


# --- Spot the bug -------------------------------------------------------------------------------------------------


def _turned(g):
    if g.shape != (2,) or not np.isfinite(g).all() or not g.any():
        return f"expected two finite numbers, not both 0, as an array of shape (2,); got {g}"
    clipped = np.clip(g, -0.5, 0.5)
    if (clipped == g).all():
        return f"both entries of {g} keep to the limit of 0.5: nothing is clipped"
    if not g.all():
        return f"{g} lies along an axis: clipping makes it shorter, and does not turn it"
    if abs(g[0]) == abs(g[1]):
        return f"both entries of {g} have one size, and so have the clipped ones {clipped}: the direction stays"
    angle = np.degrees(np.arccos(np.clip(g @ clipped / np.linalg.norm(g) / np.linalg.norm(clipped), -1, 1)))
    return bool(angle > 10) or f"clipped it becomes {clipped}, turned by {angle:.1f} degrees: not by more than 10"


chapter.counterexample(
    "turned_by_clipping",
    section="Spot the bug",
    asks="a gradient, as an array of shape (2,)",
    example=([5.0, 0.5],),
    refutes=_turned,
)


def _decays_apart(decay, step):
    if decay.ndim == 0 and decay == 0:
        return "without decay neither rate falls"
    if decay.ndim or step.ndim or not (0 <= decay < np.inf) or step not in range(1000):
        return f"expected a decay >= 0 and a whole step from 0 to 999; got {decay} and {step}"
    compounded = np.prod(1 / (1 + decay * np.arange(step + 1)))
    meant = 1 / (1 + decay * step)
    gap = abs(compounded - meant)
    if gap > 0.1:
        return True
    if step < 2:
        why = "up to step 1 both are divided once at most"
    elif meant < 0.15:
        why = "the decay is so large, or the step so late, that hardly anything is left of either rate"
    else:
        why = "neither rate has fallen far yet"
    return f"from 1 they come to {compounded:.4f} and {meant:.4f}: not more than 0.1 apart; {why}"


chapter.counterexample(
    "decayed_twice",
    section="Spot the bug",
    asks="a pair of numbers, (decay, step)",
    example=(1.0, 2.0),
    refutes=_decays_apart,
)

chapter.expression(
    "uncorrected_first_step",
    "(1 - beta_1)/sqrt(1 - beta_2)",
    {"beta_1": (0.3, 0.9), "beta_2": (0.5, 0.99)},
    section="Spot the bug",
).add_misconceptions("""
    upside down: sqrt(1 - beta_2)/(1 - beta_1)
        that is the correction, which takes the factor away.
        Is the step without it longer or shorter than the learning rate?
    missing root: (1 - beta_1)/(1 - beta_2)
        you divide by v, not by its root.
        What is done to v before it divides?
    what is kept: beta_1/sqrt(beta_2)
        those are the shares of the past, which is 0 at the first step.
        With which shares do g and its square come into m and v?
    corrected: 1
        that is the step with the correction.
        What are m and v after one gradient, if nothing is corrected?
    root of all: sqrt((1 - beta_1)/(1 - beta_2))
        you took the root of m as well.
        Which of the two means holds squares?
""")
