"""Faces in a video: found every few frames, followed in between, each with its number.

Finding faces costs many times what following them does, and a face hardly moves in a fifth of a
second. A number belongs to a face for as long as it stays in view; it says nothing about who it is.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from fer_kit import watch
from fer_kit.classify import Answer, Classifier, annotate, answer
from fer_kit.detect import Box, find_faces, shared_area
from fer_kit.errors import InputError
from fer_kit.files import write_whole
from fer_kit.kinds import START, kind_of_file

EVERY = 5  # faces are found anew in each fifth frame
SAME = 0.3  # boxes that overlap by this much (intersection over union) show the same face
PATIENCE = 1  # how often in a row a face may be missed before it counts as gone
CODECS = {".mp4": "mp4v", ".avi": "MJPG"}
SLOWEST, USUAL, FASTEST = 1.0, 25.0, 120.0  # frames in a second; a file may say anything
SEGMENT = b"\x18\x53\x80\x67"  # by which Matroska's one large part begins
PAUSE = 60.0  # seconds; nothing is shown for longer in an annotated copy


@dataclass(frozen=True)
class VideoAnswers:
    """What a model says about a video.

    Attributes:
        times: when each frame that was read is shown, in seconds.
        frames: for each of them, the answer for each face by its number.
        problem: what went wrong while reading, or "".
    """

    times: list[float]
    frames: list[dict[int, Answer]]
    problem: str = ""


def predict_video(
    classifier: Classifier, path: str | Path, annotated: str | Path | None = None
) -> VideoAnswers:
    """Name the expression on every face in every frame of a video.

    Args:
        classifier: what `load_model` returns.
        annotated: where to write the video with boxes and captions, .mp4 or .avi, if at all.

    Returns:
        The answers. Where the video ends early there are answers up to there, and a problem.

    Raises:
        InputError: it is no video or has no frames; the annotated one cannot be written.
    """
    with closing(Video(Path(path))) as video:
        frames = _answers(classifier, video)
        if annotated is None:
            answers = [found for _, found in frames]
        else:
            answers = _write(Path(annotated), video, frames)
        return VideoAnswers(video.times, answers, video.problem())


class Video:
    """A video file: `for frame in video` gives uint8 (H, W, 3), RGB.

    Attributes:
        count: how many frames its head promises; often an estimate, and 0 where it says nothing.
        fps: frames in a second, likewise; between 1 and 120.
        times: when each frame that was read so far is shown, in seconds.
    """

    def __init__(self, path: Path):
        watch.note("a video")
        self.path = path
        self._capture = cv2.VideoCapture(str(path))
        self.count = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self._rate = self._capture.get(cv2.CAP_PROP_FPS) or USUAL
        self.fps = self._rate if SLOWEST <= self._rate <= FASTEST else USUAL
        self.times: list[float] = []
        if not self._capture.isOpened():
            raise InputError(
                f"Expected a video. Received: {path} ({_reason(path)}). Check the path, or convert "
                "the video to .mp4."
            )

    def __iter__(self) -> Iterator[np.ndarray]:
        while True:
            is_read, frame = self._capture.read()
            if not is_read:
                return
            self.times.append(self._time())
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)

    def _time(self) -> float:
        """When the latest frame is shown: what the file says, if later than the one before."""
        told = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if not self.times:
            return told if 0 <= told < 1 / SLOWEST else 0.0
        return told if told > self.times[-1] else self.times[-1] + 1 / self.fps

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()

    def problem(self) -> str:
        """What is wrong if all frames were read that there are, or ""."""
        promised = self.count / self._rate  # seconds
        if not self.times:
            return f"Expected a video with frames. Received: {self.path}, without any."
        is_long = len(self.times) + 2 >= 0.95 * self.count
        if is_long or self.times[-1] + 2 / self.fps >= 0.95 * promised or _is_whole(self.path):
            return ""
        return (
            f"Expected {promised:.1f} seconds in {self.path}. Received: {self.times[-1]:.1f}, in "
            f"{len(self.times)} frames, then the video ended early; what was read is kept. The "
            "file may be incomplete: copy it again."
        )


def _is_whole(path: Path) -> bool:
    """Whether an AVI or Matroska file is as long as it says: its last frame may stand for long."""
    with path.open("rb") as file:
        start = file.read(64 + START)
    size = path.stat().st_size
    if start.startswith(b"RIFF"):
        return 8 + int.from_bytes(start[4:8], "little") <= size
    place = start.find(SEGMENT) + len(SEGMENT)
    if place < len(SEGMENT):
        return False
    width = 9 - start[place].bit_length()  # of the number that follows: its first bit tells
    told = int.from_bytes(start[place : place + width], "big") & ((1 << 7 * width) - 1)
    return place + width + told <= size


def _reason(path: Path) -> str:
    """Why a file is no video."""
    if not path.is_file():
        return "no such file"
    kind = kind_of_file(path)
    return kind.name if kind and kind.group != "video" else "it is damaged or of an unknown kind"


class Watcher:
    """Names the expression on the faces of a film: give it one frame after the other (lesson 11).

    Attributes:
        classifiers: those that are asked, one or several; others may take their place at any time.
    """

    def __init__(self, *classifiers: Classifier):
        self.classifiers = classifiers
        self._tracker = FaceTracker()

    def look(self, frame: np.ndarray) -> dict[int, tuple[Answer, ...]]:
        """For each face in the next frame, uint8 (H, W, 3), by its number: what each one says."""
        boxes = self._tracker.follow(frame)
        answers = [answer(one, frame, list(boxes.values())) for one in self.classifiers]
        return dict(zip(boxes, zip(*answers, strict=True), strict=True))


class FaceTracker:
    """Follows faces from frame to frame: give it one frame after the other."""

    def __init__(self, every: int = EVERY):
        self.every = every
        self._boxes: dict[int, Box] = {}
        self._missed: dict[int, int] = {}
        self._frames = self._faces = 0
        self._previous = None

    def follow(self, frame: np.ndarray) -> dict[int, Box]:
        """Where the faces are in the next frame, uint8 (H, W, 3), by their numbers.

        In a frame of another size than the one before nothing is followed: the camera was turned.
        """
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        if self._previous is not None and self._previous.shape != grey.shape:
            self._boxes, self._frames = {}, 0
        self._boxes = {
            number: moved(box, self._previous, grey) for number, box in self._boxes.items()
        }
        if self._frames % self.every == 0:
            self._boxes = self._renewed(find_faces(frame))
        self._frames += 1
        self._previous = grey
        return dict(self._boxes)

    def _renewed(self, found: list[Box]) -> dict[int, Box]:
        """The found boxes under the numbers of the faces they show, new faces under new ones."""
        shown = same_faces(self._boxes, found)
        renewed = {number: found[index] for number, index in shown.items()}
        missed = self._boxes.keys() - renewed.keys()
        for number in missed:
            self._missed[number] += 1
            if self._missed[number] <= PATIENCE:
                renewed[number] = self._boxes[number]
        for index in set(range(len(found))) - set(shown.values()):
            self._faces += 1
            renewed[self._faces] = found[index]
        self._missed = {
            number: self._missed[number] if number in missed else 0 for number in renewed
        }
        return dict(sorted(renewed.items()))


def same_faces(followed: dict[int, Box], found: list[Box]) -> dict[int, int]:
    """Which of the found boxes shows which followed face: {number: index in found}.

    The assignment with the largest overlap in all (Kuhn, 1955, the Hungarian method).
    """
    from scipy.optimize import linear_sum_assignment  # takes a second; pictures need none of it

    if not followed or not found:
        return {}
    numbers = list(followed)
    overlaps = np.array([[overlap(followed[number], box) for box in found] for number in numbers])
    pairs = zip(*linear_sum_assignment(overlaps, maximize=True), strict=True)
    return {numbers[row]: int(column) for row, column in pairs if overlaps[row, column] >= SAME}


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    shared = shared_area(one, other)
    return shared / (one.width * one.height + other.width * other.height - shared)


def moved(box: Box, before: np.ndarray, after: np.ndarray) -> Box:
    """Where a box has gone from one grey frame, uint8 (H, W), to the next.

    It moves as the median of 25 points in it does, which are followed by the optical flow of Lucas
    and Kanade (1981).
    """
    steps = (np.arange(5) + 1) / 6
    across, down = np.meshgrid(box.x + steps * box.width, box.y + steps * box.height)
    points = np.stack([across, down], axis=-1).reshape(-1, 1, 2).astype(np.float32)
    gone_to, is_found, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None)
    is_found = is_found.ravel() == 1
    if is_found.sum() < len(points) / 2:
        return box
    right, low = np.median((gone_to - points)[is_found], axis=0).ravel().round().astype(int)
    return box._replace(x=box.x + int(right), y=box.y + int(low))


def _answers(
    classifier: Classifier, video: Video
) -> Iterator[tuple[np.ndarray, dict[int, Answer]]]:
    """Each frame with the answers for its faces, by their numbers."""
    watcher = Watcher(classifier)
    bar = tqdm(video, total=video.count or None, desc=video.path.name, unit="frame", disable=None)
    for frame in bar:
        yield frame, {number: answer for number, (answer,) in watcher.look(frame).items()}


def _write(path: Path, video: Video, frames) -> list[dict[int, Answer]]:
    """Write the frames with their boxes and captions, and return the answers."""
    if path.suffix.lower() not in CODECS:
        raise InputError(
            f"Expected the name of a video to write, ending in {' or '.join(CODECS)}. "
            f"Received: {path}."
        )
    answers = []
    write_whole(path, lambda temporary: _write_frames(temporary, video, frames, answers))
    return answers


def _write_frames(path: Path, video: Video, frames, answers: list[dict[int, Answer]]) -> None:
    """Write at a steady rate: what is shown for long several times, what is shown briefly never."""
    writer, written, shown = None, 0, None
    try:
        for frame, found in frames:
            writer = writer or _open_writer(path, video.fps, frame.shape[1::-1])
            due = round((video.times[-1] - video.times[0]) * video.fps)
            for _ in range(min(due - written, round(PAUSE * video.fps))):
                writer.write(shown)
            written = max(written, due)
            captions = [f"{number}: {one.caption}" for number, one in found.items()]
            annotated = annotate(frame, list(found.values()), captions)
            shown = cv2.cvtColor(annotated, cv2.COLOR_RGB2BGR)
            answers.append(found)
        if writer is not None:
            writer.write(shown)
    finally:
        if writer is not None:
            writer.release()
    if writer is None:
        raise InputError("Expected a video with frames. Received: one without any.")


def _open_writer(path: Path, fps: float, size: tuple[int, int]):
    codec = cv2.VideoWriter_fourcc(*CODECS[path.suffix.lower()])
    writer = cv2.VideoWriter(str(path), codec, fps, size)
    if not writer.isOpened():
        others = ", ".join(ending for ending in CODECS if ending != path.suffix.lower())
        raise InputError(
            f"Expected an OpenCV that writes {path.suffix} videos. Received: one that does not. "
            f"Try the ending {others}."
        )
    return writer
