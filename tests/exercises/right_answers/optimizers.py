"""Chapter 11, written in other ways."""

import math

import numpy as np


def in_float32(step):
    """The same steps, all arrays of which are of float32."""
    return lambda w, g, state, **h: step(np.asarray(w, "float32"), np.asarray(g, "float32"), state, **h)


def entry_by_entry(step):
    """The same steps of plain numbers, one weight at a time, each with a state of its own."""

    def looped(w, g, state, **h):
        moved, states = np.array(w), dict(state)
        for i in np.ndindex(np.shape(w)):
            moved[i], states[i] = step(float(w[i]), float(g[i]), state.get(i, {}), **h)
        return moved, states

    return looped


def from_history(displacement):
    """Steps that keep all gradients, and work everything out anew from them each time."""

    def step(w, g, state, **h):
        state = {"history": [*state.get("history", []), g]}
        return w - displacement(state["history"], **h), state

    return step


def weighted(values, keep):
    """What is a running mean of the values after the last of them, as a sum."""
    return sum((1 - keep) * keep ** (len(values) - 1 - i) * value for i, value in enumerate(values))


def squares(history):
    return [g**2 for g in history]


# --- Plain, with momentum -----------------------------------------------------------------------------------------


def sgd_with_velocity_uphill(w, g, state, learning_rate=0.01, momentum=0.0, nesterov=False):
    v = momentum * state.get("velocity", 0) + learning_rate * g
    return w - (learning_rate * g + momentum * v if nesterov else v), {"velocity": v}


def sgd_in_place(w, g, state, learning_rate=0.01, momentum=0.0, nesterov=False):
    m = state.setdefault("m", np.zeros_like(w))
    m *= momentum
    m -= learning_rate * g
    return (w + m * momentum - learning_rate * g if nesterov else w + m), state


def sgd_from_pushes(w, g, state, learning_rate=0.01, momentum=0.0, nesterov=False):
    pushes = [*state.get("pushes", []), learning_rate * g]
    v = sum(momentum**age * push for age, push in enumerate(reversed(pushes)))
    return w - (pushes[-1] + momentum * v if nesterov else v), {"pushes": pushes}


def clip_looped(g, limit):
    flat = [min(max(x, -limit), limit) for x in np.ravel(g)]
    return np.reshape(flat, np.shape(g))


def shortened(g, limit):
    norm = np.sqrt(np.sum(np.square(g)))
    return g if norm <= limit else g / norm * limit


# --- Divided by a root --------------------------------------------------------------------------------------------


def adagrad_plain(w, g, state, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7):
    v = state.get("v", initial_accumulator_value) + g * g
    return w - learning_rate / math.sqrt(v + epsilon) * g, {"v": v}


def adagrad_rate(w, g, state, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7):
    v = state.get("v", np.full_like(w, initial_accumulator_value + epsilon)) + np.square(g)
    return w - g * (learning_rate * v**-0.5), {"v": v}


def adagrad_sum(history, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7):
    return learning_rate * history[-1] / np.sqrt(initial_accumulator_value + sum(squares(history)) + epsilon)


def rmsprop_plain(w, g, state, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7):
    v, m = state.get("vm", (0.0, 0.0))
    v += (1 - rho) * (g * g - v)
    m = momentum * m + learning_rate * g / (v + epsilon) ** 0.5
    return w - m, {"vm": (v, m)}


def rmsprop_divided(w, g, state, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7):
    v, n = state["v"] if state else np.zeros((2, *np.shape(w)))
    v = rho * v + (1 - rho) * np.abs(g) ** 2
    n = momentum * n + learning_rate * np.divide(g, np.sqrt(v + epsilon))
    return w - n, {"v": (v, n)}


def rmsprop_from_pushes(w, g, state, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7):
    history = [*state.get("history", []), g]
    push = learning_rate * g / np.sqrt(weighted(squares(history), rho) + epsilon)
    pushes = [*state.get("pushes", []), push]
    step = sum(momentum**age * push for age, push in enumerate(reversed(pushes)))
    return w - step, {"history": history, "pushes": pushes}


