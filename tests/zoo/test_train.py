"""Training from scratch: what it writes, that it goes on, and that it refuses to mix trainings."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from saved_models import save_lenet5
from trainings import QUICK, noise_faces, recipe

import fer_kit as fk
from fer_kit import augment, cards, training
from fer_kit.audit import copies_of
from fer_kit.emotions import FERPLUS
from fer_kit.errors import InputError
from fer_kit.evaluation import read_predictions
from fer_kit.files import sha256, write_json
from fer_kit.pictures import PHOTOGRAPH
from fer_kit.recipes import NO_TRICKS, Recipe, changed, recipe_for
from fer_kit.run import Run
from fer_kit.training import learning_rate
from fer_kit.zoo import fit, targets, train
from fer_kit.zoo.fit import RecipeBatches
from fer_kit.zoo.scores import scores_on
from fer_kit.zoo.train import train_from_scratch


@pytest.fixture
def faces(monkeypatch):
    faces = noise_faces()
    monkeypatch.setattr(train, "faces_of", lambda *_args, **_options: faces)
    return faces


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One training that several tests look at: its card, its folder of runs, and its faces."""
    runs = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_KIT_RUNS", str(runs))
        faces = noise_faces()
        patch.setattr(train, "faces_of", lambda *_args, **_options: faces)
        lab = Run.open("mine", "synthetic", "", "smoke", 5)
        card = train_from_scratch("lenet5", recipe(mixup=0.2, erasing=0.5, noise=0.1), lab)
    return card, runs, faces


def test_half_the_digits_in_training_leave_a_float32_model(faces, tmp_path):
    path = tmp_path / "small.keras"
    changes = QUICK | {"width": 0.25, "precision": "bfloat16"}
    fit.fit("small", recipe_for("small", "full", changes), faces, path, 1)
    model = keras.saving.load_model(path)
    assert {weight.dtype for weight in model.weights} == {"float32"}
    answers = model.predict(faces.images[:9] / np.float32(255), verbose=0)
    assert np.allclose(answers.sum(axis=1), 1, atol=1e-5)  # bfloat16 would be off by 1e-3


def test_a_recipe_says_how_early_a_resnet_reduces_the_picture(faces):
    narrow = {"width": 0.125, "batch_size": 8}
    made = [
        fit.build_by(changed(Recipe(), narrow | {"downsampling": by}), "resnet18", faces)
        for by in (0, 1, 2)
    ]
    usual, whole, half = (model.get_layer("stage1_block1_conv1").output.shape[1] for model in made)
    assert (usual, whole, half) == (12, 48, 24)
    with pytest.raises(InputError, match="an option of small"):
        fit.build_by(changed(Recipe(), {"downsampling": 2}), "small", faces)


def test_statistics_are_those_of_prediction_before_each_validation():
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Dropout(0.5)(inputs)
    x = keras.layers.Flatten()(x)
    x = keras.layers.BatchNormalization()(x)
    model = keras.Model(inputs, keras.layers.Dense(7, activation="softmax")(x))
    images = np.random.default_rng(0).random((256, 8, 8, 1), np.float32)
    kernel = model.layers[-1].get_weights()[0]
    fit.FreshStatistics(model, images).on_test_begin()
    flat = images.reshape(256, 64)
    norm = model.layers[-2]
    np.testing.assert_allclose(norm.moving_mean, flat.mean(axis=0), atol=1e-5)  # nothing dropped
    np.testing.assert_allclose(norm.moving_variance, flat.var(axis=0), atol=1e-5)
    assert np.array_equal(model.layers[-1].get_weights()[0], kernel)
    assert model.layers[1].rate == 0.5


def test_faces_are_watched_as_the_network_will_meet_them():
    images = noise_faces().images
    clean = fk.normalise(images)
    assert np.array_equal(fit.shown(images, recipe(), 1), clean)
    noisy = fit.shown(images, recipe(noise=0.2), 1)
    assert np.array_equal(noisy, fit.shown(images, recipe(noise=0.2), 1))
    changed = (noisy != clean).any(axis=(1, 2, 3))
    assert changed.sum() == len(images) / 2


@pytest.fixture
def start(trained):
    return fk.load_model(trained[1] / "mine/models/lenet5-synthetic.keras")


