"""The names and arguments that learners, teachers and tests rely on, chapter by chapter."""

import inspect

from lossedu.exercises import get, names

LOSS = "(y_true, y_pred)"
FROM_LOGITS = "(y_true, y_pred, from_logits=False)"
WITH_DELTA = "(y_true, y_pred, delta=1.0)"
FOCAL = "(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0)"

CONTRACT = {
    "00_first_loss": {"squared_error": LOSS, "mean_over_last_axis": "(values)"},
    "01_regression": {
        "mean_squared_error": LOSS,
        "mean_squared_error_gradient": LOSS,
        "mean_absolute_error": LOSS,
        "mean_absolute_error_gradient": LOSS,
        "mean_absolute_percentage_error": LOSS,
        "mean_squared_logarithmic_error": LOSS,
        "pinball_loss": "(y_true, y_pred, tau=0.5)",
        "pinball_loss_gradient": "(y_true, y_pred, tau=0.5)",
    },
    "02_robust_regression": {
        "huber": WITH_DELTA,
        "huber_gradient": WITH_DELTA,
        "pseudo_huber": WITH_DELTA,
        "pseudo_huber_gradient": WITH_DELTA,
        "log_cosh": LOSS,
        "log_cosh_gradient": LOSS,
    },
    "03_margin": {
        "to_signed_labels": "(y)",
        "hinge": LOSS,
        "hinge_gradient": LOSS,
        "squared_hinge": LOSS,
        "squared_hinge_gradient": LOSS,
        "categorical_hinge": LOSS,
    },
    "04_binary_crossentropy": {
        "sigmoid": "(x)",
        "logit": "(p)",
        "binary_crossentropy": FROM_LOGITS,
        "binary_crossentropy_gradient": FROM_LOGITS,
        "weighted_cross_entropy_with_logits": "(labels, logits, pos_weight)",
        "log_loss": "(y_true, y_prob)",
    },
    "05_categorical_crossentropy": {
        "softmax": "(x, axis=-1)",
        "log_softmax": "(x, axis=-1)",
        "categorical_crossentropy": FROM_LOGITS,
        "categorical_crossentropy_gradient": FROM_LOGITS,
        "sparse_categorical_crossentropy": "(y_true, y_pred, from_logits=False, ignore_class=None)",
    },
    "06_dense_softmax_loss": {
        "softmax_loss": "(scores, labels, ignore_label=None, normalization='valid')",
        "softmax_loss_gradient": "(scores, labels, ignore_label=None, normalization='valid')",
    },
    "07_kl_divergence": {
        "entropy": "(p)",
        "cross_entropy": "(p, q)",
        "kl_divergence": LOSS,
        "kl_divergence_gradient": LOSS,
        "gaussian_kl": "(mu_p, sigma_p, mu_q, sigma_q)",
        "poisson": LOSS,
        "poisson_gradient": LOSS,
    },
    "08_cosine_proximity": {
        "l2_normalize": "(x, axis=-1)",
        "cosine_proximity": "(y_true, y_pred, axis=-1)",
        "cosine_proximity_gradient": "(y_true, y_pred, axis=-1)",
        "contrastive_loss": "(y_true, y_pred, margin=1.0)",
        "contrastive_loss_gradient": "(y_true, y_pred, margin=1.0)",
        "triplet_loss": "(anchor, positive, negative, margin=0.2)",
    },
    "09_label_smoothing": {
        "smooth_binary_labels": "(y_true, label_smoothing)",
        "smooth_categorical_labels": "(y_true, label_smoothing)",
        "smoothed_binary_crossentropy": "(y_true, y_pred, label_smoothing, from_logits=False)",
        "smoothed_categorical_crossentropy": "(y_true, y_pred, label_smoothing, from_logits=False)",
        "optimal_logit_gap": "(num_classes, label_smoothing)",
    },
    "10_reduction": {
        "reduce_loss": "(values, sample_weight=None, reduction='sum_over_batch_size')",
        "total_loss": "(losses, loss_weights)",
        "replica_loss": "(values, global_batch_size)",
    },
    "11_optimizers": {
        "clip_by_value": "(g, limit)",
        "clip_by_norm": "(g, limit)",
        "time_decay": "(lr, decay, step)",
        **dict.fromkeys(("sgd_step", "rmsprop_step", "adagrad_step", "adadelta_step"), "(w, g, state, "),
        **dict.fromkeys(("adam_step", "adamax_step", "nadam_step"), "(w, g, state, "),
    },
    "12_metrics": {
        "binary_accuracy": "(y_true, y_pred, threshold=0.5)",
        "categorical_accuracy": LOSS,
        "sparse_categorical_accuracy": LOSS,
        "top_k_categorical_accuracy": "(y_true, y_pred, k=5)",
        "sparse_top_k_categorical_accuracy": "(y_true, y_pred, k=5)",
        "mean_pred": LOSS,
        "StreamingMean": "()",
    },
    "13_compile_and_fit": {"fit_dense": "(x, y, "},
    "14_imbalance": {
        "precision_recall": "(y_true, y_pred, threshold=0.5)",
        "auc": LOSS,
        "balanced_weights": "(labels, num_classes)",
        "undo_weight": "(p, weight)",
        "binary_focal_crossentropy": FOCAL,
        "binary_focal_crossentropy_gradient": FOCAL,
        "categorical_focal_crossentropy": "(y_true, y_pred, alpha=0.25, gamma=2.0)",
        "generalized_cross_entropy": "(y_true, y_pred, q=0.5)",
        "f_score": "(hits, alarms, missed, beta=1.0)",
    },
    "15_overlap": {
        "iou": "(y_true, y_pred, axis=None)",
        "soft_dice": "(y_true, y_pred, axis=None)",
        "soft_dice_gradient": "(y_true, y_pred, axis=None)",
        "tversky": "(y_true, y_pred, alpha=0.5, beta=0.5, axis=None)",
    },
    "16_alignment": {
        "collapse": "(path)",
        "log_add": "(a, b)",
        "ctc_forward": "(labels, log_probs)",
        "ctc_loss": LOSS,
        "ctc_loss_gradient": LOSS,
        "best_path": "(y_pred)",
    },
    "17_your_loss_in_keras": {
        "quantile_on_ops": "(y_true, y_pred, tau=0.5)",
        "distance_on_ops": LOSS,
        "mae_of_known": LOSS,
        "logit_loss_on_ops": LOSS,
        "soft_f1_on_ops": LOSS,
    },
    "18_clinic": {
        "loss_without_input": "(labels, num_classes)",
        "standardize": "(x, train)",
        "accuracy_of_logits": "(y_true, logits, threshold=0.5)",
        "number_classes": "(labels, known)",
        "rmse_gradient": LOSS,
        "masked_mean": "(values, mask)",
        "highest_rate": "(x, reduction='mean')",
        "paired_squared_error": LOSS,
    },
}
PROMISED = [(chapter, *promise) for chapter, promises in CONTRACT.items() for promise in promises.items()]


def test_the_contract_holds():
    assert [promise for promise in PROMISED if not is_kept(*promise)] == []


def is_kept(chapter, name, signature):
    """Tell whether an exercise belongs to the chapter, and its signature begins with the given text."""
    exercise = get(name)
    return exercise.chapter == chapter and str(inspect.signature(exercise.stub)).startswith(signature)


def test_every_chapter_has_exercises():
    assert {get(name).chapter for name in names()} == set(CONTRACT)
