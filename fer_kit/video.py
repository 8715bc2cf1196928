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
from fer_kit.detect import Box, find_faces
from fer_kit.errors import InputError
from fer_kit.files import write_whole

EVERY = 5  # faces are found anew in each fifth frame
SAME = 0.3  # boxes that overlap by this much (intersection over union) show the same face
PATIENCE = 1  # how often in a row a face may be missed before it counts as gone
CODECS = {".mp4": "mp4v", ".avi": "MJPG"}


@dataclass(frozen=True)
class VideoAnswers:
    """What a model says about a video.

    Attributes:
        fps: frames in a second.
        frames: for each frame that was read, the answer for each face by its number.
        problem: what went wrong while reading, or "".
    """

    fps: float
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
            answers = _write(Path(annotated), video.fps, frames)
        return VideoAnswers(video.fps, answers, video.problem(len(answers)))


class Video:
    """A video file: `for frame in video` gives uint8 (H, W, 3), RGB."""

    def __init__(self, path: Path):
        watch.note("a video")
        self.path = path
        self._capture = cv2.VideoCapture(str(path))
        self.count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.fps = self._capture.get(cv2.CAP_PROP_FPS) or 25.0
        if not self._capture.isOpened():
            reason = "it is damaged or of an unknown kind" if path.is_file() else "no such file"
            raise InputError(
                f"Expected a video. Received: {path} ({reason}). Check the path, or convert the "
                "video to .mp4."
            )

    def __iter__(self) -> Iterator[np.ndarray]:
        while True:
            is_read, frame = self._capture.read()
            if not is_read:
                return
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()

    def problem(self, frames: int) -> str:
        """What is wrong if only so many frames were read, or ""."""
        # The number in a file's head is often an estimate, so a few frames less are no problem.
        if frames and frames + 2 >= 0.95 * self.count:
            return ""
        return (
            f"Expected {max(self.count, 1)} frames in {self.path}. Received: {frames}, then the "
            "video ended early; what was read is kept. The file may be incomplete: copy it again."
        )


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
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    shared = max(0, width) * max(0, height)
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


def _write(path: Path, fps: float, frames) -> list[dict[int, Answer]]:
    """Write the frames with their boxes and captions, and return the answers."""
    if path.suffix.lower() not in CODECS:
        raise InputError(
            f"Expected the name of a video to write, ending in {' or '.join(CODECS)}. "
            f"Received: {path}."
        )
    answers = []
    write_whole(path, lambda temporary: _write_frames(temporary, fps, frames, answers))
    return answers


def _write_frames(path: Path, fps: float, frames, answers: list[dict[int, Answer]]) -> None:
    writer = None
    try:
        for frame, found in frames:
            writer = writer or _open_writer(path, fps, frame.shape[1::-1])
            captions = [f"{number}: {one.caption}" for number, one in found.items()]
            annotated = annotate(frame, list(found.values()), captions)
            writer.write(cv2.cvtColor(annotated, cv2.COLOR_RGB2BGR))
            answers.append(found)
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