def test_a_training_starts_from_the_weights_of_a_trained_model(start, trained, tmp_path):
    learned = fk.clean(trained[2])[0]
    standing_still, path = recipe(learning_rate=1e-7, averaging=0.0), tmp_path / "again.keras"
    fit.fit("lenet5", standing_still, learned, path, 1, start)
    after = keras.saving.load_model(path).get_weights()
    for old, new in zip(start.model.get_weights(), after, strict=True):
        assert np.allclose(old, new, atol=1e-5)


def test_a_start_of_another_shape_is_refused(start, faces, tmp_path):
    with pytest.raises(InputError, match="Set the same width"):
        fit.fit("small", recipe(), faces, tmp_path / "small.keras", 1, start)


def test_a_start_that_may_know_the_test_faces_is_refused(faces, monkeypatch):
    lab = Run.open("mine", "synthetic", "", "smoke", 5)
    train_from_scratch("lenet5", recipe(epochs=1), lab)
    moved = replace(faces, split=np.roll(faces.split, 1))
    monkeypatch.setattr(train, "faces_of", lambda _lab: moved)
    with pytest.raises(InputError, match="trained on synthetic noise otherwise"):
        train_from_scratch("lenet5", recipe(start="lenet5-synthetic"), lab, "further")


def test_a_start_is_looked_for_in_the_run_and_its_file_belongs_to_the_plan(faces):
    lab = Run.open("mine", "synthetic", "", "smoke", 5)
    first = train_from_scratch("lenet5", recipe(epochs=1), lab)
    changes = {"start": "lenet5-synthetic", "epochs": 1}
    second = train_from_scratch("lenet5", recipe(**changes), lab, "further")
    assert second["plan"]["start"] == first["sha256"]
    assert "--set start=lenet5-synthetic" in second["command"]
    taught = recipe(**changes, teacher="lenet5-synthetic")  # other targets, the same faces
    assert train_from_scratch("lenet5", taught, lab, "taught")["plan"]["teacher"] == first["sha256"]


def test_a_stop_after_the_last_epoch_costs_no_epoch(faces, monkeypatch):
    lab = Run.open("mine", "synthetic", "", "smoke", 5)
    finish = train.finish

    def stop(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "finish", stop)
    with pytest.raises(KeyboardInterrupt):
        train_from_scratch("lenet5", recipe(), lab)
    history = lab.need("models/lenet5-synthetic-history.csv").read_text()
    monkeypatch.setattr(train, "finish", finish)
    card = train_from_scratch("lenet5", recipe(), lab)
    assert card["epochs"] == 2
    # The seconds of each epoch stand in it: one that was trained again would show.
    assert lab.need("models/lenet5-synthetic-history.csv").read_text() == history
    assert not list(lab.folder.glob("models/*unfinished*"))


def test_a_lesson_takes_a_trained_model_with_its_history(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "FOLDER", trained[1] / "mine/models")
    path = tmp_path / "cnn.keras"
    model, curves, about = cards.pretrained("lenet5-synthetic", path)
    assert sha256(path) == trained[0]["sha256"]
    assert list(curves.index) == [1, 2]
    assert about["seed"] == 5
    answers = keras.saving.load_model(path).predict(trained[2].images[:2] / 255, verbose=0)
    assert np.allclose(model.predict(trained[2].images[:2] / 255, verbose=0), answers)


def test_a_lesson_is_told_where_no_trained_model_comes_with_the_course(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "FOLDER", tmp_path)
    with pytest.raises(InputError, match="pretrained = False"):
        cards.pretrained("cnn-synthetic", tmp_path / "cnn.keras")


def test_a_training_leaves_model_card_history_predictions_and_figures(trained):
    card, runs, _ = trained
    folder = runs / "mine"
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    assert {
        "models/lenet5-synthetic.keras",
        "models/lenet5-synthetic.json",
        "models/lenet5-synthetic-history.csv",
        "predictions/lenet5-synthetic.csv",
        "figures/lenet5-synthetic-training.png",
        "figures/lenet5-synthetic-refusal.png",
    } <= names
    assert not [name for name in names if "unfinished" in name or "half" in name]
    history = training.read_history(folder / "models/lenet5-synthetic-history.csv")
    assert list(history.index) == [1, 2]
    assert card["epochs"] == 2
    assert card["seed"] == 5
    assert card["trained_on"]["faces"] == 27  # the leaked one is gone
    assert card["command"].startswith("fer-kit train lenet5 --dataset synthetic --profile smoke")
    assert "--set mixup=0.2" in card["command"]
    assert card["results"]["faces"] == 14
    assert card["results"]["without_copies"]["faces"] == 13
    assert 0.05 < card["temperature"] < 20
    predictions = read_predictions(folder / "predictions/lenet5-synthetic.csv")
    assert set(predictions.split) == {"validation", "test"}


