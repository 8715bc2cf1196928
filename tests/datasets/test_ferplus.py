"""FER+: its two tables, joined row by row, and the modes that label their faces."""

import numpy as np
import pytest
from tables import VOTES_HEADER, random_images, table_lines, write_lines

import fer_kit as fk
from fer_kit.emotions import FERPLUS
from fer_kit.errors import InputError

# neutral happy surprise sad angry disgust fear contempt unknown NF
CLEAR = [8, 0, 0, 1, 1, 0, 0, 0, 0, 0]
DIVIDED = [4, 0, 0, 3, 3, 0, 0, 0, 0, 0]
UNKNOWN = [2, 0, 0, 0, 0, 0, 0, 0, 6, 2]


IMAGES = random_images(8)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fer2013.csv"


def votes_lines(count, votes="4,0,0,1,3,2,0,0,0,0"):
    usages = [line.rsplit(",", 1)[1] for line in table_lines(IMAGES[:count])[1:]]
    return [VOTES_HEADER, *(f"{usage},fer0000000.png,{votes}" for usage in usages)]


@pytest.fixture
def load_votes(path, tmp_path):
    """Load FER+ with the given lines of votes beside a table of eight faces."""

    def load_votes(lines, **options):
        write_lines(path, table_lines(IMAGES))
        write_lines(tmp_path / "fer2013new.csv", lines)
        return fk.load("ferplus", path, cache=False, **options)

    return load_votes


def test_votes_join_the_faces_by_row(load_votes):
    lines = votes_lines(8)
    lines[3] = "PublicTest,,0,0,0,0,0,0,0,0,1,9"
    lines[4] = "PrivateTest,fer0000000.png,0,8,0,0,0,0,0,1,1,0"
    faces = load_votes(lines)
    assert faces.emotions == FERPLUS
    assert faces.source == "FER+"
    assert list(faces.ids) == ["0", "1", "3", "4", "5", "6", "7"]
    np.testing.assert_array_equal(faces.images[..., 0], np.delete(IMAGES, 2, axis=0))
    np.testing.assert_array_equal(faces.votes[2], [0, 8, 0, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(faces.targets[2], [0, 8 / 9, 0, 0, 0, 0, 0, 1 / 9], rtol=1e-6)


def test_faces_without_votes_are_counted(load_votes, caplog):
    load_votes([*votes_lines(8)[:8], "PrivateTest,,0,0,0,0,0,0,0,0,0,10"])
    assert "without a vote for an emotion are left out: 1." in caplog.text


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (votes_lines(7), "each of the 8 faces.*Received: 7 rows"),
        ([*votes_lines(7), votes_lines(1)[1]], "1 rows that differ: line 9"),
        ([*votes_lines(7), "PrivateTest,x,4,0,0,1,many,2,0,0,0,0"], "1 bad rows: line 9"),
        ([*votes_lines(7), "PrivateTest,x,4,0,0,1,-3,2,0,0,0,0"], "1 bad rows: line 9"),
        ([*votes_lines(7), "", "PrivateTest,x,4,0"], "1 bad rows: line 10"),
        ([*votes_lines(7), "Test,x,4,0,0,1,3,2,0,0,0,0"], "1 bad rows: line 9"),
        ([VOTES_HEADER], "each of the 8 faces.*Received: 0 rows"),
        (["Usage,neutral"], "without happy"),
        ([""], "without Usage, neutral"),
    ],
)
def test_votes_that_do_not_fit(load_votes, lines, reason):
    with pytest.raises(InputError, match=reason):
        load_votes(lines)


def test_missing_votes_are_asked_for(path):
    write_lines(path, table_lines(IMAGES))
    with pytest.raises(InputError, match="fer2013new.csv"):
        fk.load("ferplus", path)


@pytest.fixture
def table(tmp_path):
    """Eight faces: four for training, two each for validation and test."""
    rows = [CLEAR, DIVIDED, CLEAR, DIVIDED, DIVIDED, UNKNOWN, DIVIDED, CLEAR]
    lines = table_lines(IMAGES)
    usages = [line.rsplit(",", 1)[1] for line in lines[1:]]
    texts = [
        f"{usage},x.png,{','.join(map(str, row))}" for usage, row in zip(usages, rows, strict=True)
    ]
    write_lines(tmp_path / "fer2013new.csv", [VOTES_HEADER, *texts])
    return write_lines(tmp_path / "fer2013.csv", lines)


def test_a_mode_labels_training_and_majority_labels_the_rest(table):
    faces = fk.load("ferplus", table, targets="cross-entropy", cache=False)
    assert faces.ids.tolist() == ["0", "1", "2", "4", "7"]
    assert faces.split.tolist() == ["train", "train", "validation", "train", "test"]
    np.testing.assert_allclose(faces.targets[1, [0, 3, 4]], [0.4, 0.3, 0.3], rtol=1e-6)
    majority = fk.load("ferplus", table, targets="majority", cache=False)
    assert majority.ids.tolist() == ["0", "2", "7"]


def test_targets_that_are_no_shares_are_refused(table):
    with pytest.raises(InputError, match="do not sum to 1.*fer_kit.votes.label"):
        fk.load("ferplus", table, targets="multi-target", cache=False)


def test_votes_may_have_their_columns_in_another_order(table):
    path = table.with_name("fer2013new.csv")
    before = fk.load("ferplus", table, cache=False)
    rows = [line.split(",") for line in path.read_text().splitlines()]
    order = np.random.default_rng(0).permutation(len(rows[0]))
    write_lines(path, [",".join(row[place] for place in order) for row in rows])
    after = fk.load("ferplus", table, cache=False)
    assert before.fingerprint() == after.fingerprint()


def test_votes_without_the_answers_that_name_no_emotion_are_refused(table):
    path = table.with_name("fer2013new.csv")
    lines = [line.rsplit(",", 1)[0] for line in path.read_text().splitlines()]
    write_lines(path, lines)
    with pytest.raises(InputError, match="without NF"):
        fk.load("ferplus", table, cache=False)
