import keras
import numpy as np
import pytest

from fer_kit.errors import InputError
from fer_kit.networks import NETWORKS, backbone, build

# Networks that take long in full; their parameters are counted in tests of their own.
NARROW = {
    "resnet18": {"width": 0.125},
    "ddamfn": {"input_shape": (48, 48, 1), "width": 0.125, "depth": 0},
    "small": {"width": 0.25},
}


def test_lenet5_has_the_published_parameters():
    model = build("lenet5")
    counts = {layer.name: layer.count_params() for layer in model.layers if layer.count_params()}
    assert counts == {
        "conv1": 156,
        "conv2": 2_416,
        "dense1": 155_640,
        "dense2": 10_164,
        "probabilities": 595,
    }
    assert model.count_params() == 168_971


def test_the_cnn_has_the_published_parameters():
    model = build("cnn")
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert (model.count_params(), trainable) == (6_318_471, 6_314_631)
    assert model.get_layer("conv2").count_params() == 204_928
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == 2 * [0.20, 0.25, 0.25, 0.25]


def test_the_width_of_the_cnn_scales_filters_and_units():
    sizes = {
        layer.name: layer.output.shape[-1] for layer in build("cnn", width=0.25, classes=8).layers
    }
    assert [sizes[f"conv{number}"] for number in range(1, 5)] == [16, 32, 64, 128]
    assert [sizes[f"dense{number}"] for number in range(1, 5)] == [128, 64, 32, 16]
    assert sizes["probabilities"] == 8


def test_the_dropout_of_the_cnn_can_be_lowered():
    layers = build("cnn", width=0.125, dropout=0.5).layers
    rates = [layer.rate for layer in layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == 2 * [0.10, 0.125, 0.125, 0.125]


@pytest.mark.parametrize(("classes", "parameters"), [(42, 5_910_378), (7, 5_905_863)])
def test_the_network_for_mixtures_has_the_published_parameters(classes, parameters):
    model = build("mixed", classes=classes)
    assert model.count_params() == parameters
    assert model.get_layer("conv1a").output.shape[1:3] == (46, 46)
    assert model.get_layer("flatten").output.shape[1] == 2048
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.5]
    penalised = [layer.name for layer in model.layers if getattr(layer, "kernel_regularizer", 0)]
    assert penalised == ["conv1a"]


def test_with_sigmoids_several_emotions_can_be_there():
    model = build("mixed", classes=7, activation="sigmoid", width=0.125)
    faces = np.random.default_rng(0).random((2, 48, 48, 1), np.float32)
    answers = keras.ops.convert_to_numpy(model(faces))
    assert ((answers > 0) & (answers < 1)).all()
    assert not np.allclose(answers.sum(axis=1), 1, atol=0.1)


def test_the_network_for_mixtures_knows_its_averages_after_few_steps():
    """Else a short training ends with answers at chance, though it has learned."""
    model = build("mixed", width=0.125, dropout=0.0)
    faces = np.random.default_rng(0).random((32, 48, 48, 1), np.float32)
    seen = []
    for _ in range(2):
        for _ in range(60):
            model(faces, training=True)
        averages = model.get_layer("conv4b_norm").moving_variance
        seen.append(keras.ops.convert_to_numpy(averages).copy())
    np.testing.assert_allclose(*seen, rtol=0.02)