def test_a_loaded_model_scores_exactly_what_its_card_says(trained):
    card, runs, faces = trained
    classifier = fk.load_model(runs / "mine/models/lenet5-synthetic.keras")
    for part, noted in (("test", dict(card["results"])), ("validation", card["validation"])):
        found = scores_on(classifier, faces, part, views=10)
        noise = noted.pop("noise", {}) if part == "test" else {}
        assert list(noise) == (["0.05", "0.1", "0.2"] if part == "test" else [])
        assert noted == json.loads(json.dumps({name: found[name] for name in noted}))


def test_what_is_trained_already_is_not_trained_again(trained, monkeypatch, capsys):
    card, runs, faces = trained
    monkeypatch.setenv("FER_KIT_RUNS", str(runs))
    monkeypatch.setattr(train, "faces_of", lambda *_args, **_options: faces)
    lab = Run.open("mine", "synthetic", "", "smoke", 5)
    again = train_from_scratch("lenet5", recipe(mixup=0.2, erasing=0.5, noise=0.1), lab)
    assert "trained already" in capsys.readouterr().out
    assert again == json.loads(json.dumps(card))
    with pytest.raises(InputError, match="no model of another training.*--name"):
        train_from_scratch("lenet5", recipe(mixup=0.3), lab)


class Stop(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_a_stopped_training_goes_on_and_ends_alike(faces, monkeypatch):
    """Also with the running mean of the weights, which are swapped in and out."""
    plan = recipe(averaging=0.9, epochs=3, optimizer="sgd", learning_rate=0.01)
    never = Run.open("never", "synthetic", "", "smoke", 5)
    stopped = Run.open("stopped", "synthetic", "", "smoke", 5)
    expected = train_from_scratch("lenet5", plan, never)
    whole = fit.callbacks
    monkeypatch.setattr(fit, "callbacks", lambda *given: [*whole(*given), Stop()])
    with pytest.raises(KeyboardInterrupt):
        train_from_scratch("lenet5", plan, stopped)
    monkeypatch.setattr(fit, "callbacks", whole)
    with pytest.raises(InputError, match="go on with the training.*same recipe"):
        train_from_scratch("lenet5", recipe(averaging=0.5, epochs=3), stopped)
    card = train_from_scratch("lenet5", plan, stopped)
    assert card["results"]["accuracy"] == expected["results"]["accuracy"]
    assert card["temperature"] == pytest.approx(expected["temperature"], rel=0.05)
    weights = [
        keras.saving.load_model(run.folder / "models/lenet5-synthetic.keras").get_weights()
        for run in (never, stopped)
    ]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


def test_the_averaged_weights_are_the_ones_that_are_kept(faces, tmp_path):
    """With a momentum near 1 the mean stays where the first step left it; raw weights move on."""
    paths = {}
    for averaging in (0.0, 0.9999):
        paths[averaging] = tmp_path / f"{averaging}.keras"
        plan = recipe(averaging=averaging, learning_rate=0.01, epochs=2, patience=1)
        fit.fit("lenet5", plan, faces, paths[averaging], seed=1)
    raw, mean = (keras.saving.load_model(path).get_weights() for path in paths.values())
    assert max(np.abs(one - other).max() for one, other in zip(raw, mean, strict=True)) > 1e-3


@pytest.mark.parametrize(("optimizer", "schedule"), [("sgd", "constant"), ("adam", "plateau")])
def test_every_optimizer_and_schedule_trains(faces, tmp_path, optimizer, schedule):
    plan = recipe(optimizer=optimizer, schedule=schedule, weight_decay=1e-4, epochs=1)
    fit.fit("lenet5", plan, faces, tmp_path / "m.keras", seed=1)
    assert (tmp_path / "m.keras").exists()


def test_the_learning_rate_rises_then_falls_along_half_a_wave():
    plan = Recipe(epochs=12, warmup=2, learning_rate=0.3)
    rates = [learning_rate(plan, epoch) for epoch in range(12)]
    assert rates[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert rates[7] == pytest.approx(0.15)
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[-1] < 0.01


def test_biases_and_normalisation_do_not_decay():
    chosen = training.optimizer(Recipe(weight_decay=0.1))
    model = fk.build("small", width=0.125)
    chosen.build(model.trainable_variables)
    decayed = [v.path for v in model.trainable_variables if chosen._use_weight_decay(v)]
    assert decayed
    assert not [path for path in decayed if path.endswith(("bias", "gamma", "beta"))]


def test_batches_follow_from_the_seed_and_targets_stay_shares(faces):
    train = faces.subset("train")

    def first(seed):
        return RecipeBatches(train.images, train.targets, Recipe(batch_size=8, mixup=1.0), seed)[0]

    (x, y), (same, _), (other, _) = first(1), first(1), first(2)
    np.testing.assert_array_equal(x, same)
    assert not np.array_equal(x, other)
    assert x.dtype == np.float32
    assert 0 <= x.min() <= x.max() <= 1
    np.testing.assert_allclose(y.sum(axis=1), 1, atol=1e-6)
    assert (y > 0).sum() > len(y)


def test_batches_made_ahead_by_several_threads_are_the_same(faces):
    train = faces.subset("train")
    plan = Recipe(batch_size=4, mixup=1.0, alternate=True)
    one, several = (RecipeBatches(train.images, train.targets, plan, 1, n) for n in (1, 3))
    several[0]  # Keras looks at a batch before the first epoch begins
    for _ in range(3):
        one.on_epoch_begin(), several.on_epoch_begin()
        for index in range(len(one) - 1):  # the last is left, as where a training is stopped
            for first, second in zip(one[index], several[index], strict=True):
                np.testing.assert_array_equal(first, second)


def test_without_tricks_the_faces_stay_as_they_are(faces):
    train = faces.subset("train")
    batches = RecipeBatches(train.images, train.targets, changed(Recipe(), NO_TRICKS), 1)
    x, y = batches[0]
    np.testing.assert_array_equal(x, fk.normalise(train.images[batches.order[: len(x)]]))
    np.testing.assert_array_equal(y, train.targets[batches.order[: len(y)]])


def test_sam_trains_the_same_network(faces, tmp_path):
    pytest.importorskip("fer_kit.sharpness")
    fit.fit("lenet5", recipe(sam=0.05, epochs=1), faces, tmp_path / "m.keras", seed=1)
    assert keras.saving.load_model(tmp_path / "m.keras").count_params() == 168_971


def test_a_model_from_before_a_switch_came_is_not_trained_again(trained):
    path = trained[1] / "mine/models/lenet5-synthetic.keras"
    card = cards.read_card(path)
    older = {name: value for name, value in card["plan"]["recipe"].items() if name != "reduced"}
    write_json(path.with_suffix(".json"), card | {"plan": card["plan"] | {"recipe": older}})
    assert train.finished(path, card["plan"])["plan"]["recipe"] == older
    write_json(path.with_suffix(".json"), card)


def test_a_training_that_diverges_leaves_no_model(faces):
    lab = Run.open("mine", "synthetic", "", "smoke", 5)
    wild = recipe(learning_rate=10, optimizer="sgd", averaging=0, weight_decay=1)
    batches = fit.RecipeBatches.__getitem__

    def broken(self, index):
        images, targets = batches(self, index)
        return images, targets * np.float32(np.nan)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit.RecipeBatches, "__getitem__", broken)
        with pytest.raises(InputError, match="diverged. Lower the learning rate"):
            train_from_scratch("lenet5", wild, lab)
    assert not list(lab.folder.glob("models/*.keras"))
    assert not list(lab.folder.glob("predictions/*"))


def test_answers_that_are_no_numbers_are_a_sentence(make_faces, tmp_path):
    path = save_lenet5(tmp_path, make_faces())
    classifier = fk.load_model(path)
    classifier.model.set_weights([w * np.nan for w in classifier.model.get_weights()])
    with pytest.raises(InputError, match="training has diverged"):
        fk.predict_emotion(classifier, PHOTOGRAPH)


def test_ddamfn_is_trained_with_the_loss_of_its_heads(faces, tmp_path, monkeypatch):
    small = fk.build("ddamfn", input_shape=(48, 48, 1), width=0.125, depth=0.1)
    monkeypatch.setattr(fit, "build_by", lambda *_: small)
    plan = changed(Recipe(), NO_TRICKS | {"epochs": 1, "attention": 0.1, "batch_size": 16})
    fit.fit("ddamfn", plan, faces, tmp_path / "m.keras", seed=1)
    history = training.read_history(tmp_path / "m-history.csv")
    assert history["attention_loss"].iloc[0] > 1
    assert keras.saving.load_model(tmp_path / "m.keras").name == "ddamfn"


def test_the_loss_of_heads_wants_a_network_with_heads(faces, tmp_path):
    with pytest.raises(InputError, match='layers "head1"'):
        fit.fit("lenet5", recipe(attention=0.1), faces, tmp_path / "m.keras", seed=1)


def test_each_face_is_mirrored_in_every_second_epoch(faces):
    train = faces.subset("train")
    plain = changed(Recipe(), NO_TRICKS | {"alternate": True, "batch_size": 8})
    batches = RecipeBatches(train.images, train.targets, plain, 1)
    seen = []
    for _ in range(3):
        rows = np.argsort(batches.order)
        seen.append(np.concatenate([batches[i][0] for i in range(len(batches))])[rows])
        batches.on_epoch_begin()
    first, second, third = seen
    np.testing.assert_array_equal(first, third)
    np.testing.assert_array_equal(first, second[:, :, ::-1])
    is_plain = (first == fk.normalise(train.images)).all(axis=(1, 2, 3))
    assert 0 < is_plain.sum() < len(train)


def test_a_balanced_loss_takes_the_shares_of_the_training_for_granted():
    targets = np.repeat(np.eye(2, dtype=np.float32), [9, 1], axis=0)
    plan = changed(Recipe(), NO_TRICKS | {"balanced": 1.0})
    balanced = fit.loss(plan, targets)
    even = np.full((10, 2), 0.5, np.float32)  # a network that has learned nothing
    entropy = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))
    assert float(np.mean(balanced(targets, even))) == pytest.approx(entropy, abs=1e-5)