def adadelta_plain(w, g, state, learning_rate=0.001, rho=0.95, epsilon=1e-7):
    v = rho * state.get("v", 0.0) + (1 - rho) * g * g
    delta = g * math.sqrt((state.get("d", 0.0) + epsilon) / (v + epsilon))
    return w - learning_rate * delta, {"v": v, "d": rho * state.get("d", 0.0) + (1 - rho) * delta * delta}


def adadelta_signed(w, g, state, learning_rate=0.001, rho=0.95, epsilon=1e-7):
    """The step is kept with its sign, as the paper adds it."""
    v, d = (state["v"], state["d"]) if state else (np.zeros_like(w), np.zeros_like(w))
    v = v + (1 - rho) * (g**2 - v)
    change = -np.sqrt(d + epsilon) / np.sqrt(v + epsilon) * g
    return w + learning_rate * change, {"v": v, "d": d + (1 - rho) * (change**2 - d)}


def adadelta_sum(history, learning_rate=0.001, rho=0.95, epsilon=1e-7):
    steps = []
    for end in range(1, len(history) + 1):
        v = weighted(squares(history[:end]), rho)
        steps.append(history[end - 1] * np.sqrt(weighted(squares(steps), rho) + epsilon) / np.sqrt(v + epsilon))
    return learning_rate * steps[-1]


# --- Adam and its kin ---------------------------------------------------------------------------------------------


def adam_plain(w, g, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False):
    t, m, v, top = state.get("all", (0, 0.0, 0.0, 0.0))
    t, m, v = t + 1, m + (1 - beta_1) * (g - m), v + (1 - beta_2) * (g * g - v)
    top = max(top, v)
    rate = learning_rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - rate * m / (math.sqrt(top if amsgrad else v) + epsilon), {"all": (t, m, v, top)}


def adam_with_corrected_means(w, g, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False):
    """As in the paper, with the epsilon that makes it the same."""
    t = state.get("t", 0) + 1
    m = beta_1 * state.get("m", 0) + (1 - beta_1) * g
    v = beta_2 * state.get("v", 0) + (1 - beta_2) * g**2
    top = np.maximum(v, state.get("top", v)) if amsgrad else v
    left = 1 - beta_2**t
    step = m / (1 - beta_1**t) / (np.sqrt(top / left) + epsilon / np.sqrt(left))
    return w - learning_rate * step, {"t": t, "m": m, "v": v, "top": top}


def adam_sum(history, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False):
    t = len(history)
    v = [weighted(squares(history[:end]), beta_2) for end in range(1, t + 1)]
    rate = learning_rate * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    return rate * weighted(history, beta_1) / (np.sqrt(np.max(v, 0) if amsgrad else v[-1]) + epsilon)