@pytest.mark.parametrize("name", NETWORKS)
def test_answers_are_probabilities(name):
    model = build(name, classes=5, **NARROW.get(name, {}))
    faces = np.random.default_rng(0).random((3, 48, 48, 1), np.float32)
    answers = keras.ops.convert_to_numpy(model(faces))
    assert answers.shape == (3, 5)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_reloaded_model_gives_the_same_answers(name, tmp_path):
    model = build(name, **NARROW.get(name, {}))
    faces = np.random.default_rng(0).random((3, 48, 48, 1), np.float32)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(model(faces)),
        keras.ops.convert_to_numpy(again(faces)),
        rtol=1e-5,
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_training_changes_every_weight(name):
    keras.utils.set_random_seed(0)
    model = build(name, classes=7, **NARROW.get(name, {}))
    before = [weight.copy() for weight in model.get_weights()]
    # Eagerly where compiling takes longer than the two steps.
    model.compile("adam", "categorical_crossentropy", run_eagerly=name in NARROW)
    faces = np.random.default_rng(0).random((32, 48, 48, 1), np.float32)
    model.fit(faces, np.eye(7, dtype=np.float32)[np.arange(32) % 7], epochs=2, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert not np.array_equal(old, new)


def test_unknown_network_is_a_sentence():
    with pytest.raises(InputError, match="lenet5.*Received: 'vgg'"):
        build("vgg")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"width": -1}, "width as a number above 0"),
        ({"width": float("nan")}, "width as a number above 0"),
        ({"classes": 1}, "classes as a whole number from 2 up"),
        ({"classes": 2.5}, "classes as a whole number"),
        ({"input_shape": (48, 48)}, "input_shape as"),
        ({"input_shape": (2, 2, 1)}, "from 16 pixels up"),
        ({"colour": True}, "an option of cnn among"),
    ],
)
def test_an_option_that_makes_no_sense_is_a_sentence(options, said):
    with pytest.raises(InputError, match=said):
        build("cnn", **options)


# A trained network to begin with


def test_weights_bring_the_network_that_comes_with_the_course():
    import fer_kit as fk

    network = build("small", weights="small-fer2013")
    faces = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1), np.uint8)
    said = network.predict(fk.normalise(faces), verbose=0)
    shipped = fk.load_model("small-fer2013").model.predict(fk.normalise(faces), verbose=0)
    np.testing.assert_allclose(said, shipped, atol=1e-6)


def test_with_classes_only_the_last_layer_is_new():
    trained, begun = build("small", "small-fer2013"), build("small", "small-fer2013", classes=7)
    assert build("small", "small-fer2013", classes=3).output_shape == (None, 3)
    for old, new in zip(trained.layers[:-1], begun.layers[:-1], strict=True):
        for one, other in zip(old.get_weights(), new.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    assert not np.allclose(trained.layers[-1].get_weights()[0], begun.layers[-1].get_weights()[0])


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("lenet5", {"weights": "small-fer2013"}, "weights of a lenet5.*those of a small"),
        ("small", {"weights": "small-fer2013", "width": 0.5}, "at most classes.*width beside"),
        ("small", {"weights": "imagenet"}, "name of a model.*'imagenet'.*small-fer2013"),
    ],
)
def test_weights_that_do_not_fit_are_named(name, options, message):
    with pytest.raises(InputError, match=message):
        build(name, **options)


def test_a_backbone_comes_without_its_last_layer_and_takes_pixels_as_they_are(monkeypatch):
    make = keras.applications.MobileNetV3Small
    monkeypatch.setattr(
        keras.applications, "MobileNetV3Small", lambda **options: make(weights=None, **options)
    )
    network = backbone("MobileNetV3Small")
    assert network.input_shape == (None, 96, 96, 3)
    assert network.output_shape == (None, 576)
    assert any(isinstance(layer, keras.layers.Rescaling) for layer in network.layers)


def test_a_backbone_that_cannot_be_downloaded_says_what_is_missing(monkeypatch):
    def fails(**options):
        raise Exception("URL fetch failure on https://example.org/weights.h5: None -- offline")

    monkeypatch.setattr(keras.applications, "EfficientNetB0", fails)
    with pytest.raises(InputError, match="ImageNet weights of EfficientNetB0 .* URL fetch failure"):
        backbone("EfficientNetB0")


def test_a_backbone_that_does_not_scale_by_itself_is_not_offered():
    for name in ("VGG16", "MobileNetV3", "lenet5"):
        with pytest.raises(InputError, match="a network of keras.applications among ConvNeXtBase"):
            backbone(name)
