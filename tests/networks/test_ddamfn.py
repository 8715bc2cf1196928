"""DDAMFN against the published numbers, and what its file needs to be loaded."""

import re
import zipfile

import keras
import numpy as np
import pytest

from fer_kit.networks import build
from fer_kit.networks.ddamfn import STAGES, mixed_depthwise

SMALL = {"input_shape": (48, 48, 1), "width": 0.125, "depth": 0}


def trainable(model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.fixture(scope="module")
def network():
    return build("ddamfn")


def test_the_parameters_are_the_published_ones(network):
    assert trainable(network) == 4_105_999
    backbone = [layer for layer in network.layers if layer.name.startswith("conv")]
    weights = [weight for layer in backbone for weight in layer.trainable_weights]
    assert sum(int(np.prod(weight.shape)) for weight in weights) == 4_006_568


@pytest.mark.parametrize(
    ("options", "count"),
    [({"classes": 8}, 4_106_512), ({"heads": 1}, 4_071_135), ({"heads": 3}, 4_140_863)],
)
def test_the_parameters_with_other_heads_and_emotions(network, options, count):
    # What they change comes after the residual blocks, which take long to build.
    without_blocks = trainable(build("ddamfn", depth=0))
    blocks = trainable(network) - without_blocks
    assert blocks + trainable(build("ddamfn", depth=0, **options)) == count


def test_the_stages_have_the_published_shapes(network):
    shapes = {
        "conv1": (56, 56, 64),
        "conv2_dw": (56, 56, 64),
        "conv_23": (28, 28, 64),
        "conv_3": (28, 28, 64),
        "conv_34": (14, 14, 128),
        "conv_4": (14, 14, 128),
        "conv_45": (7, 7, 256),
        "conv_5": (7, 7, 256),
        "conv_6_sep": (7, 7, 512),
        "head1": (7, 7, 512),
        "head2": (7, 7, 512),
        "gather": (1, 1, 512),
        "probabilities": (7,),
    }
    assert {name: network.get_layer(name).output.shape[1:] for name in shapes} == shapes


def test_there_are_34_blocks_with_attention_of_which_31_add_what_came_in(network):
    names = [layer.name for layer in network.layers]
    assert sum(name.endswith("_attention") for name in names) == 34
    assert sum(isinstance(layer, keras.layers.Add) for layer in network.layers) == 31


def test_the_groups_of_kernels_fill_the_expanded_channels():
    assert [sum(stage.kernels.values()) for stage in STAGES] == [128, 128, 256, 256, 1024, 512]


def test_each_kernel_sees_its_own_channels_alone():
    inputs = keras.Input((9, 9, 5))
    model = keras.Model(inputs, mixed_depthwise(inputs, {3: 2, 7: 3}, 1, name="mixed"))
    model.set_weights([np.ones_like(weight) for weight in model.get_weights()])
    point = np.zeros((1, 9, 9, 5), np.float32)
    point[0, 4, 4] = [1, 0, 0, 1, 0]
    seen = keras.ops.convert_to_numpy(model(point))[0]
    assert seen.sum(axis=(0, 1)).tolist() == [9, 0, 0, 49, 0]


def test_a_stride_of_two_pads_all_sides_alike():
    inputs = keras.Input((8, 8, 2))
    model = keras.Model(inputs, mixed_depthwise(inputs, {3: 1, 7: 1}, 2, name="mixed"))
    centres = [np.zeros((size, size, 1, 1), np.float32) for size in (3, 7)]
    for kernel in centres:
        kernel[len(kernel) // 2, len(kernel) // 2] = 1
    model.set_weights(centres)
    picture = np.arange(128, dtype=np.float32).reshape(1, 8, 8, 2)
    taken = keras.ops.convert_to_numpy(model(picture))
    np.testing.assert_array_equal(taken, picture[:, ::2, ::2])


def test_a_head_is_a_product_of_rows_and_columns_between_0_and_1():
    model = build("ddamfn", **(SMALL | {"input_shape": (112, 112, 1)}))
    inside = keras.Model(model.input, model.get_layer("head1").output)
    maps = keras.ops.convert_to_numpy(inside(np.random.default_rng(0).random((1, 112, 112, 1))))
    assert maps.shape == (1, 7, 7, 64)
    assert (maps > 0).all()
    assert (maps < 1).all()
    for channel in range(5):
        assert np.linalg.svd(maps[0, ..., channel])[1][1] < 1e-5


def test_width_depth_and_size_can_be_chosen():
    model = build("ddamfn", input_shape=(48, 48, 1), width=0.25, depth=0.25, size=56)
    assert model.get_layer("conv1").output.shape == (None, 28, 28, 16)
    assert model.get_layer("head2").output.shape == (None, 4, 4, 128)
    added = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Add)]
    blocks = [sum(name.startswith(stage) for name in added) for stage in ("conv_3", "conv_4")]
    assert blocks == [3, 4]


def test_a_grey_face_is_answered_like_its_three_copies():
    keras.utils.set_random_seed(0)
    grey = build("ddamfn", **SMALL)
    colour = build("ddamfn", **(SMALL | {"input_shape": (48, 48, 3)}))
    colour.set_weights(grey.get_weights())
    faces = np.random.default_rng(0).random((2, 48, 48, 1), np.float32)
    answers = grey(faces), colour(np.repeat(faces, 3, axis=-1))
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, answers), atol=1e-5)


def test_a_saved_file_holds_nothing_but_layers_of_keras(tmp_path):
    build("ddamfn", **SMALL).save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        config = archive.read("config.json").decode()
    modules = set(re.findall(r'"module": "([^"]*)"', config))
    assert {name.split(".")[0] for name in modules} <= {"keras", "builtins"}
    assert "fer_kit" not in config


def test_answers_are_float32_in_mixed_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = build("ddamfn", **SMALL)
    finally:
        keras.config.set_dtype_policy(policy)
    answers = model(np.zeros((1, 48, 48, 1), np.float32))
    assert keras.backend.standardize_dtype(answers.dtype) == "float32"
    assert model.get_layer("head1").compute_dtype == "float16"
