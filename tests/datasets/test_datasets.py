"""`fk.load` and `fk.download`: arguments, samples, the cache, and where data comes from."""

import os
import sys
import time
import types
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from tables import random_images, table_lines, write_lines

import fer_kit as fk
from fer_kit.datasets import cache, downloads, fer2013
from fer_kit.datasets.splits import stratified_order
from fer_kit.emotions import FER2013
from fer_kit.errors import InputError


@pytest.fixture
def table(tmp_path):
    return write_lines(tmp_path / "fer2013.csv", table_lines(random_images(140)))


def test_synthetic_faces_need_no_path():
    faces = fk.load("synthetic", "", size=(60, 20, 20), seed=1)
    assert [(faces.split == split).sum() for split in ("train", "validation", "test")] == [
        60,
        20,
        20,
    ]
    assert faces.is_synthetic
    assert fk.load("synthetic", size=(60, 20, 20), seed=1).fingerprint() == faces.fingerprint()


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (["ferr2013"], {}, "Expected a data set among synthetic, fer2013, ferplus, ckplus, folder"),
        (["fer2013"], {}, "Expected the path of fer2013.csv"),
        (["fer2013", ""], {}, "Expected the path of fer2013.csv"),
        (["ferplus"], {}, "Expected the path of fer2013.csv"),
        (["folder", None], {}, "Expected the path of a folder"),
        (["fer2013", "nowhere/fer2013.csv"], {}, "nowhere/fer2013.csv, where nothing is"),
        (["synthetic", "fer2013.csv"], {}, "Expected no path for 'synthetic'"),
        (["synthetic"], {"votes": "votes.csv"}, "Expected no votes for 'synthetic'"),
        (["synthetic"], {"size": (10, 10)}, "three whole numbers above 0"),
        (["synthetic"], {"size": (10, 10, 0)}, "three whole numbers above 0"),
        (["synthetic"], {"size": (10, 10, -1)}, "three whole numbers above 0"),
        (["synthetic"], {"size": (10, 10, 0.5)}, "three whole numbers above 0"),
        (["synthetic"], {"size": 30}, "three whole numbers above 0"),
        (["synthetic"], {"image_size": 0}, "Expected image_size"),
        (["synthetic"], {"seed": -1}, "Expected seed"),
        (["synthetic"], {"need": ("foo",)}, "a part that is needed among train"),
        (["folder", 5], {}, "emotion, as a path. Received: 5"),
        (["folder", b"mine"], {}, "Received: b'mine'"),
    ],
)
def test_arguments_that_cannot_be_used(arguments, options, reason):
    with pytest.raises(InputError, match=reason):
        fk.load(*arguments, **options)


def test_targets_belong_to_synthetic_faces(table):
    with pytest.raises(InputError, match="Expected no targets for 'fer2013'"):
        fk.load("fer2013", table, targets="votes")


# Samples


def test_a_sample_keeps_the_shares_of_emotions_and_the_order(table):
    faces = fk.load("fer2013", table, size=(35, 14, 1000))
    assert faces.counts()["train"].tolist() == [5] * 7
    assert faces.counts()["validation"].tolist() == [2] * 7
    assert faces.counts()["test"].sum() == 35  # all there are
    assert list(faces.ids) == sorted(faces.ids, key=int)


def test_a_sample_depends_on_the_seed_alone(table):
    first, again, other = (
        fk.load("fer2013", table, size=(35, 14, 14), seed=seed) for seed in (1, 1, 2)
    )
    assert first.fingerprint() == again.fingerprint()
    assert set(first.ids) != set(other.ids)


def test_every_stretch_of_a_stratified_order_holds_the_shares():
    labels = np.repeat([0, 1, 2], [700, 200, 100])
    order = stratified_order(labels, seed=0)
    assert sorted(order) == list(range(1000))
    for start in range(0, 1000, 100):
        counts = np.bincount(labels[order[start : start + 100]], minlength=3)
        np.testing.assert_allclose(counts, [70, 20, 10], atol=1)


# The cache


def cached_files():
    return sorted(cache.cache_folder().glob("*.npz"))


def refuse_to_read(*_, **__):
    raise AssertionError("read although it is in the cache")


@pytest.fixture
def no_reading(monkeypatch):
    """A function after whose call a table can only come from the cache."""
    return lambda: monkeypatch.setattr(fer2013, "read_pixel_csv", refuse_to_read)


