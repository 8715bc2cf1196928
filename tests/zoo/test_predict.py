"""fer-kit predict and fer-kit evaluate: one bad file does not keep the others from being read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from saved_models import save_lenet5
from videos import matroska

import fer_kit as fk
from fer_kit.classify import Answer
from fer_kit.detect import Box
from fer_kit.emotions import FER2013
from fer_kit.errors import InputError
from fer_kit.pictures import PHOTOGRAPH, read_picture
from fer_kit.recipes import Recipe
from fer_kit.video import VideoAnswers
from fer_kit.zoo import cost, photographs, scores
from fer_kit.zoo.predict import FileAnswers, as_text, predict_path, summaries, write_csv
from fer_kit.zoo.scores import evaluate_model, predict_faces, scores_text


@pytest.fixture
def classifier(make_faces, tmp_path):
    return fk.load_model(save_lenet5(tmp_path / "model", make_faces()))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "holiday"
    (folder / "beach").mkdir(parents=True)
    shutil.copy(PHOTOGRAPH, folder / "portrait.jpg")
    shutil.copy(PHOTOGRAPH, folder / "beach" / "again.JPG")
    (folder / "broken.jpg").write_bytes(PHOTOGRAPH.read_bytes()[:9000])
    (folder / "empty.png").write_bytes(b"")
    (folder / "notes.txt").write_text("sunny")
    (folder / "clip.mp4").write_bytes(b"")
    shutil.copy(PHOTOGRAPH, folder / "unnamed")
    portrait = np.asarray(Image.open(PHOTOGRAPH))[:240, 60:380, ::-1]
    (folder / "clip.dat").write_bytes(matroska([portrait] * 3, [0, 500, 2000], 2500))
    (folder / ".hidden.jpg").write_bytes(b"")
    Image.new("RGB", (300, 400), "skyblue").save(folder / "sky.png")
    return folder


def test_a_folder_lists_every_file_and_what_became_of_it(classifier, folder):
    results = {result.file.removeprefix(f"{folder}/"): result for result in
               predict_path(classifier, folder)}  # fmt: skip
    assert list(results) == sorted(results)
    assert {name for name, result in results.items() if result.error} == {"broken.jpg", "empty.png"}
    assert {name for name, result in results.items() if result.note} == {"notes.txt", "clip.mp4"}
    assert results["clip.mp4"].note == "an empty file; skipped"
    assert [frame["time"] for frame in results["clip.dat"].frames] == [0, 0.5, 2]
    faces = {name: len(result.faces) for name, result in results.items()}
    assert faces["portrait.jpg"] == faces["beach/again.JPG"] == faces["unnamed"] == 1
    assert faces["sky.png"] == 0
    text = as_text(list(results.values()))
    for said in ("text; skipped", "sky.png: no face found", "empty.png", "9 files, 2 failed"):
        assert said in text


def test_a_face_is_described_in_plain_values(classifier):
    (result,) = predict_path(classifier, PHOTOGRAPH)
    (face,) = result.faces
    assert face["probability"] == max(face["probabilities"].values())
    assert face["probabilities"][face["emotion"]] == face["probability"]
    assert set(face["box"]) == {"x", "y", "width", "height", "score", "turned"}


def test_annotated_pictures_keep_their_names_and_are_not_read_as_input(classifier, folder):
    target = folder / "annotated"
    first = predict_path(classifier, folder, target)
    written = {path.relative_to(target).as_posix() for path in target.rglob("*.*")}
    assert written == {"portrait.jpg", "beach/again.JPG", "sky.png", "clip.dat.mp4", "unnamed.png"}
    assert (read_picture(target / "portrait.jpg") != read_picture(PHOTOGRAPH)).any()
    assert len(predict_path(classifier, folder, target)) == len(first)


def test_the_table_has_a_row_for_each_face_in_each_frame(classifier, folder, tmp_path):
    results = predict_path(classifier, folder)
    table = pd.read_csv(write_csv(tmp_path / "faces.csv", results, classifier.emotions))
    rows = table.groupby(table["file"].map(lambda name: Path(name).name)).size()
    assert rows.to_dict() == {"portrait.jpg": 1, "again.JPG": 1, "unnamed": 1, "clip.dat": 3}
    clip = table[table["file"].str.endswith("clip.dat")]
    assert clip["time"].tolist() == [0, 0.5, 2]
    assert clip["face"].tolist() == [1, 1, 1]
    shares = table[[f"p_{name}" for name in FER2013]]
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares.idxmax(axis=1) == "p_" + table["emotion"]).all()
    assert (table["width"] > 50).all()
    with pytest.raises(InputError, match=r"ending in \.csv. Received: .*portrait\.jpg"):
        write_csv(folder / "portrait.jpg", results, classifier.emotions)


def told_of(*probabilities):
    shares = dict(zip(FER2013, probabilities, strict=True))
    emotion = max(shares, key=shares.get)
    return Answer(Box(1, 2, 30, 40, 0.9), emotion, shares)


def test_a_face_of_a_video_is_summed_up_by_its_mean_over_the_frames():
    sure, other = told_of(0, 0, 0, 0.1, 0.6, 0.3, 0), told_of(0, 0, 0, 0.1, 0, 0.9, 0)
    video = VideoAnswers([0.0, 0.5, 1.5], [{1: sure}, {}, {1: other, 2: sure}])
    first, second = summaries(video)
    assert (first["emotion"], first["probability"]) == ("surprise", pytest.approx(0.6))
    assert (first["frames"], first["from"], first["to"]) == (2, 0.0, 1.5)
    assert (second["emotion"], second["frames"], second["from"]) == ("sad", 1, 1.5)


def test_the_two_likeliest_emotions_of_a_face_are_told_the_likeliest_first():
    result = FileAnswers("me.jpg", [told_of(0, 0, 0.05, 0.25, 0, 0.7, 0).values])
    assert "  surprise 70 %, happy 25 %; 30×40 pixels at 1, 2" in as_text([result])


@pytest.mark.parametrize("place", ["http://example.org/me.jpg", "rtsp://door/1", "0", "", " "])
def test_an_address_or_a_camera_is_no_file(classifier, place):
    with pytest.raises(InputError, match="Expected a picture, a video or a folder"):
        predict_path(classifier, place)


def test_a_huge_picture_may_hold_smaller_faces_and_the_answer_says_so(classifier, tmp_path):
    for width, smallest in ((9000, 60), (6000, 40)):
        Image.new("RGB", (width, 100), "skyblue").save(tmp_path / "sky.png")
        found = predict_path(classifier, tmp_path / "sky.png")
        assert found[0].smallest == smallest
        assert "no face found" in as_text(found)
        assert ("Faces of less than 60 pixels may be there" in as_text(found)) == (smallest == 60)


def test_names_of_files_may_hold_anything(classifier, tmp_path):
    (tmp_path / "faces").mkdir()
    names = ["two\nlines.jpg", "red\x1b[31m.jpg", os.fsdecode(b"no letter \xff.jpg"), "größe.jpg"]
    for name in names:
        shutil.copy(PHOTOGRAPH, tmp_path / "faces" / name)
    results = predict_path(classifier, tmp_path / "faces")
    assert sum("faces/" in line for line in as_text(results).splitlines()) == len(names)
    assert as_text(results).replace("\n", "").isprintable()
    table = write_csv(tmp_path / "faces.csv", results, FER2013).read_text(encoding="utf-8")
    assert "no letter \\udcff.jpg" in table
    assert "größe.jpg" in table


def test_the_original_is_never_overwritten(classifier, folder):
    for path in (folder, folder / "portrait.jpg"):
        with pytest.raises(InputError, match="original would be lost"):
            predict_path(classifier, path, path)


def test_a_picture_that_is_called_as_a_table_is_not_overwritten(classifier, tmp_path):
    path = tmp_path / "me.csv"
    shutil.copy(PHOTOGRAPH, path)
    with pytest.raises(InputError, match="original would be lost"):
        write_csv(path, predict_path(classifier, path), FER2013)
    assert path.read_bytes() == PHOTOGRAPH.read_bytes()


def test_annotated_pictures_do_not_go_above_the_folder(classifier, folder):
    with pytest.raises(InputError, match="Expected a folder of its own"):
        predict_path(classifier, folder, folder.parent)


def test_an_empty_folder_is_a_sentence(classifier, tmp_path):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError, match="nothing, which is empty"):
        predict_path(classifier, tmp_path / "nothing")


def test_a_model_is_tested_on_one_part_of_a_data_set(classifier, tmp_path):
    generator = np.random.default_rng(0)
    for name in ("happy", "sad"):
        for part, count in (("train", 2), ("test", 5)):
            for number in range(count):
                path = tmp_path / "data" / part / name / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(generator.integers(0, 256, (48, 48), np.uint8)).save(path)
    scores = evaluate_model(classifier, "folder", tmp_path / "data", "test", 42)
    assert scores["faces"] == 10
    assert scores["majority_baseline"] == 0.5
    low, high = scores["accuracy_95"]
    assert low <= scores["accuracy"] <= high
    assert "10 faces" in scores_text(scores)


def test_answers_for_a_data_set_go_by_the_names_of_the_emotions(classifier, make_faces):
    faces = make_faces(12, emotions=("neutral", "happy", "sad"))
    found = predict_faces(classifier, faces)
    assert found.emotions == FER2013
    assert [FER2013[k] for k in found.true] == [faces.emotions[k] for k in faces.labels]
    np.testing.assert_allclose(found.probabilities, classifier.probabilities(faces.images))


def test_faces_of_an_emotion_that_the_model_does_not_know_are_a_sentence(classifier, make_faces):
    faces = make_faces(12, emotions=("happy", "contempt"))
    with pytest.raises(InputError, match=r"lenet5 names.*Received: synthetic noise with contempt"):
        predict_faces(classifier, faces)


def test_a_shipped_model_answers_without_keras_and_what_else_takes_long_to_import():
    script = (
        "import sys; from fer_kit.cli import app; "
        f"app(['predict', {str(PHOTOGRAPH)!r}], standalone_mode=False); "
        "print(sorted({'keras', 'tensorflow', 'jax', 'pandas', 'scipy', 'sklearn', 'matplotlib'}"
        " & sys.modules.keys()))"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "90×114 pixels" in told.stdout
    assert told.stdout.splitlines()[-1] == "[]"


def test_eight_emotions_are_measured_by_the_majority_of_the_votes(monkeypatch):
    asked = {}
    monkeypatch.setattr(scores, "load", lambda *_args, **options: asked.update(options))
    scores.load_for("ferplus", "fer2013.csv", size=None)
    assert asked == {"size": None, "targets": "cross-entropy"}
    asked.clear()
    scores.load_for("fer2013", "fer2013.csv")
    assert asked == {}


def test_a_face_that_is_not_found_in_a_photograph_counts_as_wrong(classifier, make_faces):
    faces = make_faces(14)
    seen, found = faces.images, np.zeros(14, bool)
    answered = photographs.on_photographs(classifier, seen, found, faces.ids, {"all": faces})
    assert (answered["found"], answered["balanced_accuracy"]) == (0, 0)
    found[:] = True
    answered = photographs.on_photographs(classifier, seen, found, faces.ids, {"all": faces})
    rows = classifier.probabilities(seen)
    assert answered["all"]["accuracy"] == (rows.argmax(axis=1) == faces.labels).mean()


def test_faces_are_found_where_they_were_pasted(make_faces):
    grey = np.asarray(
        Image.open(PHOTOGRAPH).convert("L").crop((160, 60, 290, 190)).resize((48, 48))
    )
    faces = make_faces(3, images=np.repeat(grey[None, ..., None], 3, axis=0))
    seen, found = photographs.photographed(faces, 48)
    assert found.all()
    assert np.abs(seen.astype(float) - seen.mean(axis=0)).mean() < 25  # thrice about the same cut


def test_the_cost_of_a_training_counts_each_place_of_a_kernel():
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    x = keras.layers.Dense(5)(keras.layers.Flatten()(x))
    model = keras.Model(inputs, x)
    assert cost.multiplications(model) == 8 * 8 * 9 * 4 + 8 * 8 * 4 * 5
    once = 6e-15 * 20 * cost.multiplications(model)
    assert cost.petaflop(model, 10, 2) == pytest.approx(once)
    now_and_then = Recipe(sam=0.05, sam_every=4)
    assert cost.petaflop(model, 10, 2, now_and_then) == pytest.approx(1.25 * once)
    half_reduced = Recipe(epochs=2, reduced=0.5)
    assert cost.petaflop(model, 10, 2, half_reduced) == pytest.approx((1 + 4 / 9) / 2 * once)
