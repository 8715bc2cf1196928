"""Sweeps: what is trained, what is not trained again, and what the table says."""

import numpy as np
import pandas as pd
import pytest
from tables import random_images, table_lines, write_lines

from fer_kit.errors import InputError
from fer_kit.evaluation import read_predictions
from fer_kit.recipes import recipe_for
from fer_kit.run import Run, runs_folder
from fer_kit.zoo import sweep as sweeps
from fer_kit.zoo.sweep import Row, asked, grid, is_done, sweep, with_data


def test_every_combination_has_a_row_with_a_name_of_its_own():
    switches = {"mixup": [0, 0.2], "optimizer": ["sgd", "adam"]}
    rows = grid(["small", "cnn"], {"synthetic": "", "fer2013": "faces.csv"}, switches)
    assert len(rows) == 16
    assert len({(row.name, row.dataset) for row in rows}) == 16
    first, last = rows[0], rows[-1]
    assert (first.name, first.data) == ("small-mixup0-optimizersgd", "")
    assert (last.name, last.data) == ("cnn-mixup0.2-optimizeradam", "faces.csv")
    assert last.recipe("full") == recipe_for("cnn", "full", {"mixup": 0.2, "optimizer": "adam"})
    assert grid(["small"], {"synthetic": ""}) == [Row("small", "small", "synthetic")]
    assert grid(["small"], {"synthetic": ""}, {"start": ["a/b c"]})[0].name == "small-starta_b_c"


def test_a_network_that_is_named_twice_is_trained_once():
    rows = asked(["small", "cnn", "small"], ["synthetic"], (), {}, "smoke")
    assert [row.network for row in rows] == ["small", "cnn"]