def test_the_second_load_comes_from_the_cache(table, no_reading):
    faces = fk.load("fer2013", table)
    no_reading()
    assert fk.load("fer2013", table).fingerprint() == faces.fingerprint()
    assert len(fk.load("fer2013", str(table), size=(7, 7, 7), seed=3)) == 21
    assert len(cached_files()) == 1


def test_a_changed_file_is_read_again(table):
    before = fk.load("fer2013", table)
    write_lines(table, table_lines(random_images(141, seed=1)))
    assert fk.load("fer2013", table).fingerprint() != before.fingerprint()


def test_a_changed_folder_is_read_again(tmp_path):
    for row, emotion in enumerate(FER2013):
        (tmp_path / "mine" / emotion).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "mine" / emotion / "1.png"), random_images(7)[row])
    assert len(fk.load("folder", tmp_path / "mine")) == 7
    cv2.imwrite(str(tmp_path / "mine" / "sad" / "2.png"), random_images(1)[0])
    assert len(fk.load("folder", tmp_path / "mine")) == 8


def test_files_that_change_places_are_read_again(tmp_path):
    for row, emotion in enumerate(FER2013):
        (tmp_path / "mine" / emotion).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "mine" / emotion / "1.bmp"), random_images(7)[row])
    one, other = (tmp_path / "mine" / name / "1.bmp" for name in ("happy", "sad"))
    for path in (one, other):
        os.utime(path, (10**9, 10**9))
    before = fk.load("folder", tmp_path / "mine")
    one.rename(tmp_path / "aside")
    other.rename(one)
    (tmp_path / "aside").rename(other)
    after = fk.load("folder", tmp_path / "mine")
    row = list(before.ids).index("happy/1.bmp")
    np.testing.assert_array_equal(before.images[row, ..., 0], random_images(7)[3])
    np.testing.assert_array_equal(after.images[row, ..., 0], random_images(7)[4])


def test_a_file_that_is_overwritten_in_its_own_size_and_time_is_read_again(tmp_path):
    for row, emotion in enumerate(FER2013):
        (tmp_path / "mine" / emotion).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "mine" / emotion / "1.bmp"), random_images(7)[row])
    one, other = (tmp_path / "mine" / name / "1.bmp" for name in ("happy", "sad"))
    os.utime(one, (10**9, 10**9))
    fk.load("folder", tmp_path / "mine")
    time.sleep(0.05)  # clocks of file systems go in steps
    one.write_bytes(other.read_bytes())
    os.utime(one, (10**9, 10**9))
    after = fk.load("folder", tmp_path / "mine")
    row = list(after.ids).index("happy/1.bmp")
    np.testing.assert_array_equal(after.images[row, ..., 0], random_images(7)[4])


def test_drawn_faces_are_drawn_anew_once_their_code_has_changed(monkeypatch):
    keys = []
    for code in ("before", "after"):
        monkeypatch.setattr(cache, "code", lambda package, code=code: f"{code} of {package}"
                            if package == "synthetic" else "")  # fmt: skip
        keys += [cache._key("synthetic", {"seed": 1}), cache._key("fer2013", {"seed": 1})]
    drawn, real, drawn_anew, real_again = keys
    assert drawn != drawn_anew
    assert real == real_again


def test_faces_of_one_emotion_are_loaded_with_a_warning(tmp_path, caplog):
    (tmp_path / "happy").mkdir()
    for row, image in enumerate(random_images(20)):
        cv2.imwrite(str(tmp_path / "happy" / f"{row}.png"), image)
    assert len(fk.load("folder", tmp_path)) == 20
    assert "All faces show one emotion, happy" in caplog.text


def test_other_options_are_other_faces(table):
    assert fk.load("fer2013", table).images.shape[1] == 48
    assert fk.load("fer2013", table, image_size=24).images.shape[1] == 24