def test_what_the_loss_took_back_is_put_in_again_for_the_prior_of_training(make_faces, tmp_path):
    path = save_lenet5(tmp_path, make_faces())
    card = cards.read_card(path)
    shares = dict(zip(card["emotions"], [0.4, *[0.1] * 6], strict=True))
    cards.add_to_card(path, {"trained_on": card["trained_on"] | {"shares": shares, "balanced": 1}})
    classifier, images = fk.load_model(path), make_faces().images
    raw = classifier.expecting("even").probabilities(images)
    expected = raw * list(shares.values())
    found = classifier.expecting("training").probabilities(images)
    np.testing.assert_allclose(found, expected / expected.sum(axis=1, keepdims=True), atol=1e-6)


def test_a_student_learns_what_its_teacher_answers(faces, start):
    taught = targets.taught(faces, 0.0, start, 1.0, "")
    train = faces.split == "train"
    plain = start.expecting("training")
    rows = plain.probabilities(faces.images[train])
    mirrored = plain.probabilities(faces.images[train][:, :, ::-1])
    np.testing.assert_allclose(taught.targets[train], (rows + mirrored) / 2, atol=1e-5)
    np.testing.assert_array_equal(taught.targets[~train], faces.targets[~train])


def test_votes_have_their_share_in_the_targets(make_faces, monkeypatch):
    faces = make_faces(source="FER2013")
    voted = make_faces(emotions=FERPLUS, source="FER+").subset(np.arange(1, 28))
    monkeypatch.setattr(targets, "load_for", lambda *_args: voted)
    taught = targets.taught(faces, 0.5, None, 0.5, "fer2013.csv")
    unvoted, is_contempt = 0, FERPLUS.index("contempt")
    np.testing.assert_array_equal(taught.targets[unvoted], faces.targets[unvoted])
    for index in (1, 4, 5):  # the first training faces with votes
        said = FERPLUS[voted.labels[list(voted.ids).index(str(index))]]
        expected = 0.5 * faces.targets[index]
        expected[faces.emotions.index(said)] += 0.5
        np.testing.assert_allclose(taught.targets[index], expected)
    assert voted.labels.max() == is_contempt
    np.testing.assert_allclose(taught.targets.sum(axis=1), 1, atol=1e-6)
    with pytest.raises(InputError, match="Expected votes = 0"):
        targets.taught(make_faces(), 0.5, None, 0.5, "")


