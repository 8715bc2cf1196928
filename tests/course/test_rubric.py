"""The rubric: what counts how much, and that a mistake in it is a sentence."""

import pytest
from submissions import COURSE

from fer_kit.course.rubric import read_rubric
from fer_kit.errors import InputError


def test_the_rubric_that_ships_is_worth_a_hundred_points():
    rubric = read_rubric(COURSE / "rubric.toml")
    assert rubric.points == 100
    assert {criterion.kind for criterion in rubric.criteria} == {
        "executed",
        "results",
        "checks",
        "manual",
    }


CRITERION = '[[criterion]]\nid = "a"\ntitle = "A"\npoints = 3\nkind = "checks"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "in TOML"),
        ("title = 'x'", "at least one"),
        (CRITERION + CRITERION, "an id of its own"),
        (CRITERION + CRITERION.replace('"a"', '"A"'), "an id of its own"),
        (CRITERION.replace('"a"', '"Total"'), "none of submission, name"),
        (CRITERION.replace("checks", "luck"), "kind"),
        (CRITERION.replace("3", "-3"), "above 0"),
        (CRITERION.replace("3", "'many'"), "points"),
        (CRITERION.replace("points", "piont"), "typing error"),
        ("[limits]\nspeed = 3\n" + CRITERION, "typing error"),
        (CRITERION.replace("3", "nan"), "above 0"),
        (CRITERION.replace("3", "true"), "above 0"),
        (CRITERION.replace("[[", "[").replace("]]", "]"), "two brackets"),
        (CRITERION + "notebooks = '04_lenet5'", "a list of names"),
        (CRITERION + "notebooks = [4]", "a list of names"),
        (CRITERION + "notebooks = []", "Leave the line out"),
        (CRITERION + "notebooks = ['04_lenet']", "04_lenet5, 05_cnn.* Received: '04_lenet'"),
        (CRITERION + "models = ['cnn']", "Expected notebooks of criterion a"),
        (CRITERION.replace("checks", "results") + "models = 'cnn'", "a list of names"),
        (CRITERION.replace("checks", "results") + "notebooks = ['04']", "change nothing"),
        ("[limits]\ntolerance = '0.0005'\n" + CRITERION, "a number from 0 up"),
        ("[limits]\ntolerance = nan\n" + CRITERION, "a number from 0 up"),
        ("[limits]\nalike = 80\n" + CRITERION, "up to 1"),
        ("[rerun]\nminutes = '20'\n" + CRITERION, "a number above 0"),
        ("[rerun]\nprofile = 'smok'\n" + CRITERION, "smoke, quick, full. Received: .*'smok'"),
        ("[run]\nprofile = 'quik'\n" + CRITERION, "'quik'"),
        ("[run]\ndataset = ['fer2013']\n" + CRITERION, "synthetic, fer2013"),
        ("[run]\nseed = 4.2\n" + CRITERION, "a whole number"),
        ("limits = 3\n" + CRITERION, "as a heading"),
    ],
)
def test_a_rubric_that_cannot_be_used_is_a_sentence(tmp_path, text, said):
    (tmp_path / "rubric.toml").write_text(text)
    with pytest.raises(InputError, match=said):
        read_rubric(tmp_path / "rubric.toml")
    with pytest.raises(InputError, match="Begin with the course's own"):
        read_rubric(tmp_path / "missing.toml")


def test_a_notebooks_number_is_enough(tmp_path):
    lists = 'notebooks = ["12", "4", "04_lenet5"]\n'
    (tmp_path / "rubric.toml").write_text(CRITERION + lists)
    (criterion,) = read_rubric(tmp_path / "rubric.toml").criteria
    assert criterion.notebooks == ("04_lenet5", "12_save")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_rubric_may_be_saved_by_any_editor(tmp_path, encoding):
    text = CRITERION.replace('"A"', '"Größe"')
    (tmp_path / "rubric.toml").write_bytes(text.encode(encoding))
    assert read_rubric(tmp_path / "rubric.toml").criteria[0].title == "Größe"