@pytest.mark.parametrize("damage", [b"", b"rubbish", "truncated", "flipped"])
def test_a_damaged_cache_is_made_anew(table, damage, caplog, no_reading):
    faces = fk.load("fer2013", table)
    (file,) = cached_files()
    content = bytearray(file.read_bytes())
    if damage == "truncated":
        damage = content[: len(content) // 2]
    elif damage == "flipped":
        content[len(content) // 2] ^= 0xFF
        damage = content
    file.write_bytes(damage)
    assert fk.load("fer2013", table).fingerprint() == faces.fingerprint()
    assert "cannot be used" in caplog.text
    no_reading()
    assert fk.load("fer2013", table).fingerprint() == faces.fingerprint()


def test_a_cache_that_cannot_be_written_is_only_a_warning(table, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FER_KIT_CACHE", str(tmp_path / "file" / "cache"))
    assert len(fk.load("fer2013", table)) == 140
    assert "not kept for the next time" in caplog.text


def test_who_wants_the_same_at_the_same_time_waits_for_it():
    read = []

    def slowly() -> fk.Faces:
        read.append(1)
        time.sleep(0.3)
        return fk.load("synthetic", size=(7, 7, 7), cache=False)

    with ThreadPoolExecutor(2) as pool:
        one, other = (pool.submit(cache.cached, "slow", slowly, {}) for _ in range(2))
    np.testing.assert_array_equal(one.result().images, other.result().images)
    assert len(read) == 1


def test_without_the_cache_nothing_is_kept(table):
    fk.load("fer2013", table, cache=False)
    assert cached_files() == []


@pytest.mark.skipif(sys.platform != "linux", reason="asks for the place on Linux")
def test_the_cache_is_where_the_system_keeps_caches(monkeypatch, tmp_path):
    for name in ("FER_KIT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / ".cache" / "fer_kit"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert cache.cache_folder() == tmp_path / "elsewhere" / "fer_kit"
    monkeypatch.setenv("FER_KIT_CACHE", "~/mine")
    assert cache.cache_folder() == tmp_path / "mine"


# Downloads


@pytest.fixture
def kaggle(tmp_path, monkeypatch):
    """A kagglehub that hands out one picture of each emotion; counts its calls."""
    calls = []

    def dataset_download(handle):
        calls.append(handle)
        for part in ("train/{}/Training_1", "test/{}/PublicTest_2", "test/{}/PrivateTest_3"):
            for row, emotion in enumerate(FER2013):
                place = tmp_path / "kaggle" / (part.format(emotion) + ".jpg")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(cv2.imencode(".jpg", random_images(7)[row])[1])
        return str(tmp_path / "kaggle")

    module = types.SimpleNamespace(dataset_download=dataset_download)
    monkeypatch.setitem(sys.modules, "kagglehub", module)
    return calls


@pytest.fixture
def small_counts(monkeypatch):
    monkeypatch.setattr(fer2013, "COUNTS", dict.fromkeys(fer2013.COUNTS, (1,) * 7))


def test_a_download_is_pinned_checked_and_loads(kaggle, small_counts):
    folder = fk.download("fer2013", accept=True)
    assert kaggle == ["msambare/fer2013/versions/1"]
    assert len(fk.load("fer2013", folder)) == 21


def test_an_incomplete_download_is_refused(kaggle):
    with pytest.raises(InputError, match="Expected FER2013's train pictures"):
        fk.download("fer2013", accept=True)


@pytest.mark.parametrize("answer", ["yes", " Y "])
def test_consent_is_asked_for(kaggle, small_counts, monkeypatch, capsys, answer):
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert fk.download("fer2013").is_dir()
    shown = capsys.readouterr().out
    assert downloads.PAGE in shown
    assert "research" in shown


def no_one_there(_):
    raise EOFError


@pytest.mark.parametrize("ask", [lambda _: "no", lambda _: "", no_one_there])
def test_without_consent_nothing_is_fetched(kaggle, monkeypatch, ask):
    monkeypatch.setattr("builtins.input", ask)
    with pytest.raises(InputError, match="accept=True"):
        fk.download("fer2013")
    assert kaggle == []


def test_without_kagglehub_the_way_by_hand_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(InputError, match=r'pip install "kagglehub.*by hand.*data/fer2013'):
        fk.download("fer2013", accept=True)


def test_without_network_the_way_by_hand_is_told(monkeypatch):
    def fail(_):
        raise ConnectionError("no route to host")

    module = types.SimpleNamespace(dataset_download=fail)
    monkeypatch.setitem(sys.modules, "kagglehub", module)
    with pytest.raises(InputError, match="no route to host.*by hand"):
        fk.download("fer2013", accept=True)


@pytest.mark.parametrize(("name", "hint"), [("ferplus", "microsoft/FERPlus"), ("ck", "README")])
def test_what_cannot_be_fetched_is_explained(name, hint):
    with pytest.raises(InputError, match=hint):
        fk.download(name, accept=True)
