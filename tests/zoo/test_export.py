"""Exported models: they answer as Keras does, and say what a program elsewhere has to know."""

import json
from importlib.util import find_spec

import keras
import numpy as np
import pytest
from saved_models import save_lenet5

import fer_kit as fk
from fer_kit.classify import Classifier
from fer_kit.emotions import FER2013
from fer_kit.errors import InputError
from fer_kit.zoo import export

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow exports models"
)


@pytest.fixture
def classifier():
    card = {"name": "tiny", "temperature": 1.7}
    return Classifier.of(fk.build("lenet5"), FER2013, card)


@pytest.fixture
def images(make_faces):
    return make_faces(32).images


@pytest.mark.parametrize("format", export.FORMATS)
def test_an_export_answers_as_keras_and_describes_itself(classifier, images, format, tmp_path):
    chosen = export.FORMATS[format]
    for module in chosen.packages:
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    out = tmp_path / f"tiny{chosen.ending}"
    about, path = export.export_model(classifier, format, out, images)
    assert path == out
    assert about["largest_difference_to_keras"] < 1e-4
    told = json.loads(export.about_file(path).read_text())
    assert told["output"]["emotions"] == list(FER2013)
    assert told["output"]["temperature"] == 1.7
    assert told["input"]["shape"] == [None, 48, 48, 1]
    assert len(told["files"]) >= 1
    ask = export.open_exported(path, format, threads=1)
    faces = fk.normalise(images)
    expected = classifier.model.predict(faces, verbose=0)
    for count in (1, 5, 32, 1):
        np.testing.assert_allclose(ask(faces[:count]), expected[:count], atol=1e-4)


def test_a_copy_beside_a_model_answers_without_keras(images, make_faces, tmp_path):
    for package in ("onnx", "tf2onnx"):
        pytest.importorskip(package)
    path = save_lenet5(tmp_path, make_faces())
    slow = fk.load_model(path)
    card = export.copy_beside(path, images)
    fast = fk.load_model(path)
    assert (slow.runtime, fast.runtime) == ("Keras", "OpenCV")
    assert card["onnx"]["faces"] == len(images)
    for count in (1, 5, 32):
        expected = slow.probabilities(images[:count])
        np.testing.assert_allclose(fast.probabilities(images[:count]), expected, atol=1e-5)
    assert fast.model.count_params() == 168_971  # Keras is there for whoever asks
    path.with_suffix(".onnx").write_bytes(b"another")
    with pytest.raises(InputError, match="the copy that lenet5.json names.*Copy both"):
        fk.load_model(path)
    path.with_suffix(".onnx").unlink()
    assert fk.load_model(path).runtime == "Keras"


def test_a_folder_of_other_things_is_never_replaced(classifier, images, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds something else"):
        export.export_model(classifier, "saved_model", tmp_path, images)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    for _ in range(2):  # an older export is
        export.export_model(classifier, "saved_model", tmp_path / "tiny", images)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"thesis.txt", "tiny", export.about_file(tmp_path / "tiny").name}


def test_the_copy_that_belongs_to_a_model_is_not_overwritten(classifier, images, tmp_path):
    for ending in (".keras", ".onnx"):
        (tmp_path / f"tiny{ending}").write_bytes(b"of a model")
    with pytest.raises(InputError, match="--beside renews it"):
        export.export_model(classifier, "onnx", tmp_path / "tiny.onnx", images)
    assert (tmp_path / "tiny.onnx").read_bytes() == b"of a model"


def test_an_export_that_answers_otherwise_is_not_written(classifier, images, tmp_path, monkeypatch):
    wrong = export.Format(
        "tf_saved_model", "", {}, lambda *_: lambda faces: np.ones((len(faces), 7))
    )
    monkeypatch.setitem(export.FORMATS, "saved_model", wrong)
    with pytest.raises(InputError, match="Nothing was written"):
        export.export_model(classifier, "saved_model", tmp_path / "tiny", images)
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_one_sentence(classifier, images, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"no openvino\. Install them: pip install"):
        export.export_model(classifier, "openvino", tmp_path / "tiny.xml", images)
    assert not list(tmp_path.iterdir())


def test_an_unknown_format_or_ending_is_a_sentence(classifier, images, tmp_path):
    with pytest.raises(InputError, match="a format among onnx, litert.*Received: 'coreml'"):
        export.export_model(classifier, "coreml", tmp_path / "tiny", images)
    if find_spec("tf2onnx") is None:
        pytest.skip("tf2onnx is not installed")
    with pytest.raises(InputError, match=r"ends with \.onnx"):
        export.export_model(classifier, "onnx", tmp_path / "tiny.bin", images)