def adamax_plain(w, g, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    t, m, u = state.get("all", (1, 0.0, 0.0))
    m, u = beta_1 * m + (1 - beta_1) * g, max(beta_2 * u, abs(g))
    return w - learning_rate * m / ((1 - beta_1**t) * (u + epsilon)), {"all": (t + 1, m, u)}


def adamax_where(w, g, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    state = state or {"m": np.zeros_like(w), "u": np.zeros_like(w), "power": 1.0}
    power, faded = state["power"] * beta_1, beta_2 * state["u"]
    m, u = state["m"] * beta_1 + g - beta_1 * g, np.where(faded > np.abs(g), faded, np.abs(g))
    return w - learning_rate / (1 - power) * np.divide(m, u + epsilon), {"m": m, "u": u, "power": power}


def adamax_sum(history, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    u = np.max([beta_2**age * np.abs(g) for age, g in enumerate(reversed(history))], axis=0)
    return learning_rate * weighted(history, beta_1) / (1 - beta_1 ** len(history)) / (u + epsilon)


def mus(count, beta_1):
    """The momentums of the steps 1 to count."""
    return [beta_1 * (1 - 0.5 * 0.96**t) for t in range(1, count + 1)]


def nadam_plain(w, g, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    t, m, v = state.get("t", 0) + 1, state.get("m", 0.0), state.get("v", 0.0)
    m, v = m + (1 - beta_1) * (g - m), v + (1 - beta_2) * (g * g - v)
    *_, mu, ahead = mus(t + 1, beta_1)
    past, future = math.prod(mus(t, beta_1)), math.prod(mus(t + 1, beta_1))
    step = ahead * m / (1 - future) + (1 - mu) * g / (1 - past)
    return w - learning_rate * step / (math.sqrt(v / (1 - beta_2**t)) + epsilon), {"t": t, "m": m, "v": v}


def nadam_with_product(w, g, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    t, m, v, p = state.get("s") or (1, np.zeros_like(w), np.zeros_like(w), 1)
    here, next_one = beta_1 - beta_1 / 2 * 0.96**t, beta_1 - beta_1 / 2 * 0.96 ** (t + 1)
    p = p * here
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    m_hat = next_one / (1 - p * next_one) * m + (1 - here) / (1 - p) * g
    return w - learning_rate * m_hat / (np.sqrt(v) / np.sqrt(1 - beta_2**t) + epsilon), {"s": (t + 1, m, v, p)}


def nadam_sum(history, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    t = len(history)
    *_, mu, ahead = mus(t + 1, beta_1)
    part = ahead * weighted(history, beta_1) / (1 - np.prod(mus(t + 1, beta_1)))
    part = part + (1 - mu) * history[-1] / (1 - np.prod(mus(t, beta_1)))
    return learning_rate * part / (np.sqrt(weighted(squares(history), beta_2) / (1 - beta_2**t)) + epsilon)


RIGHT = {
    "sgd_step": {
        "velocity uphill": sgd_with_velocity_uphill,
        "state changed": sgd_in_place,
        "from all gradients": sgd_from_pushes,
        "a loop over entries": entry_by_entry(sgd_with_velocity_uphill),
        "float32": in_float32(sgd_in_place),
    },
    "time_decay": {
        "a power": lambda lr, decay, step: lr * (1 + decay * step) ** -1.0,
        "a fraction": lambda lr, decay, step: np.divide(lr, 1 + np.multiply(decay, step)),
        "over the rate": lambda lr, decay, step: 1 / (1 / lr + decay / lr * step),
        "float32": lambda lr, decay, step: np.float32(lr) / np.float32(1 + decay * step),
    },
    "clip_by_value": {
        "minimum and maximum": lambda g, limit: np.minimum(np.maximum(g, -limit), limit),
        "where": lambda g, limit: np.where(np.abs(g) > limit, limit * np.sign(g), g),
        "a loop": clip_looped,
        "float32": lambda g, limit: np.clip(g.astype("float32"), -limit, limit),
    },
    "clip_by_norm": {
        "if it is too long": shortened,
        "smaller factor": lambda g, limit: g * min(1, limit / (np.linalg.norm(g) or limit)),
        "einsum": lambda g, limit: g / max(1, np.sqrt(np.einsum("i,i", g.ravel(), g.ravel())) / limit),
        "math.dist": lambda g, limit: g * limit / max(limit, math.hypot(*g.ravel())),
        "float32": lambda g, limit: shortened(g.astype("float32"), limit),
    },
    "adagrad_step": {
        "a rate for each weight": adagrad_rate,
        "from all gradients": from_history(adagrad_sum),
        "a loop over entries": entry_by_entry(adagrad_plain),
        "float32": in_float32(adagrad_rate),
    },
    "rmsprop_step": {
        "divided": rmsprop_divided,
        "from all gradients": rmsprop_from_pushes,
        "a loop over entries": entry_by_entry(rmsprop_plain),
        "float32": in_float32(rmsprop_divided),
    },
    "adadelta_step": {
        "signed steps": adadelta_signed,
        "from all gradients": from_history(adadelta_sum),
        "a loop over entries": entry_by_entry(adadelta_plain),
        "float32": in_float32(adadelta_signed),
    },
    "adam_step": {
        "corrected means": adam_with_corrected_means,
        "from all gradients": from_history(adam_sum),
        "a loop over entries": entry_by_entry(adam_plain),
        "float32": in_float32(adam_with_corrected_means),
    },
    "adamax_step": {
        "where": adamax_where,
        "from all gradients": from_history(adamax_sum),
        "a loop over entries": entry_by_entry(adamax_plain),
        "float32": in_float32(adamax_where),
    },
    "nadam_step": {
        "running product": nadam_with_product,
        "from all gradients": from_history(nadam_sum),
        "a loop over entries": entry_by_entry(nadam_plain),
        "float32": in_float32(nadam_with_product),
    },
}
