"""FER2013 and FER+ as tables: what they hold, the forms they come in, and what can be wrong."""

import gzip
import importlib.util
import os
import tarfile
import zipfile

import cv2
import numpy as np
import pytest
from tables import VOTES_HEADER, random_images, table_lines, write_lines

import fer_kit as fk
from fer_kit import emotions
from fer_kit.datasets import pixel_csv
from fer_kit.datasets.fer2013 import COUNTS
from fer_kit.errors import InputError

IMAGES = random_images(150)


@pytest.fixture
def lines():
    return table_lines(IMAGES)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fer2013.csv"


def load(path, **options):
    return fk.load("fer2013", path, cache=False, **options)


def assert_is_the_table(faces):
    np.testing.assert_array_equal(faces.images[..., 0], IMAGES)
    np.testing.assert_array_equal(faces.labels, np.arange(len(IMAGES)) % 7)
    assert list(faces.split[:4]) == ["train", "train", "validation", "test"]


def test_a_table_becomes_faces(lines, path):
    faces = load(write_lines(path, lines))
    assert_is_the_table(faces)
    assert faces.emotions == emotions.FER2013
    assert faces.source == "FER2013"
    assert not faces.is_synthetic
    assert list(faces.ids[:3]) == ["0", "1", "2"]
    assert faces.votes is None


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("last", ["", "\n", "\n\n"])
def test_line_ends_and_byte_order_marks_do_not_matter(lines, path, end, mark, last):
    path.write_bytes(mark + (end.join(lines) + last.replace("\n", end)).encode())
    assert_is_the_table(load(path))


def test_columns_go_by_name_and_fields_may_be_quoted(lines, path):
    rows = [line.split(",") for line in lines[1:]]
    swapped = [f'{emotion}, "{usage}","{pixels}", more' for emotion, pixels, usage in rows]
    swapped = [line.replace(', "', ',"') for line in swapped]
    assert_is_the_table(load(write_lines(path, ["emotion, Usage, pixels, note", *swapped])))


def test_white_space_between_pixels_may_vary(lines, path):
    lines[3] = lines[3].replace(" ", "  ", 5)
    lines[70] = lines[70].replace(",", ", ", 1).replace(" ", "\t", 9)
    assert_is_the_table(load(write_lines(path, lines)))


WORDS = ("Anger", "disgusted", "FEAR", "Happiness", "Sadness", "suprise", "Neutral")


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.replace(",", ";"),
        lambda row: row.replace(",", "\t"),
        lambda row: row.replace(",", " | "),
        lambda row: "," + row if row[0] == "e" else "17," + row,
        lambda row: row if row[0] == "e" else WORDS[int(row[0])] + row[1:],
        lambda row: row if row[0] == "e" else row[0] + ".0" + row[1:],
        lambda row: row.replace("Training", "train").replace("PublicTest", "Val").replace(
            "PrivateTest", "test"),
        lambda row: row if row[0] == "e" else row.replace(" ", ", ").replace(",", ',"[', 1).replace(
            ",T", ']",T').replace(",P", ']",P'),
        lambda row: row if row[0] == "e" else row.replace(",", ',"[', 1).replace(
            ",T", ']",T').replace(",P", ']",P'),
        lambda row: row if row[0] == "e" else row.replace(" ", ".0 ").replace(
            ",T", ".0,T").replace(",P", ".0,P"),
    ],
)  # fmt: skip
def test_the_dialects_in_which_people_have_tables(lines, path, change):
    assert_is_the_table(load(write_lines(path, [change(line) for line in lines])))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_table_in_utf16(lines, path, encoding, separator):
    path.write_bytes("\r\n".join(lines).replace(",", separator).encode(encoding))
    assert_is_the_table(load(path))


def test_an_archive_whose_table_is_no_file_or_is_damaged(lines, tmp_path):
    for kind in (tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE):
        path = tmp_path / "odd.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            member = tarfile.TarInfo("fer2013.csv")
            member.type, member.linkname = kind, "nowhere"
            archive.addfile(member)
        with pytest.raises(InputError, match="Received: none"):
            load(path)
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("fer2013.csv", "\n".join(lines))
    content = bytearray(path.read_bytes())
    content[200:260] = b"\xff" * 60
    path.write_bytes(content)
    with pytest.raises(InputError, match="Expected a readable table"):
        load(path)


@pytest.mark.parametrize("form", ["zip", "gz", "tar", "tar.gz", "tar.bz2"])
def test_a_packed_table_is_told_by_its_content(lines, tmp_path, path, form):
    plain = write_lines(path, lines)
    packed = tmp_path / "packed.csv"
    if form == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(plain, "fer2013.csv")
    elif form == "gz":
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    else:
        with tarfile.open(packed, f"w:{form.partition('.')[2]}") as archive:
            archive.add(plain, "fer2013.csv")
    assert_is_the_table(load(packed))


def test_tables_that_were_put_together_have_their_header_twice(lines, path):
    half = len(lines) // 2
    assert_is_the_table(load(write_lines(path, [*lines[:half], lines[0], *lines[half:]])))


