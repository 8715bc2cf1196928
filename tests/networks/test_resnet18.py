"""ResNet-18 and the networks made of two of them."""

import keras
import numpy as np
import pytest

import fer_kit as fk
from fer_kit import cards
from fer_kit.emotions import VIRI
from fer_kit.errors import InputError
from fer_kit.networks.resnet18 import attention, start_from
from fer_kit.networks.two_streams import FUSIONS, interleaved, joined_features

SMALL = {"width": 0.125, "classes": 5}
PAIR = [np.random.default_rng(number).random((4, 48, 48, 1), np.float32) for number in (0, 1)]


def ask(model: keras.Model, inputs) -> np.ndarray:
    """Directly, without the compiled function that `predict` would make first."""
    return keras.ops.convert_to_numpy(model(inputs))


def trainable(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def published(channels: int = 3) -> int:
    """The parameters of He et al.'s table 1: kernels, and two numbers for each normalised map."""
    convolutions = [(7, channels, 64)] + [(3, 64, 64)] * 4
    for narrow, wide in ((64, 128), (128, 256), (256, 512)):
        convolutions += [(3, narrow, wide), (1, narrow, wide)] + [(3, wide, wide)] * 3
    return sum(kernel**2 * before * after + 2 * after for kernel, before, after in convolutions)


@pytest.mark.parametrize(("channels", "features"), [(3, 11_176_512), (1, 11_170_240)])
def test_resnet18_has_the_published_parameters(channels, features):
    model = fk.build("resnet18", input_shape=(224, 224, channels), classes=1000)
    assert published(channels) == features
    assert trainable(model) == features + 513 * 1000
    if channels == 3:
        assert trainable(model) == 11_689_512  # as torchvision lists it


def test_it_has_eighteen_layers_with_weights():
    model = fk.build("resnet18", width=0.125)
    counted = (keras.layers.Conv2D, keras.layers.Dense)
    names = [layer.name for layer in model.layers if isinstance(layer, counted)]
    assert len([name for name in names if "shortcut" not in name]) == 18


def test_the_sizes_inside_are_the_published_ones():
    model = fk.build("resnet18", input_shape=(224, 224, 3), width=0.125)
    sizes = {
        f"stage{n}": model.get_layer(f"stage{n}_block2_relu2").output.shape[1] for n in range(1, 5)
    }
    assert model.get_layer("stem").output.shape[1] == 112
    assert sizes == {"stage1": 56, "stage2": 28, "stage3": 14, "stage4": 7}


def test_less_downsampling_leaves_more_of_a_small_picture():
    models = [fk.build("resnet18", width=0.125, downsampling=factor) for factor in (4, 2, 1)]
    sizes = [model.get_layer("stage4_block2_relu2").output.shape[1] for model in models]
    assert sizes == [2, 3, 6]
    assert len({trainable(model) for model in models}) == 1


def test_the_published_heads_are_there():
    units = 512 * 513 + 512 * 256 + 256 + 257 * 5
    shape = {"input_shape": (224, 224, 3), "classes": 5}
    visible = fk.build("resnet18", modality="visible", **shape)
    infrared = fk.build("resnet18", modality="infrared", **shape)
    assert trainable(visible) == published() + units
    assert trainable(infrared) == published() + units + 512  # its batch normalisation
    rates = [
        [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
        for model in (visible, infrared)
    ]
    assert rates == [[0.4, 0.4], [0.7, 0.8]]


def test_the_published_fusion_has_the_published_parameters():
    model = fk.build("two_streams", input_shape=(224, 224, 3), classes=5)
    assert trainable(model) == 23_142_533
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.2, 0.2, 0.2]


@pytest.mark.parametrize("squared", [False, True])
def test_attention_is_what_its_formula_says(squared):
    inputs = keras.Input((6,))
    model = keras.Model(inputs, attention(inputs, squared, "attention"))
    f = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    kernel, bias = model.get_layer("attention_gate").get_weights()
    u = f**2 if squared else f
    expected = f / (1 + np.exp(-(u @ kernel + bias)))
    np.testing.assert_allclose(ask(model, f), expected, rtol=1e-4, atol=1e-6)


def test_features_are_interleaved():
    first, second = keras.Input((3,)), keras.Input((3,))
    model = keras.Model([first, second], interleaved(first, second))
    pair = [np.array([[1.0, 2, 3]]), np.array([[10.0, 20, 30]])]
    assert ask(model, pair).tolist() == [[1, 10, 2, 20, 3, 30]]


@pytest.mark.parametrize("fusion", FUSIONS)
def test_two_streams_answer_with_probabilities_and_can_be_reloaded(fusion, tmp_path):
    model = fk.build("two_streams", fusion=fusion, **SMALL)
    answers = ask(model, PAIR)
    assert answers.shape == (4, 5)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(ask(again, PAIR), answers, rtol=1e-4)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_the_streams_start_from_two_trained_networks(fusion):
    single = [fk.build("resnet18", modality=name, **SMALL) for name in ("visible", "infrared")]
    model = fk.build("two_streams", fusion=fusion, **SMALL)
    start_from(model, *single)
    for network, modality in zip(single, ("visible", "infrared"), strict=True):
        features = f"{modality}_features"
        alone = keras.Model(network.input, network.get_layer(features).output)
        inputs = model.inputs[0 if modality == "visible" else 1]
        inside = keras.Model(inputs, model.get_layer(features).output)
        x = PAIR[0]
        np.testing.assert_allclose(ask(inside, x), ask(alone, x))


def test_a_saved_plain_network_is_a_start_for_either_modality(tmp_path):
    plain = fk.build("resnet18", width=0.125, classes=7)
    plain.save(tmp_path / "plain.keras")
    started = fk.build("resnet18", modality="infrared", weights=tmp_path / "plain.keras", **SMALL)
    np.testing.assert_array_equal(
        started.get_layer("infrared_stage4_block2_conv2").get_weights()[0],
        plain.get_layer("stage4_block2_conv2").get_weights()[0],
    )


def test_a_start_from_a_network_of_another_width_is_a_sentence():
    with pytest.raises(InputError, match="the same width"):
        start_from(fk.build("resnet18", width=0.125), fk.build("resnet18", width=0.25))


@pytest.mark.parametrize(
    ("options", "received"),
    [
        ({"weights": "imagenet"}, "weights='imagenet'"),
        ({"modality": "thermal"}, "'thermal'"),
        ({"downsampling": 3}, "Received: 3"),
    ],
)
def test_what_there_is_not_is_a_sentence(options, received):
    with pytest.raises(InputError, match=received):
        fk.build("resnet18", width=0.125, **options)


def test_an_unknown_fusion_is_a_sentence():
    with pytest.raises(InputError, match="interleaved.*Received: 'late'"):
        fk.build("two_streams", fusion="late")


def test_a_model_of_two_pictures_cannot_be_asked_about_one(make_faces, tmp_path):
    model, path = fk.build("two_streams", **SMALL), tmp_path / "fused.keras"
    model.save(path)
    card = cards.write_card(path, model, make_faces(28, VIRI), pictures=["visible", "infrared"])
    assert card["input"]["shape"] == [48, 48, 1]
    with pytest.raises(InputError, match="looks at one picture.*needs 2"):
        fk.load_model(path)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_what_was_joined_on_features_answers_the_same_inside_the_whole(fusion):
    single = [fk.build("resnet18", modality=name, **SMALL) for name in ("visible", "infrared")]
    seen = [
        ask(keras.Model(network.input, network.get_layer(f"{name}_features").output), pictures)
        for network, name, pictures in zip(single, ("visible", "infrared"), PAIR, strict=True)
    ]
    joined = joined_features(seen[0].shape[1], fusion=fusion, **SMALL)
    whole = fk.build("two_streams", fusion=fusion, **SMALL)
    start_from(whole, *single, joined)
    np.testing.assert_allclose(ask(whole, PAIR), ask(joined, seen), rtol=1e-4)
