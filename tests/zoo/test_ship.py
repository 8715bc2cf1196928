"""The models that come with the course: half the space, the same answers, an honest table."""

import json
import zipfile

import keras
import numpy as np
import pytest
from saved_models import save_lenet5

import fer_kit as fk
from fer_kit import cards
from fer_kit.errors import InputError
from fer_kit.zoo import ship as ship_module
from fer_kit.zoo.plan import Planned, read_plan

PLAN = """
[[model]]
name = "lenet5-fer2013"
title = "LeNet-5"
network = "lenet5"
dataset = "fer2013"
published = "49.47"
goal = "56"
aim = 0.56
why = "too few epochs"

[[model]]
name = "resnet18-fer2013"
title = "ResNet-18"
network = "resnet18"
dataset = "fer2013"
gpu = true
published = "73"
goal = "73.7"
aim = 0.737
why = "wants a GPU"
"""


@pytest.fixture
def trained(make_faces, tmp_path):
    """An untrained LeNet-5 with a card such as fer-kit train writes."""
    (tmp_path / "models").mkdir()
    path = save_lenet5(tmp_path / "run", make_faces(source="FER2013"), "lenet5-fer2013")
    card = json.loads(path.with_suffix(".json").read_text())
    scores = {"faces": 3589, "accuracy": 0.5, "accuracy_95": [0.48, 0.52]}
    scores |= {"macro_recall": 0.45, "macro_recall_95": [0.43, 0.47]}
    card |= {
        "plan": {"recipe": {"clean": True}},
        "command": "fer-kit train lenet5 --dataset fer2013",
        "seed": 42, "epochs": 30, "kept_epoch": 1, "seconds": 600, "hardware": "a processor",
        "refusal": {"curve": [{"coverage": 1.0, "accuracy": 0.5, "low": 0.48, "high": 0.52}]},
        "validation": scores,
        "photographs": {"found": 0.9, "balanced_accuracy": 0.4},
        "results": scores | {
            "macro_f1": 0.4, "calibration_error": 0.02,
            "ten_views": scores | {"accuracy": 0.512}, "without_copies": scores,
            "noise": {"0.05": scores | {"accuracy": 0.45}},
        },
    }  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(card))
    path.with_name("lenet5-fer2013-history.csv").write_text(
        "epoch,accuracy,val_accuracy\n1,0.5,0.4\n"
    )
    return path


def test_half_the_space_and_hardly_another_answer(make_faces, tmp_path):
    faces = make_faces()
    path, images = save_lenet5(tmp_path, faces), fk.normalise(faces.images)
    before, size = keras.saving.load_model(path).predict(images, verbose=0), path.stat().st_size
    targets = np.eye(7)[before.argmax(axis=1)]  # all are right
    if ship_module.store_lean(path, images, targets):
        after = keras.saving.load_model(path)
        assert path.stat().st_size < 0.55 * size
        assert after.get_weights()[0].dtype == np.float32
        np.testing.assert_allclose(after.predict(images, verbose=0), before, atol=5e-3)
    assert [file.name for file in tmp_path.iterdir() if file.suffix == ".keras"] == [path.name]


def test_float16_is_refused_where_it_costs_an_answer(make_faces, tmp_path, monkeypatch):
    faces = make_faces()
    path = save_lenet5(tmp_path, faces)
    model = keras.saving.load_model(path)
    model.get_layer("conv1").kernel.assign(np.full((5, 5, 1, 6), 1e6))  # too large for float16
    model.save(path)
    assert not ship_module.store_lean(path, fk.normalise(faces.images), faces.targets)
    kept = keras.saving.load_model(path, compile=False)
    assert np.array_equal(kept.get_layer("conv1").kernel, model.get_layer("conv1").kernel)


def test_the_same_weights_make_the_same_file(make_faces, tmp_path):
    files = []
    for folder in ("a", "b"):
        path = tmp_path / f"{folder}.keras"
        model = fk.build("lenet5")
        model.set_weights([np.ones_like(weight) for weight in model.get_weights()])
        model.save(path)
        assert ship_module._write_half(path, tmp_path / f"{folder}-half.keras")
        with zipfile.ZipFile(tmp_path / f"{folder}-half.keras") as archive:
            files.append(archive.read(ship_module.WEIGHTS))
    assert files[0] == files[1]


def test_shipping_copies_model_card_and_history_and_renews_the_table(trained, tmp_path):
    folder = tmp_path / "models"

    (folder / "plan.toml").write_text(PLAN)
    assert ship_module.ship(trained, folder) == folder / "lenet5-fer2013.keras"
    assert list(cards.shipped(folder)) == ["lenet5-fer2013"]
    assert (folder / "lenet5-fer2013-history.csv").exists()
    for picture in ("training.png", "refusal.png"):
        assert (folder / picture).read_bytes().startswith(b"\x89PNG")
    table = (folder / "README.md").read_text()
    assert "**50.0 % (48.0 to 52.0)**; under noise 45.0 % (48.0 to 52.0)" in table
    assert "- `lenet5-fer2013`, goal 56: too few epochs." in table
    assert "- ResNet-18, goal 73.7: not trained; wants a GPU." in table
    assert "fer-kit train lenet5 --dataset fer2013" in table
    results = table.split("- *Published*")[0]
    columns = {line.count("|") for line in results.splitlines() if line.startswith("| ")}
    assert len(columns) == 1