@pytest.mark.skipif(os.name == "nt", reason="there are no such pipes")
def test_a_pipe_is_not_waited_for(path):
    os.mkfifo(path)
    with pytest.raises(InputError, match="it is no file"):
        load(path)


def test_a_table_that_is_none_is_named(path):
    path.write_bytes(b"7z\xbc\xaf" + bytes(range(256)))
    with pytest.raises(InputError, match="Received: an archive, without emotion"):
        load(path)


@pytest.mark.parametrize("form", ["zip", "gz", "tar.gz"])
def test_a_packed_table_needs_no_unpacking(lines, path, tmp_path, form):
    write_lines(path, lines)
    packed = tmp_path / f"fer2013.{form}"
    if form == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(path, "archive/fer2013.csv")
            archive.writestr("__MACOSX/archive/._fer2013.csv", "rubbish")
            archive.writestr("archive/example_submission.csv", "rubbish")
            archive.writestr("archive/._notes.csv", "rubbish")
    elif form == "gz":
        packed.write_bytes(gzip.compress(path.read_bytes()))
    else:
        with tarfile.open(packed, "w:gz") as archive:
            archive.add(path, "fer2013/fer2013.csv")
    assert_is_the_table(load(packed))


def test_another_image_size_scales(lines, path):
    faces = load(write_lines(path, lines), image_size=24)
    assert faces.images.shape == (150, 24, 24, 1)
    expected = IMAGES.reshape(150, 24, 2, 24, 2).mean(axis=(2, 4))
    assert np.abs(faces.images[..., 0] - expected).max() <= 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda row: row.replace(" ", "", 1), "2,303 pixels instead of 2,304"),
        (lambda row: row.replace(" ", " 0 ", 1), "2,305 pixels instead of 2,304"),
        (lambda row: "3,," + row.split(",")[2], "0 pixels instead of 2,304"),
        (lambda row: row.replace(",", ",256 ", 1).replace(" ", "|", 1), "pixel"),
        (lambda row: _with_first_pixel(row, "256"), "pixel 256 is outside 0 to 255"),
        (lambda row: _with_first_pixel(row, "1000"), "pixel 1000 is outside 0 to 255"),
        (lambda row: _with_first_pixel(row, "-1"), "pixel -1 is outside 0 to 255"),
        (lambda row: _with_first_pixel(row, "1.5"), "pixel '1.5' is no whole number"),
        (lambda row: _with_first_pixel(row, "x"), "pixel 'x' is no whole number"),
        (lambda row: "7" + row[1:], "unknown emotion '7'"),
        (lambda row: "-1" + row[1:], "unknown emotion '-1'"),
        (lambda row: "grumpy" + row[1:], "unknown emotion 'grumpy'"),
        (lambda row: row[1:], "unknown emotion ''"),
        (lambda row: row.rsplit(",", 1)[0] + ",Quiz", "unknown Usage 'Quiz'"),
        (lambda row: row.rsplit(",", 1)[0], "2 columns instead of 3"),
        (lambda row: row.replace(" ", ",", 1), "4 columns instead of 3"),
        (lambda row: row + " 7" * 40_000, "more than 65,536 characters"),
    ],
)
def test_a_bad_row_is_named_with_its_line(lines, path, fault, reason):
    lines[100] = fault(lines[100])
    with pytest.raises(InputError, match=rf"1 fault\(s\): line 101: {reason}"):
        load(write_lines(path, lines))


def _with_first_pixel(row, value):
    emotion, pixels, usage = row.split(",")
    return f"{emotion},{' '.join([value, *pixels.split(' ')[1:]])},{usage}"


def test_a_short_and_a_long_row_do_not_make_up_for_each_other(lines, path):
    lines[1] = lines[1].replace(" ", "", 1)
    lines[2] = lines[2].replace(" ", " 0 ", 1)
    with pytest.raises(InputError, match="line 2: 2,303 pixels.*line 3: 2,305 pixels"):
        load(write_lines(path, lines))


def test_many_bad_rows_are_counted_and_the_first_named_in_order(lines, path):
    for line in range(20, 31):
        lines[line] = "9" + lines[line][1:]
    lines[12] = lines[12].rsplit(",", 1)[0]
    with pytest.raises(InputError, match=r"12 fault\(s\): line 13: 2 col.*line 21.*and 7 more"):
        load(write_lines(path, lines))


def test_a_truncated_file_is_noticed(lines, path):
    path.write_text("\n".join(lines)[:-4000])
    with pytest.raises(InputError, match="line 151: 2 columns instead of 3"):
        load(path)
    path.write_text("\n".join(lines)[:-4])
    with pytest.raises(InputError, match="line 151: unknown Usage"):
        load(path)


def test_fewer_rows_than_the_original_are_mentioned(lines, path, caplog):
    load(write_lines(path, lines))
    assert "FER2013 has 35,887 faces; fer2013.csv has 150" in caplog.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Received: an empty file, without emotion, pixels, usage"),
        ("emotion,pixels,Usage\n", "the header only"),
        ("emotion,pixels\n0,1 2 3\n", "without usage"),
        ("0,70 80 82,Training\n", "without emotion, pixels, usage"),
    ],
)
def test_a_table_without_its_columns_or_rows(path, text, reason):
    path.write_text(text)
    with pytest.raises(InputError, match=reason):
        load(path)