def test_a_network_of_one_width_says_so(faces, tmp_path):
    with pytest.raises(InputError, match="Expected an option of lenet5.*width"):
        fit.fit("lenet5", recipe(width=0.5), faces, tmp_path / "m.keras", seed=1)


# The pieces


def test_a_crop_enlarges_a_window_of_the_picture():
    generator = np.random.default_rng(0)
    same = np.tile(np.array([[1.0, 0, 0], [0, 1, 0]]), (200, 1, 1))
    cropped = augment.crop(same, (48, 48), generator, 0.5)
    scales = cropped[:, 0, 0]
    assert 1 <= scales.min() < 1.1
    assert 1.9 < scales.max() <= 2
    corners = np.linalg.inv(cropped[:, :, :2]) @ -cropped[:, :, 2:]
    assert corners.min() >= -1e-9
    assert (corners[:, :, 0] + 48 / scales[:, None]).max() <= 48 + 1e-9
    np.testing.assert_array_equal(augment.crop(same, (48, 48), generator, 1), same)


def test_erasing_covers_one_rectangle_of_some_pictures():
    images = np.full((400, 48, 48, 1), 2.0, np.float32)
    erased = augment.erase(images, np.random.default_rng(0), 0.5)
    changed = (erased != 2).reshape(400, 48, 48)
    touched = changed.any(axis=(1, 2))
    assert 150 < touched.sum() < 250
    for mask in changed[touched][:20]:
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert mask.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        assert 0.01 < mask.mean() < 0.30
    assert images.min() == 2  # the given ones stay


