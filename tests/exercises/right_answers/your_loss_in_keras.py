"""Chapter 17, written in other ways."""

from lossedu.keras_or_stand_in import keras, ops


def quantile_by_where(y_true, y_pred, tau=0.5):
    e = y_true - y_pred
    return ops.mean(ops.where(e > 0, tau * e, (tau - 1) * e), axis=-1)


def quantile_by_sizes(y_true, y_pred, tau=0.5):
    e = ops.subtract(y_true, y_pred)
    return ops.mean(ops.abs(e) / 2 + (tau - 0.5) * e, axis=-1)


def quantile_by_parts(y_true, y_pred, tau=0.5):
    low, high = ops.relu(y_true - y_pred), ops.relu(y_pred - y_true)
    return ops.sum(tau * low + (1 - tau) * high, axis=-1) / y_pred.shape[-1]


def quantile_by_clip(y_true, y_pred, tau=0.5):
    e = ops.cast(y_true, y_pred.dtype) - y_pred
    return tau * ops.mean(e, -1) - ops.mean(ops.clip(e, -1e9, 0.0), -1)


def distance_by_maximum(y_true, y_pred):
    return ops.sqrt(ops.maximum(ops.sum(ops.square(y_true - y_pred), axis=-1), 1e-7))


def distance_with_epsilon(y_true, y_pred):
    return ops.sqrt(ops.sum((y_true - y_pred) ** 2, axis=-1) + 1e-10)


def distance_by_power(y_true, y_pred):
    e = y_pred - y_true
    total = ops.sum(e * e, axis=-1)
    is_zero = ops.equal(total, 0)
    return ops.where(is_zero, ops.zeros_like(total), ops.power(ops.where(is_zero, ops.ones_like(total), total), 0.5))


def distance_by_logarithm(y_true, y_pred):
    total = ops.sum(ops.square(y_pred - y_true), axis=-1)
    safe = ops.where(total > 0, total, 1.0)
    return ops.where(total > 0, ops.exp(ops.log(safe) / 2), 0.0)


def known_by_zeros(y_true, y_pred):
    known = ops.cast(ops.isfinite(y_true), y_pred.dtype)
    error = ops.where(ops.isnan(y_true), ops.zeros_like(y_pred), y_true) - y_pred
    return ops.sum(known * ops.abs(error), axis=-1) / ops.maximum(ops.sum(known, axis=-1), 1.0)


def known_by_comparison(y_true, y_pred):
    known = ops.equal(y_true, y_true)  # NaN is not equal to itself
    error = ops.where(known, y_true, y_pred) - y_pred
    return ops.divide_no_nan(ops.sum(ops.abs(error), -1), ops.cast(ops.count_nonzero(known, -1), "float32"))


def known_by_sizes(y_true, y_pred):
    missing = ops.isnan(y_true)
    size = ops.abs(ops.where(missing, y_pred, y_true) - ops.where(missing, ops.stop_gradient(y_pred), y_pred))
    total = ops.sum(ops.where(missing, 0.0, size), axis=-1)
    number = ops.sum(ops.where(missing, 0.0, ops.ones_like(size)), axis=-1)
    return ops.where(number > 0, total / ops.maximum(number, 1.0), 0.0)


class ByFunction(keras.losses.Loss):
    def __init__(self, tau=0.5, reduction="sum_over_batch_size", name="quantile_loss"):
        super().__init__(name, reduction)
        self.level = float(tau)

    def call(self, y_true, y_pred):
        return quantile_by_where(y_true, y_pred, tau=self.level)

    def get_config(self):
        config = super().get_config()
        config.update(tau=self.level)
        return config


class WithKeywords(keras.losses.Loss):
    def __init__(self, tau=0.5, **options):
        super().__init__(**{"name": "quantile_loss", **options})
        self.tau = tau

    def call(self, y_true, y_pred):
        e = y_true - y_pred
        return ops.mean(ops.maximum(self.tau * e, (self.tau - 1) * e), axis=-1)

    def get_config(self):
        return {"tau": self.tau, "reduction": self.reduction, "name": self.name}


class WithDtype(keras.losses.Loss):
    def __init__(self, tau=0.5, reduction="sum_over_batch_size", name="quantile_loss", dtype=None):
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.up, self.down = tau, 1 - tau

    def call(self, y_true, y_pred):
        return ops.mean(self.up * ops.relu(y_true - y_pred) + self.down * ops.relu(y_pred - y_true), axis=-1)

    def get_config(self):
        return super().get_config() | {"tau": self.up}


def logit_by_log_sigmoid(y_true, y_pred):
    return -ops.mean(y_true * ops.log_sigmoid(y_pred) + (1 - y_true) * ops.log_sigmoid(-y_pred), axis=-1)


def logit_by_where(y_true, y_pred):
    return ops.mean(ops.where(y_true > 0, ops.softplus(-y_pred), ops.softplus(y_pred)), axis=-1)


def logit_by_two_classes(y_true, y_pred):
    both = ops.stack([ops.zeros_like(y_pred), y_pred], axis=-1)
    return ops.mean(ops.logsumexp(both, axis=-1) - y_true * y_pred, axis=-1)


def logit_by_sign(y_true, y_pred):
    return ops.mean(ops.softplus((1 - 2 * y_true) * y_pred), axis=-1)


def f1_from_counts(y_true, y_pred):
    tp = ops.sum(y_true * y_pred, -1)
    fp = ops.sum((1 - y_true) * y_pred, -1)
    fn = ops.sum(y_true * (1 - y_pred), -1)
    return 1.0 - 2 * tp / (2 * tp + fp + fn)


def f1_from_shares(y_true, y_pred):
    tp = ops.sum(ops.multiply(y_true, y_pred), axis=-1)
    alarms = ops.sum(y_pred, axis=-1)
    precision, recall = tp / ops.where(alarms > 0, alarms, 1.0), tp / ops.sum(y_true, axis=-1)
    return 1 - 2 * precision * recall / ops.where(tp > 0, precision + recall, 1.0)


def f1_by_means(y_true, y_pred):
    return 1 - ops.mean(2 * y_true * y_pred, axis=-1) / ops.mean(y_true + y_pred, axis=-1)


RIGHT = {
    "quantile_on_ops": {
        "where": quantile_by_where,
        "half of the size, and a tilt": quantile_by_sizes,
        "two relus": quantile_by_parts,
        "clip": quantile_by_clip,
    },
    "distance_on_ops": {
        "maximum under the root": distance_by_maximum,
        "epsilon under the root": distance_with_epsilon,
        "power": distance_by_power,
        "exponential of half the logarithm": distance_by_logarithm,
    },
    "mae_of_known": {
        "zeros and a mask": known_by_zeros,
        "NaN is not itself": known_by_comparison,
        "stop_gradient": known_by_sizes,
    },
    "QuantileLoss": {"by the function": ByFunction, "keywords passed on": WithKeywords, "with a dtype": WithDtype},
    "logit_loss_on_ops": {
        "log_sigmoid": logit_by_log_sigmoid,
        "where": logit_by_where,
        "two classes": logit_by_two_classes,
        "sign": logit_by_sign,
    },
    "soft_f1_on_ops": {
        "from counts": f1_from_counts,
        "from precision and recall": f1_from_shares,
        "by means": f1_by_means,
    },
}
