"""The table of lessons: what it says of profiles and names."""

import pytest

from fer_kit.errors import InputError
from fer_kit.lessons import PROFILES, settings


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("dataset", ["synthetic", "fer2013"])
def test_every_profile_says_how_much_of_everything(profile, dataset):
    chosen = settings(profile, dataset)
    size = chosen["load"]["size"]
    assert size is None or all(count > 0 for count in size)
    assert chosen["lenet5"]["epochs"] > 0
    assert chosen["lenet5"]["batch_size"] > 0


def test_larger_profiles_draw_more_synthetic_faces():
    smoke, quick, full = (
        sum(settings(name)["load"]["size"]) for name in ("smoke", "quick", "full")
    )
    assert smoke < quick < full


def test_full_draws_the_numbers_of_fer2013():
    assert settings("full", "synthetic")["load"]["size"] == (28709, 3589, 3589)


def test_real_faces_are_all_kept_unless_it_is_a_smoke_test():
    assert settings("quick", "fer2013")["load"]["size"] is None
    assert settings("full", "fer2013")["load"]["size"] is None
    assert settings("smoke", "fer2013")["load"]["size"] is not None


def test_what_a_lesson_changes_stays_its_own():
    settings("quick")["lenet5"]["epochs"] = 1
    settings("quick")["cnn"]["augmentation"]["flip"] = 0.0
    assert settings("quick")["lenet5"]["epochs"] > 1
    assert settings("quick")["cnn"]["augmentation"]["flip"] == 0.5


def test_an_unknown_profile_is_a_sentence_with_the_known_ones():
    with pytest.raises(InputError, match="smoke, quick, full.*Received: 'huge'"):
        settings("huge")
