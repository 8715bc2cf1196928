"""Whether a notebook may have seen people: whatever way a photograph takes into it."""

import base64
import io
import os
import pickle
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fer_kit import watch
from fer_kit.faces import Faces
from fer_kit.kinds import ENDINGS
from fer_kit.pictures import PHOTOGRAPH, read_picture
from fer_kit.run import Run

ME = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)


@pytest.fixture
def lab(listening) -> Run:
    return Run.open("drawn")


def seen(lab: Run) -> str:
    """Why a figure of the run on drawn faces may show people."""
    return lab._people(None)["why"].removeprefix("of drawn faces")


def unheard(path: Path, write) -> Path:
    """Write a file as another program would: nobody hears that it was this notebook."""
    write(path)
    watch._written.clear()
    return path


@pytest.fixture
def photo(tmp_path, lab) -> Path:
    return unheard(tmp_path / "me.png", Image.fromarray(ME).save)


# Ways in through Python, each with what opens the file


def by_pillow(photo):
    Image.open(photo).load()


def by_matplotlib(photo):
    import matplotlib.pyplot as plt

    plt.imread(photo)


def by_imageio(photo):
    import imageio.v3 as imageio

    imageio.imread(photo)


def by_scikit_image(photo):
    from skimage import io as skimage_io

    skimage_io.imread(photo)


def by_opencv_from_memory(photo):
    import cv2

    cv2.imdecode(np.fromfile(photo, np.uint8), cv2.IMREAD_GRAYSCALE)


def by_the_course(photo):
    read_picture(photo)


def by_bytes(photo):
    photo.read_bytes()


def by_its_number(photo):
    handle = os.open(photo, os.O_RDONLY)
    with os.fdopen(handle, "rb") as file:
        file.read()


def by_a_link(photo):
    link = photo.with_name("drawn.txt")
    link.symlink_to(photo)
    link.read_bytes()


def by_a_name_in_bytes(photo):
    with open(os.fsencode(photo), "rb") as file:
        file.read()


def by_an_url(photo):
    from urllib.request import urlopen

    urlopen(photo.as_uri()).read()


def by_updating(photo):
    with photo.open("r+b") as file:
        file.read()


def by_a_copy_in_the_run(photo):
    copy = Run.open("drawn").file("data/me.png")
    subprocess.run(["cp", str(photo), str(copy)], check=True)
    copy.read_bytes()


def by_a_copy_that_the_notebook_makes(photo):
    shutil.copy(photo, photo.with_name("copy.bin"))


@pytest.mark.parametrize(
    "read",
    [
        *(by_pillow, by_matplotlib, by_imageio, by_scikit_image, by_opencv_from_memory),
        *(by_the_course, by_bytes, by_its_number, by_a_link, by_a_name_in_bytes, by_an_url),
        *(by_updating, by_a_copy_in_the_run, by_a_copy_that_the_notebook_makes),
    ],
)
def test_whoever_opens_a_picture_may_have_seen_people(lab, photo, read):
    assert seen(lab) == ""
    read(photo)
    assert seen(lab) == "after the notebook read the file me.png"


TABLES = {
    "me.npy": lambda path: np.save(path, ME),
    "me.npz": lambda path: np.savez(path, ME),
    "me.csv": lambda path: pd.DataFrame(ME).to_csv(path),
    "me.txt": lambda path: np.savetxt(path, ME),
    "me.pickle": lambda path: path.write_bytes(pickle.dumps(ME)),
    "me.raw": lambda path: path.write_bytes(ME.tobytes()),
    "me.json": lambda path: pd.DataFrame(ME).to_json(path),
    "me": lambda path: path.write_bytes(ME.tobytes()),
    "me.keras": lambda path: path.write_bytes(ME.tobytes()),
    "me.py": lambda path: path.write_text(f"me = {ME.tolist()}"),
}


@pytest.mark.parametrize("name", TABLES)
def test_pixels_may_come_in_any_file(lab, tmp_path, name):
    unheard(tmp_path / name, TABLES[name])
    assert seen(lab) == ""
    (tmp_path / name).read_bytes()
    assert seen(lab) == f"after the notebook read the file {name}"


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_the_course_reads_as_a_picture_counts_within_the_run_too(lab, ending):
    path = lab.file(f"data/me{ending}")
    unheard(path, lambda path: path.write_bytes(ME.tobytes()))
    path.read_bytes()
    assert seen(lab) == f"after the notebook read the file me{ending}"


