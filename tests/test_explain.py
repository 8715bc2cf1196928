import keras
import numpy as np
import pytest
from keras import layers

from fer_kit import explain
from fer_kit.errors import InputError
from fer_kit.networks import build
from fer_kit.networks.lenet5 import lenet5

SIZE = 24
PATCH = (slice(4, 10), slice(14, 20))


@pytest.fixture
def watcher() -> keras.Model:
    """Says emotion 0 the surer, the brighter the pixels of one patch are; nothing else counts."""
    inputs = keras.Input((SIZE, SIZE, 1))
    outputs = layers.Dense(2, activation="softmax")(layers.Flatten()(inputs))
    model = keras.Model(inputs, outputs)
    kernel = np.zeros((SIZE, SIZE, 2), np.float32)
    kernel[*PATCH, 0] = 0.1
    model.layers[-1].set_weights([kernel.reshape(-1, 2), np.array([-1.8, 0], np.float32)])
    return model


@pytest.fixture
def bright_patch() -> np.ndarray:
    image = np.zeros((SIZE, SIZE, 1), np.float32)
    image[PATCH] = 1
    return image


@pytest.fixture
def brightness_meter() -> keras.Model:
    """Its first feature map is the picture, its second is empty; emotion 0 is the first's mean."""
    inputs = keras.Input((SIZE, SIZE, 1))
    maps = layers.Conv2D(2, 1, use_bias=False, name="maps")(inputs)
    outputs = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(inputs, outputs)
    model.get_layer("maps").set_weights([np.array([[[[1, 0]]]], np.float32)])
    model.layers[-1].set_weights([np.array([[3, -3], [0, 0]], np.float32), np.zeros(2)])
    return model


def test_occlusion_finds_the_patch_that_the_model_looks_at(watcher, bright_patch):
    found = explain.occlusion(watcher, bright_patch, emotion=0, size=4, stride=2)
    assert found.shape == (SIZE, SIZE)
    assert found[PATCH].mean() > 0.05
    assert found[PATCH].min() > 0
    far = np.ones((SIZE, SIZE), bool)
    far[0:14, 10:24] = False
    np.testing.assert_allclose(found[far], 0, atol=1e-6)


def test_what_speaks_for_one_emotion_speaks_against_the_other(watcher, bright_patch):
    pro = explain.occlusion(watcher, bright_patch, emotion=0, size=4, stride=2)
    contra = explain.occlusion(watcher, bright_patch, emotion=1, size=4, stride=2)
    np.testing.assert_allclose(pro, -contra, atol=1e-6)


def test_occlusion_covers_every_pixel_whatever_the_step(watcher, bright_patch):
    found = explain.occlusion(watcher, bright_patch, emotion=0, size=7, stride=5)
    assert np.isfinite(found).all()


def test_occlusion_leaves_the_picture_alone(watcher, bright_patch):
    before = bright_patch.copy()
    explain.occlusion(watcher, bright_patch, emotion=0)
    np.testing.assert_array_equal(bright_patch, before)


def test_grad_cam_is_the_map_that_the_score_grows_with(brightness_meter, bright_patch):
    found = explain.grad_cam(brightness_meter, bright_patch, emotion=0)
    np.testing.assert_allclose(found, bright_patch[..., 0], atol=1e-6)


def test_grad_cam_is_empty_where_everything_speaks_against(brightness_meter, bright_patch):
    assert not explain.grad_cam(brightness_meter, bright_patch, emotion=1).any()


def test_grad_cam_has_the_pictures_size_and_takes_any_layer():
    image = np.random.default_rng(0).random((48, 48, 1), dtype=np.float32)
    model = lenet5()
    for layer in (None, "conv1"):
        found = explain.grad_cam(model, image, emotion=3, layer=layer)
        assert found.shape == (48, 48)
        assert found.min() >= 0
        assert found.max() <= 1


def test_grad_cam_takes_the_activation_after_the_last_convolution():
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(2, 3, padding="same", name="conv")(inputs)
    x = layers.Activation("relu", name="relu")(layers.BatchNormalization()(x))
    outputs = layers.Dense(2)(layers.Flatten()(layers.MaxPooling2D(2)(x)))
    assert explain._last_maps(keras.Model(inputs, outputs)).name == "relu"


def test_grad_cam_explains_a_network_with_several_heads():
    model = build("ddamfn", input_shape=(48, 48, 1), width=0.125, depth=0.0)
    image = np.random.default_rng(0).random((48, 48, 1), np.float32)
    assert explain.grad_cam(model, image, 0).shape == (48, 48)


def test_grad_cam_says_what_it_cannot_explain(watcher, bright_patch, brightness_meter):
    with pytest.raises(InputError, match=r"model with convolutions\. Received"):
        explain.grad_cam(watcher, bright_patch, emotion=0)
    headless = keras.Model(brightness_meter.inputs, brightness_meter.layers[-2].output)
    with pytest.raises(InputError, match="last layer is Dense"):
        explain.grad_cam(headless, bright_patch, emotion=0)


def test_overlay_leaves_grey_and_dims_what_does_not_matter(bright_patch):
    image = (100 * np.ones((1, SIZE, SIZE, 1))).astype(np.uint8)
    mixed = explain.overlay(image, bright_patch[None, ..., 0])
    assert mixed.shape == (1, SIZE, SIZE, 3)
    np.testing.assert_allclose(mixed[0, 0, 0], 0.4 * 100 / 255)
    assert mixed[0, 6, 16].mean() > 1.5 * mixed[0, 0, 0].mean()
    assert mixed.min() >= 0
    assert mixed.max() <= 1
    assert not np.allclose(mixed[0, 6, 16], 100 / 255)