@pytest.mark.parametrize("name", ["fer2013.zip", "fer2013.csv.gz", "fer2013.tar.gz"])
@pytest.mark.parametrize("damage", ["rubbish", "truncated", "empty"])
def test_a_corrupt_archive(lines, path, tmp_path, name, damage):
    write_lines(path, lines)
    packed = tmp_path / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, path.name)
    elif name.endswith(".tar.gz"):
        with tarfile.open(packed, "w:gz") as archive:
            archive.add(path, path.name)
    else:
        packed.write_bytes(gzip.compress(path.read_bytes()))
    whole = packed.read_bytes()
    damaged = {"rubbish": b"rubbish" * 99, "truncated": whole[: len(whole) // 2], "empty": b""}
    packed.write_bytes(damaged[damage])
    with pytest.raises(InputError, match="Expected"):
        load(packed)


def test_a_flipped_byte_in_a_zip(lines, path, tmp_path):
    packed = tmp_path / "fer2013.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fer2013.csv", "\n".join(lines))
    content = bytearray(packed.read_bytes())
    content[len(content) // 2] ^= 0xFF
    packed.write_bytes(content)
    with pytest.raises(InputError, match="Expected"):
        load(packed)


@pytest.mark.parametrize("names", [[], ["a.csv", "b.csv"], ["pictures/1.png"]])
def test_a_zip_without_a_single_table(tmp_path, names):
    packed = tmp_path / "archive.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "emotion,pixels,Usage\n")
    with pytest.raises(InputError, match="Expected one .csv file"):
        load(packed)


def test_a_file_that_may_not_be_read(lines, path, monkeypatch):
    write_lines(path, lines)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pixel_csv.Path, "open", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        load(path)


def test_a_missing_number_between_two_spaces_is_noticed(lines, path):
    start, _, end = lines[3].partition(" ")
    lines[3] = f"{start}  {end.partition(' ')[2]}"
    with pytest.raises(InputError, match="line 4: 2,303 pixels"):
        load(write_lines(path, lines))


def test_both_ways_to_read_pixels_agree():
    rows = [line.split(",")[1].encode() for line in table_lines(IMAGES)[1:]]
    quickly = pixel_csv.parse_pixels(rows)
    np.testing.assert_array_equal(quickly, [pixel_csv.parse_row(row) for row in rows])


# FER+


# The real data


@pytest.fixture(scope="module")
def original(fer2013_folder):
    """What the repository beside this one holds: images, emotion, usage, votes, names."""
    spec = importlib.util.spec_from_file_location("materialize", fer2013_folder / "materialize.py")
    materialize = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(materialize)
    return materialize.load()


@pytest.fixture(scope="module")
def original_table(original, tmp_path_factory):
    images, emotion, usage, votes, names = original
    folder = tmp_path_factory.mktemp("fer2013")
    texts = [str(value) for value in range(256)]
    rows = zip(images.reshape(len(images), -1), emotion, usage, strict=True)
    lines = (f"{e},{' '.join([texts[p] for p in row.tobytes()])},{u}\n" for row, e, u in rows)
    with open(folder / "fer2013.csv", "w") as file:
        file.write("emotion,pixels,Usage\n")
        file.writelines(lines)
    counts = [",".join(map(str, row)) for row in votes]
    rows = [",".join(row) for row in zip(usage, names, counts, strict=True)]
    write_lines(folder / "fer2013new.csv", [VOTES_HEADER, *rows])
    return folder / "fer2013.csv"


def test_the_real_table_has_the_published_counts(original, original_table, caplog):
    faces = load(original_table)
    counts = faces.counts()
    assert {split: tuple(counts[split]) for split in counts} == COUNTS
    np.testing.assert_array_equal(faces.images[..., 0], original[0])
    assert caplog.text == ""


def test_the_real_votes(original, original_table):
    faces = fk.load("ferplus", original_table, cache=False)
    assert [(faces.split == split).sum() for split in COUNTS] == [28559, 3579, 3573]
    rows = faces.ids.astype(int)
    np.testing.assert_array_equal(faces.images[..., 0], original[0][rows])
    np.testing.assert_array_equal(faces.votes, original[3][rows, :8])


def test_a_real_folder_holds_the_same_pixels(original, tmp_path):
    images, emotion, usage, *_ = original
    rows = np.r_[0:40, 28709:28729, 32298:32318]
    for row in rows:
        place = tmp_path / ("train" if usage[row] == "Training" else "test")
        folder = place / emotions.FER2013[emotion[row]]
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{usage[row]}_{row}.png"), images[row])
    faces = load(tmp_path)
    numbers = [int(name.rsplit("_")[1].removesuffix(".png")) for name in faces.ids]
    assert sorted(numbers) == list(rows)
    np.testing.assert_array_equal(faces.images[..., 0], images[numbers])
    np.testing.assert_array_equal(faces.labels, emotion[numbers])
    assert [(faces.split == split).sum() for split in COUNTS] == [40, 20, 20]