def test_paths_belong_to_the_data_sets_that_need_one():
    found = with_data(["fer2013", "synthetic", "folder"], ["a.csv", "b"])
    assert found == {"fer2013": "a.csv", "synthetic": "", "folder": "b"}
    with pytest.raises(InputError, match="for each of fer2013. Received: 0"):
        with_data(["fer2013"], [])
    with pytest.raises(InputError, match="for each of no data set. Received: 1"):
        with_data(["synthetic"], ["a.csv"])


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep of two recipes with two seeds, by two workers: its rows and its table."""
    folder = tmp_path_factory.mktemp("sweep")
    data = write_lines(folder / "fer2013.csv", table_lines(random_images(84)))
    switches = {"epochs": [2], "batch_size": [16], "flip": [0.5, 0.0]}
    rows = grid(["lenet5"], {"fer2013": str(data)}, switches)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_KIT_RUNS", str(folder / "runs"))
        patch.setenv("FER_KIT_CACHE", str(folder / "cache"))
        found = sweep(rows, [42, 1, 42], "smoke", folder / "out.v1", 2, "fer-kit sweep lenet5")
    return folder, rows, found


@pytest.fixture
def there(swept, monkeypatch):
    folder, rows, found = swept
    monkeypatch.setenv("FER_KIT_RUNS", str(folder / "runs"))
    monkeypatch.setenv("FER_KIT_CACHE", str(folder / "cache"))
    return folder, rows, found


def test_the_table_holds_means_spreads_intervals_and_differences(there):
    folder, rows, found = there
    assert list(found["row"]) == [row.name for row in rows]
    seeds = found[["seed 42", "seed 1"]]
    np.testing.assert_allclose(found["accuracy"], seeds.mean(axis=1))
    np.testing.assert_allclose(found["spread"], seeds.std(axis=1, ddof=1))
    assert (found["low"] <= found["accuracy"]).all()
    assert (found["accuracy"] <= found["high"]).all()
    assert np.isnan(found["difference"][0])
    assert found["difference"][1] == pytest.approx(found["accuracy"][1] - found["accuracy"][0])
    pd.testing.assert_frame_equal(pd.read_csv(folder / "out.v1.csv"), found, check_dtype=False)
    page = (folder / "out.v1.md").read_text()
    assert "4 of 4 trainings are done" in page
    assert "fer-kit sweep lenet5" in page
    assert "flip 0.0" in page
    assert (folder / "out.v1.png").stat().st_size > 0
    assert sweeps.as_text(found).count("lenet5") == 2


def test_what_all_rows_share_is_said_once():
    rows = ["small-epochs8-all", "small-epochs8-with-mixup"]
    changes = ["epochs 8", "epochs 8, mixup 0.2"]
    found = pd.DataFrame({"row": rows, "changes": changes})
    short, shared = sweeps.shortened(found)
    assert shared == "epochs 8"
    assert list(short["row"]) == ["all", "with-mixup"]
    assert list(short["changes"]) == ["", "mixup 0.2"]
    assert sweeps.shortened(found[:1])[1] == ""
    assert list(sweeps.shortened(found.assign(row=["cnn", "cnn-b"]))[0]["row"]) == ["cnn", "cnn-b"]


def test_each_training_is_what_train_does(there):
    from fer_kit.zoo.train import train_from_scratch

    _, rows, _ = there
    lab = Run.open("alone", "fer2013", rows[0].data, "smoke", 1)
    train_from_scratch("lenet5", rows[0].recipe("smoke"), lab, "again")
    alone = read_predictions(lab.need("predictions/again.csv"))
    swept = read_predictions(rows[0].lab("smoke", 1).need(f"predictions/{rows[0].name}.csv"))
    np.testing.assert_allclose(alone.probabilities, swept.probabilities, atol=1e-5)


def test_what_is_done_is_not_done_again_and_what_is_damaged_is(there, capsys, monkeypatch):
    folder, rows, found = there
    trained = []
    monkeypatch.setattr(sweeps, "train", lambda *task: trained.append(task))
    again = sweep(rows, [42, 1], "smoke", folder / "again", 1)
    pd.testing.assert_frame_equal(again, found)
    assert trained == []
    assert "4 of 4 trainings are done already." in capsys.readouterr().out
    assert (folder / "again.md").exists()

    path = rows[1].lab("smoke", 42).folder / "models" / f"{rows[1].name}.keras"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert not is_done(rows[1], "smoke", 42)
    sweep(rows, [42, 1], "smoke", folder / "again", 1)
    path.write_bytes(whole)
    assert trained == [(rows[1], "smoke", 42)]


def test_a_training_that_fails_is_named_and_the_others_are_done(there, monkeypatch):
    folder, rows, _ = there
    begun = []

    def fail_once(row, profile, seed):
        begun.append(seed)
        if seed == 7:
            raise InputError("Expected width = 1.")

    monkeypatch.setattr(sweeps, "train", fail_once)
    told = f"1 of 3 trainings failed. {rows[0].name} with seed 7 on fer2013: Expected width = 1."
    with pytest.raises(InputError, match=told):
        sweep(rows[:1], [42, 7, 8], "smoke", folder / "failed", 1)
    assert begun == [7, 8]
    assert "1 of 3 trainings are done" in (folder / "failed.md").read_text()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Row("x", "lenet5", "synthetic", "", {"mixupp": 1}), "Received: 'mixupp'"),
        (Row("x", "lenet5", "fer2013", "nowhere.csv"), "Received: 'nowhere.csv'"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is(row, said, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps, "train", lambda *_: pytest.fail("it trained"))
    with pytest.raises(InputError, match=said):
        sweep([Row("y", "lenet5", "synthetic"), row], [42], "smoke", tmp_path / "out", 1)


def test_without_a_backend_nothing_is_begun(tmp_path, monkeypatch, capsys):
    def refuse():
        raise InputError("Expected Keras' backend among tensorflow, jax.")

    monkeypatch.setattr(sweeps, "check_backend", refuse)
    with pytest.raises(InputError, match="Keras' backend"):
        sweep([Row("lenet5", "lenet5", "synthetic")], [1], "smoke", tmp_path / "table", 1)
    assert (capsys.readouterr().out, list(tmp_path.iterdir())) == ("", [])


def test_two_sweeps_do_not_train_one_model_at_one_time(tmp_path):
    row = Row("x", "lenet5", "synthetic")
    with row.lab("smoke", 42).locked("model-x"), pytest.raises(InputError, match="to be free"):
        sweeps.train(row, "smoke", 42)
    assert runs_folder().exists()