@pytest.mark.parametrize(("accuracy", "told"), [(0.51, "51.2 %"), (0.5, "–")])
def test_ten_views_are_told_where_they_are_better_on_validation(trained, accuracy, told):
    card = json.loads(trained.with_suffix(".json").read_text())
    card["validation"]["ten_views"] = card["validation"] | {"accuracy": accuracy}
    table = ship_module.table_text({"lenet5-fer2013": card}, [], [])
    row = next(line for line in table.splitlines() if line.startswith("| `lenet5-fer2013`, "))
    assert told in row.split("|")[4]


@pytest.mark.parametrize(("views", "is_reached"), [(1, False), (10, True)])
def test_a_goal_for_ten_views_is_compared_with_ten_views(trained, views, is_reached):
    card = json.loads(trained.with_suffix(".json").read_text())
    goal = Planned("lenet5-fer2013", "LeNet-5", "fer2013", aim=0.51, views=views, why="too few")
    table = ship_module.table_text({"lenet5-fer2013": card}, [goal], [])
    assert ("too few" not in table) == is_reached


def test_a_shipped_model_is_loaded_by_its_name_from_anywhere(trained, tmp_path, monkeypatch):
    folder = tmp_path / "models"
    ship_module.ship(trained, folder)
    monkeypatch.setattr(cards, "FOLDER", folder)
    monkeypatch.chdir(tmp_path / "run")
    trained.rename(tmp_path / "elsewhere.keras")
    assert fk.load_model("lenet5-fer2013").name == "lenet5-fer2013"
    with pytest.raises(InputError, match="There are: lenet5-fer2013"):
        fk.load_model("nothing-like-this")
    content = bytearray((folder / "lenet5-fer2013.keras").read_bytes())
    content[100] ^= 1
    (folder / "lenet5-fer2013.keras").write_bytes(content)
    with pytest.raises(InputError, match="One of them was changed"):
        fk.load_model("lenet5-fer2013")


def test_the_best_shipped_model_answers_where_no_run_has_one(trained, tmp_path, monkeypatch):
    folder = tmp_path / "models"
    assert cards.best_shipped(folder) == ""
    ship_module.ship(trained, folder)
    assert cards.best_shipped(folder) == "lenet5-fer2013"
    card = json.loads((folder / "lenet5-fer2013.json").read_text()) | {"name": "lucky"}
    card["photographs"]["balanced_accuracy"], card["results"]["accuracy"] = 0.3, 0.9
    (folder / "lucky.keras").touch()
    (folder / "lucky.json").write_text(json.dumps(card))
    assert cards.best_shipped(folder) == "lenet5-fer2013"  # the test part has no say
    (folder / "damaged.keras").touch()
    (folder / "damaged.json").write_text("{")
    assert cards.best_shipped(folder) == "lenet5-fer2013"
    monkeypatch.setattr(cards, "best_shipped", lambda: "lenet5-fer2013")
    assert cards.default_model() == "lenet5-fer2013"
    assert cards.default_model("mine") == "lenet5"


def test_what_cannot_be_shipped_is_a_sentence(trained, tmp_path, monkeypatch):
    folder = tmp_path / "models"
    monkeypatch.setattr(ship_module, "LARGEST_FILE", 1000)
    with pytest.raises(InputError, match=r"Expected at most .* MB for a model"):
        ship_module.ship(trained, folder)
    card = json.loads(trained.with_suffix(".json").read_text())
    # Another program's has no plan; one that was stopped before the look at the test, no results.
    for lacking in ("plan", "results"):
        less = {name: value for name, value in card.items() if name != lacking}
        trained.with_suffix(".json").write_text(json.dumps(less))
        with pytest.raises(InputError, match="that fer-kit train has trained"):
            ship_module.ship(trained, folder)
    assert not folder.exists() or not list(folder.iterdir())


def test_without_the_course_there_is_nowhere_to_ship_to(trained, tmp_path):
    for call in (lambda folder: ship_module.ship(trained, folder), ship_module.write_table):
        with pytest.raises(InputError, match="installed without the course"):
            call(tmp_path / "site-packages" / "models")
    assert not (tmp_path / "site-packages").exists()


def test_the_table_in_the_repository_is_the_one_that_the_cards_give():
    known = cards.shipped()
    table = ship_module.table_text(known, *read_plan())
    assert (cards.FOLDER / "README.md").read_text() == table
    files = [file for file in cards.FOLDER.iterdir() if file.is_file()]
    assert all(file.stat().st_size <= ship_module.LARGEST_FILE for file in files)
    assert sum(file.stat().st_size for file in files) <= ship_module.LARGEST_FOLDER
    for name, card in known.items():
        assert cards.fast_copy(cards.FOLDER / f"{name}.keras", card)
        assert card["photographs"]["balanced_accuracy"] > 0
        assert card["results"]["accuracy_95"]
    default = known[cards.best_shipped()]  # how sure it is, is said beside every photograph
    assert default["results"]["calibration_error"] <= 0.03
