import importlib
import inspect

import keras
import pytest
import tensorflow as tf
from keras.src.losses import ALL_OBJECTS_DICT

from lossedu import losses
from lossedu.losses.aliases import ALIASES, ELSEWHERE, GONE

OURS = [name for name in losses.__all__ if hasattr(getattr(losses, name), "gradient")]


@pytest.mark.parametrize("name", OURS)
def test_a_function_comes_by_its_name_and_an_object_by_that_of_its_class(name):
    thing = getattr(losses, name)
    if inspect.isclass(thing):
        assert type(losses.get(name)) is thing
        assert type(losses.get(thing)) is thing
    else:
        assert losses.get(name) is thing
        assert losses.get(thing) is thing


@pytest.mark.parametrize(("alias", "today"), ALIASES.items())
def test_a_former_name_means_the_loss_of_today(alias, today):
    assert losses.get(alias) is getattr(losses, today)
    assert getattr(losses, alias) is getattr(losses, today)


@pytest.mark.parametrize("alias", [name for name in ALIASES if hasattr(tf.keras.losses, name)])
def test_former_names_that_tensorflow_still_knows_mean_the_same_there(alias):
    assert getattr(tf.keras.losses, alias).__name__ == ALIASES[alias]


def test_every_public_name_of_keras_and_every_name_its_get_takes_is_known_here():
    public = {name for name in vars(keras.losses) if not name.startswith("_")}
    assert {name for name in public if not hasattr(losses, name)} == set()
    for name in set(ALL_OBJECTS_DICT) - {"Loss", "LossFunctionWrapper"}:
        assert callable(losses.get(name))


def test_none_an_object_and_a_function_of_ones_own_come_back_as_they_are():
    loss = losses.Huber(2.0)
    assert losses.get(None) is None
    assert losses.get(loss) is loss
    assert losses.get(len) is len


@pytest.mark.parametrize("loss", [losses.Huber(2.0, reduction="sum"), losses.Dice(axis=(1, 2))])
def test_a_loss_survives_being_serialized(loss):
    again = losses.deserialize(losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert losses.get(losses.serialize(loss)).get_config() == loss.get_config()


def test_a_function_survives_being_serialized():
    assert losses.deserialize(losses.serialize(losses.hinge)) is losses.hinge


def test_what_keras_serializes_is_understood():
    theirs = keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum")
    ours = losses.get(keras.losses.serialize(theirs))
    assert isinstance(ours, losses.BinaryCrossentropy)
    assert ours.get_config() == theirs.get_config()
    assert losses.get(keras.losses.serialize(keras.losses.squared_hinge)) is losses.squared_hinge


def test_custom_objects_go_before():
    def mine(y_true, y_pred):
        return y_pred

    assert losses.deserialize("mine", {"mine": mine}) is mine
    assert losses.deserialize("mse", {"mse": mine}) is mine


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("mean_sqared_error", "no loss is called 'mean_sqared_error'; near: mean_squared_error, "),
        ("binary_cross_entropy", "near: binary_crossentropy, "),
        ("MeanSquareError", "near: MeanSquaredError, "),
        ("kl", "no loss is called 'kl'; near: kld, "),
        ("get", "no loss is called 'get'"),
        (3, "identifier must be a loss, its name or its configuration, got int 3"),
        ({"config": {}}, "the configuration of a loss must have a class_name, got {'config': {}}"),
        ({"class_name": "Hubert"}, "no loss is called 'Hubert'; near: Huber, "),
        *((name, f"no loss is called '{name}' any more: ") for name in GONE if name not in ("accuracy", "rmse")),
        ("accuracy", "it is a metric whose slope is 0; to train for it, use a crossentropy"),
        ("rmse", "mean_squared_error has the same minimum"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(identifier, message):
    with pytest.raises(ValueError, match=message):
        losses.get(identifier)


def test_an_attribute_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        losses.nothing  # noqa: B018


@pytest.mark.parametrize("library", [library for library in ELSEWHERE if library != "Caffe"])
def test_a_name_elsewhere_is_one(library):
    for ours, theirs in ELSEWHERE[library].items():
        module, _, name = theirs.replace("tf.", "tensorflow.", 1).rpartition(".")
        package = module.partition(".")[0]
        assert callable(getattr(losses, ours))
        if package in ("optax", "scipy", "sklearn", "torch"):
            pytest.importorskip(package)
        if package == "tensorflow":
            assert hasattr(tf.nn, name)
        else:
            assert hasattr(importlib.import_module(module), name), theirs