def test_mixing_blends_pictures_and_targets_alike():
    images = np.eye(8, dtype=np.float32).reshape(8, 8, 1, 1)
    mixed, targets = augment.mix(
        images, np.eye(8, dtype=np.float32), np.random.default_rng(0), alpha=1.0
    )
    np.testing.assert_allclose(mixed.reshape(8, 8), targets)
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)


def test_copies_are_found_across_all_parts(faces):
    assert np.flatnonzero(copies_of(faces.images) >= 0).tolist() == [0, 3]


def test_the_temperature_of_the_card_is_applied_and_no_answer_changes(faces, tmp_path):
    path = save_lenet5(tmp_path, faces)
    plain = fk.load_model(path).probabilities(faces.images)
    card = cards.read_card(path)
    path.with_suffix(".json").write_text(json.dumps(card | {"temperature": 0.5}))
    surer = fk.load_model(path).probabilities(faces.images)
    np.testing.assert_array_equal(surer.argmax(axis=1), plain.argmax(axis=1))
    assert (surer.max(axis=1) > plain.max(axis=1)).all()
    np.testing.assert_allclose(surer, plain**2 / (plain**2).sum(1, keepdims=True), atol=1e-5)
    for wrong in (0, -1, "hot"):
        path.with_suffix(".json").write_text(json.dumps(card | {"temperature": wrong}))
        with pytest.raises(InputError, match="temperature as a number.*Received: "):
            fk.load_model(path)


def test_an_answer_below_the_threshold_of_the_card_says_unsure(faces, tmp_path):
    path = save_lenet5(tmp_path, faces)
    card = cards.read_card(path)
    for threshold, note in ((0.0, ""), (1.0, "unsure")):
        path.with_suffix(".json").write_text(json.dumps(card | {"unsure_below": threshold}))
        (answer,) = fk.predict_emotion(fk.load_model(path), PHOTOGRAPH)
        assert answer.note == note


