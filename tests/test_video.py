"""A face keeps its number while it moves; a video that ends early keeps what was read."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from saved_models import save_lenet5
from videos import matroska

import fer_kit as fk
from fer_kit import video, watch
from fer_kit.detect import Box, find_faces
from fer_kit.errors import InputError
from fer_kit.pictures import PHOTOGRAPH, read_picture

FRAMES, SHIFT = 24, 3


def frames() -> list[np.ndarray]:
    """A face that goes 3 pixels to the right in each frame, 240 high and 320 wide."""
    photograph = read_picture(PHOTOGRAPH)
    starts = [SHIFT * (FRAMES - 1 - index) for index in range(FRAMES)]
    return [photograph[:240, start : start + 320] for start in starts]


def write(path: Path, pictures: list[np.ndarray]) -> Path:
    codec = cv2.VideoWriter_fourcc(*video.CODECS[path.suffix])
    writer = cv2.VideoWriter(str(path), codec, 25, (320, 240))
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("clips") / "clip.avi", frames())


@pytest.fixture
def classifier(make_faces, tmp_path):
    return fk.load_model(save_lenet5(tmp_path, make_faces()))


def test_a_moving_face_is_followed_between_detections():
    pictures = frames()
    tracker = video.FaceTracker(every=FRAMES)  # found in the first frame, never again
    boxes = [tracker.follow(picture) for picture in pictures]
    assert all(list(found) == [1] for found in boxes)
    gone = boxes[-1][1].x - boxes[0][1].x
    assert gone == pytest.approx(SHIFT * (FRAMES - 1), abs=4)
    (there,) = find_faces(pictures[-1])
    assert video.overlap(boxes[-1][1], there) > 0.7


@pytest.mark.parametrize(("wide", "step"), [(70, 0), (200, 4)])
def test_a_box_in_which_little_can_be_followed_stays(wide, step):
    before = np.zeros((200, 260), np.uint8)
    texture = np.random.default_rng(0).integers(0, 256, (25, 25), np.uint8)
    patch = cv2.resize(texture, (200, 200), interpolation=cv2.INTER_CUBIC)
    before[:, 30 : 30 + wide] = patch[:, :wide]  # what is flat cannot be followed
    box = Box(30, 20, 180, 160)
    assert video.moved(box, before, np.roll(before, 4, axis=1)) == box._replace(x=30 + step)


def test_a_face_that_comes_gets_a_new_number_and_one_that_goes_is_dropped():
    face, empty = frames()[0], np.full((240, 320, 3), 128, np.uint8)
    tracker = video.FaceTracker(every=1)
    two = np.hstack([face, face])
    numbers = [sorted(tracker.follow(picture)) for picture in (np.hstack([face, empty]), two)]
    assert numbers == [[1], [1, 2]]
    nobody = np.hstack([empty, empty])
    assert [len(tracker.follow(nobody)) for _ in range(2)] == [2, 0]  # one miss is forgiven
    assert sorted(tracker.follow(two)) == [3, 4]


def test_boxes_are_matched_by_their_overlap():
    left, right = Box(0, 0, 10, 10), Box(100, 0, 10, 10)
    assert video.same_faces({4: left, 7: right}, [Box(101, 0, 10, 10), left]) == {4: 1, 7: 0}
    assert video.same_faces({4: left}, [right]) == {}
    assert video.overlap(left, left) == 1
    assert video.overlap(left, Box(5, 0, 10, 10)) == pytest.approx(1 / 3)


def test_every_frame_has_an_answer_and_the_face_one_number(classifier, clip):
    found = video.predict_video(classifier, clip)
    assert found.problem == ""
    np.testing.assert_allclose(found.times, np.arange(FRAMES) / 25, atol=0.002)
    assert [list(frame) for frame in found.frames] == [[1]] * FRAMES


@pytest.mark.parametrize("name", ["out.avi", "out.mp4"])
def test_the_annotated_video_has_all_frames_with_boxes(classifier, clip, tmp_path, name):
    video.predict_video(classifier, clip, tmp_path / name)
    written, original = list(video.Video(tmp_path / name)), list(video.Video(clip))
    assert len(written) == FRAMES
    assert np.abs(written[0].astype(int) - original[0]).max() > 100


def test_a_video_that_ends_early_keeps_what_was_read(classifier, clip, tmp_path):
    content, short = clip.read_bytes(), tmp_path / "short.avi"
    short.write_bytes(content[: len(content) // 2])
    found = video.predict_video(classifier, short)
    assert 0 < len(found.frames) < FRAMES
    assert f"Expected {FRAMES / 25:.1f} seconds in {short}. Received: " in found.problem
    assert f"{len(found.frames)} frames" in found.problem


UNEVEN = [*(round(n * 1000 / 30) for n in range(30)), *range(1500, 10_500, 500)]  # ms


@pytest.fixture
def uneven(tmp_path):
    """Thirty frames in the first second, then two in each; nearly a second more for the last."""
    frames = [np.full((120, 160, 3), 5 * n, np.uint8) for n in range(len(UNEVEN))]
    path = tmp_path / "uneven.mkv"
    path.write_bytes(matroska(frames, UNEVEN, 30_000))
    return path


def test_the_times_are_those_of_the_file(classifier, uneven):
    found = video.predict_video(classifier, uneven)
    np.testing.assert_allclose(found.times, np.array(UNEVEN) / 1000, atol=0.002)
    assert found.problem == ""  # though the head promises 900 frames


def test_a_file_that_is_cut_off_is_incomplete_and_one_without_a_length_is_not(classifier, uneven):
    content = uneven.read_bytes()
    uneven.write_bytes(content[: len(content) * 2 // 3])
    assert "may be incomplete" in video.predict_video(classifier, uneven).problem
    uneven.write_bytes(matroska([np.zeros((120, 160, 3), np.uint8)] * 3, [0, 40, 900]))
    found = video.predict_video(classifier, uneven)
    assert (len(found.times), found.problem) == (3, "")


def test_an_annotated_video_takes_as_long_as_the_video(classifier, uneven, tmp_path):
    video.predict_video(classifier, uneven, tmp_path / "out.avi")
    written = video.Video(tmp_path / "out.avi")
    shown = [frame.mean() for frame in written]
    assert written.times[-1] == pytest.approx(10, abs=0.1)
    # What is shown after five seconds is what was shown then: frame 37, the one from 5.0 s on.
    at_five = shown[int(np.searchsorted(written.times, 5.2))]
    assert at_five == pytest.approx(5 * UNEVEN.index(5000), abs=3)


def test_what_is_shown_for_very_long_is_cut_short_in_the_annotated_copy(
    classifier, tmp_path, monkeypatch
):
    monkeypatch.setattr(video, "PAUSE", 2)
    frames = [np.full((120, 160, 3), 50, np.uint8)] * 3
    (tmp_path / "slides.mkv").write_bytes(matroska(frames, [0, 1000, 600_000], 601_000))
    found = video.predict_video(classifier, tmp_path / "slides.mkv", tmp_path / "out.avi")
    assert found.times == pytest.approx([0, 1, 600])
    written = video.Video(tmp_path / "out.avi")
    assert len(list(written)) <= 4 * written.fps


def test_time_never_goes_back(classifier, tmp_path):
    frames = [np.full((120, 160, 3), 50, np.uint8)] * 5
    (tmp_path / "odd.mkv").write_bytes(matroska(frames, [0, 400, 200, 200, 900], 1000))
    times = video.predict_video(classifier, tmp_path / "odd.mkv").times
    assert len(times) == 5
    assert (np.diff(times) > 0).all()


def test_an_absurd_frame_rate_is_not_believed(classifier, tmp_path):
    frames = [np.full((120, 160, 3), 50, np.uint8)] * 8
    (tmp_path / "fast.mkv").write_bytes(matroska(frames, range(8), 8))
    found = video.predict_video(classifier, tmp_path / "fast.mkv", tmp_path / "out.mp4")
    assert (len(found.frames), found.problem) == (8, "")
    assert video.Video(tmp_path / "fast.mkv").fps == video.USUAL
    assert len(list(video.Video(tmp_path / "out.mp4"))) >= 1


@pytest.mark.parametrize("content", [b"", b"no video at all"])
def test_a_file_that_is_no_video_is_a_sentence(classifier, tmp_path, content):
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"Expected a video\. Received: .*broken\.mp4"):
        video.predict_video(classifier, path)


def test_a_missing_video_is_a_sentence(classifier):
    with pytest.raises(InputError, match=r"nowhere\.mp4 \(no such file"):
        video.predict_video(classifier, "nowhere.mp4")


def test_an_annotated_video_needs_a_known_ending(classifier, clip, tmp_path):
    with pytest.raises(InputError, match=r"out\.mov"):
        video.predict_video(classifier, clip, tmp_path / "out.mov")


def test_a_codec_that_is_missing_is_a_sentence(classifier, clip, tmp_path, monkeypatch):
    monkeypatch.setitem(video.CODECS, ".avi", "none")
    with pytest.raises(InputError, match="Expected an OpenCV that writes .avi videos"):
        video.predict_video(classifier, clip, tmp_path / "out.avi")
    assert not list(tmp_path.glob("*out*"))


def test_several_classifiers_answer_about_the_same_faces(classifier):
    watcher = video.Watcher(classifier, classifier)
    for frame in frames()[:3]:
        ((first, second),) = watcher.look(frame).values()
        assert first == second


def test_a_camera_that_is_turned_begins_anew():
    face = frames()[0]
    tracker = video.FaceTracker()
    assert list(tracker.follow(face)) == [1]
    assert list(tracker.follow(np.ascontiguousarray(face[:, 20:300]))) == [2]


def test_faces_that_have_gone_are_forgotten():
    face, empty = frames()[0], np.full((240, 320, 3), 128, np.uint8)
    tracker = video.FaceTracker(every=1)
    for _ in range(5):
        for picture in (face, empty, empty):
            tracker.follow(picture)
    assert tracker._missed == {}


def test_a_video_may_show_people(tmp_path, listening):
    with pytest.raises(InputError, match="no such file"):
        video.Video(tmp_path / "me.mp4")
    assert watch.may_show_people([]) == "after the notebook read a video"