def test_pixels_may_come_in_a_module_of_one_s_own(lab, tmp_path, monkeypatch):
    unheard(tmp_path / "my_pixels.py", TABLES["me.py"])
    monkeypatch.syspath_prepend(tmp_path)
    import my_pixels  # noqa: F401

    assert seen(lab) == "after the notebook read the file my_pixels.py"
    del sys.modules["my_pixels"]


def test_pixels_may_come_in_an_archive(lab, tmp_path):
    def pack(path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("me.raw", ME.tobytes())

    unheard(tmp_path / "me.zip", pack)
    zipfile.ZipFile(tmp_path / "me.zip").read("me.raw")
    assert seen(lab) == "after the notebook read the file me.zip"


def test_pictures_that_come_with_python_show_people_too(lab):
    read_picture(PHOTOGRAPH)
    assert seen(lab) == "after the notebook read the file astronaut.jpg"


def test_tables_in_a_folder_of_settings_count(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "_SETTINGS", watch.re.compile(watch.re.escape(str(tmp_path))))
    for name in ("settings.json", "faces.npz"):
        unheard(tmp_path / name, TABLES["me"])
        (tmp_path / name).read_bytes()
    assert seen(lab) == "after the notebook read the file faces.npz"


def test_other_runs_may_be_on_real_faces(lab):
    unheard(lab.folder.with_name("other") / "faces.npz", lambda p: p.parent.mkdir() or np.savez(p))
    np.load(lab.folder.with_name("other") / "faces.npz")
    assert seen(lab) == "after the notebook read the file faces.npz"


@pytest.mark.parametrize("kept", [False, True])
def test_faces_that_were_not_drawn_count_wherever_they_come_from(lab, make_faces, kept):
    faces = make_faces(source="FER2013")
    if kept:  # under the name of the drawn ones
        faces.save(lab.file("data/faces.npz"))
        watch._noted.clear()
        Faces.open(lab.file("data/faces.npz"))
    assert seen(lab) == "after the notebook read faces of FER2013"


@pytest.mark.parametrize(
    "cell",
    [
        'cv2.imread("me.png")',
        "from cv2 import imread as read",
        "camera = cv2.VideoCapture(0)",
        'tf.io.decode_jpeg(tf.io.read_file("me.jpg"))',
        'with tf.io.gfile.GFile("me.jpg", "rb") as file: pass',
        'keras.utils.image_dataset_from_directory("me")',
        'tf.data.TFRecordDataset("me")',
        'h5py.File("me.h5")',
        'pd.read_parquet("me.parquet")',
        "ImageGrab.grab()",
        f'Image.open(BytesIO(b64decode("{base64.b64encode(ME.tobytes()).decode()}")))',
        f'me = "{ME.tobytes().hex()}"',
        f"me = np.array({ME.tolist()})",
        f"me = {ME.tobytes()!r}",
        '"""\n' + base64.encodebytes(ME.tobytes()).decode() + '"""',
    ],
)
def test_what_is_not_opened_by_python_is_seen_in_the_cells(lab, listening, cell):
    listening.append(cell)
    assert seen(lab).startswith("after ")


def test_what_is_fetched_counts(lab):
    with socket.socket() as connection:
        connection.settimeout(0.01)
        connection.connect_ex(("192.0.2.1", 80))  # an address that nobody has
    assert seen(lab) == "after the notebook read something from the network"


# What shows nobody


def test_working_with_the_run_and_the_library_shows_nobody(lab, make_faces, tmp_path):
    import cv2  # noqa: F401
    import matplotlib.pyplot as plt
    import seaborn  # noqa: F401

    make_faces().save(lab.file("data/faces.npz"))
    Faces.open(lab.need("data/faces.npz"))
    pd.DataFrame(ME).to_csv(lab.file("models/history.csv"))
    pd.read_csv(lab.file("models/history.csv"))
    figure, axes = plt.subplots()
    axes.set_title("Überschrift")
    lab.show(axes, "numbers", alt="Numbers")
    lab.file("figures/numbers.png").read_bytes()
    np.save(tmp_path / "own.npy", ME)  # it made this itself, of what it has
    np.load(tmp_path / "own.npy")
    with pytest.raises(FileNotFoundError):
        np.load(tmp_path / "missing.npy")
    os.close(os.open(tmp_path, os.O_RDONLY))  # a folder
    io.BytesIO(ME.tobytes()).read()
    with socket.socket() as here:
        here.connect_ex(("127.0.0.1", 1))
    assert seen(lab) == ""


def test_whatever_is_heard_stops_nobody(lab):
    for strange in ("\0", b"\xff\0", "", "x" * 10_000):
        with pytest.raises((OSError, ValueError)):
            os.open(strange, os.O_RDONLY)
    assert seen(lab) == ""