def test_a_training_that_was_stopped_before_the_test_is_not_finished(tmp_path):
    path, plan = tmp_path / "small.keras", {"network": "small"}
    path.write_bytes(b"weights")
    about = {"name": "small", "trained_on": {"source": "noise", "synthetic": True}, "limits": "all"}
    card = about | {"plan": plan, "sha256": sha256(path)}
    write_json(path.with_suffix(".json"), card)
    assert train.finished(path, plan) is None
    write_json(path.with_suffix(".json"), card | {"results": {}})
    assert train.finished(path, plan)["results"] == {}


def test_faces_are_reduced_in_the_first_epochs(faces, tmp_path, monkeypatch):
    seen = []
    made = RecipeBatches._made

    def noted(self, index):
        images, targets = made(self, index)
        seen.append((self.epoch, images.shape[1:]))
        return images, targets

    monkeypatch.setattr(RecipeBatches, "_made", noted)
    plan = recipe(reduced=0.5, epochs=4, averaging=0.9, warmup=0)
    fit.fit("small", plan, faces, tmp_path / "m.keras", seed=1)
    sizes = [next(size for epoch, size in seen if epoch == number) for number in range(1, 5)]
    assert sizes == [(32, 32, 1)] * 2 + [(48, 48, 1)] * 2
    history = training.read_history(tmp_path / "m-history.csv")
    assert list(history.index) == [1, 2, 3, 4]
    assert keras.saving.load_model(tmp_path / "m.keras").input_shape == (None, 48, 48, 1)


def test_a_network_of_one_size_takes_no_reduced_faces(faces, tmp_path):
    with pytest.raises(InputError, match="Expected reduced = 0 for lenet5"):
        fit.fit("lenet5", recipe(reduced=0.5), faces, tmp_path / "m.keras", seed=1)


def test_a_student_learns_what_its_teacher_answers_to_what_it_sees_itself(faces, start, tmp_path):
    views = recipe(teaching=1.0, teaching_views=3, crop=0.8)
    path = tmp_path / "answers.npz"
    taught = targets.taught_in_views(faces, start, views, 5, path)
    train_part = faces.subset("train")
    assert taught.shape == (3, len(train_part), 7)
    batches = RecipeBatches(
        train_part.images, train_part.targets,
        recipe(teaching_views=3, crop=0.8, erasing=0.0, mixup=0.0), 5, view_targets=taught,
    )  # fmt: skip
    for epoch in (1, 2, 3, 4):
        batches.on_epoch_begin()
        assert batches.epoch == epoch
        np.testing.assert_array_equal(batches.targets, taught[(epoch - 1) % 3])
        images, answers = batches[0]
        said = start.expecting("training").probabilities(np.rint(255 * images).astype(np.uint8))
        np.testing.assert_allclose(said, answers, atol=2e-3)  # kept as float16
    start_again = replace(start, network=None)  # what is there is not asked for again
    np.testing.assert_array_equal(
        taught, targets.taught_in_views(faces, start_again, views, 5, path)
    )


def test_answers_to_other_views_or_of_another_teacher_are_not_learned_from(faces, monkeypatch):
    lab = Run.open("mine", "synthetic", "", "smoke", 5)
    for seed, name in enumerate(("one", "other")):
        keras.utils.set_random_seed(seed)
        save_lenet5(lab.file("models/x").parent, faces, name)
    monkeypatch.setattr(train, "fit", lambda *_args: (_ for _ in ()).throw(fit.OutOfTime))
    answers = lab.file("models/mine-answers.npz")
    found = []
    for changes in ({"teacher": "one"}, {"teacher": "other"}, {"teacher": "other", "crop": 0.6}):
        with pytest.raises(fit.OutOfTime):
            train_from_scratch("lenet5", recipe(teaching_views=2, **changes), lab, "mine")
        found.append(np.load(answers)["answers"])
    assert not np.array_equal(found[0], found[1])
    assert not np.array_equal(found[1], found[2])


@pytest.mark.parametrize("changes", [{}, {"teacher": "lenet5-synthetic", "alternate": True}])
def test_views_want_a_teacher_and_chance(faces, changes):
    lab = Run.open("mine", "synthetic", "", "smoke", 5)
    with pytest.raises(InputError, match="Expected a teacher with teaching_views"):
        train_from_scratch("lenet5", recipe(teaching_views=2, **changes), lab)
