"""What `fer-kit predict` does with pictures and videos, and `fer-kit evaluate` with data sets."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from fer_kit.classify import Answer, Classifier, annotate, predict_emotion
from fer_kit.detect import smallest_face
from fer_kit.errors import InputError
from fer_kit.files import check_not_over, files_below, printable, write_whole
from fer_kit.kinds import kind_of_file
from fer_kit.pictures import is_picture, read_picture, writable, write_picture
from fer_kit.video import CODECS, VideoAnswers, predict_video

USUAL = 40  # pixels; smaller faces that are missed in a picture are not worth a word


@dataclass
class FileAnswers:
    """What came of one file.

    Attributes:
        file: its path.
        faces: for each face, plain values ready for JSON; see `Answer.values` and `summaries`.
        frames: of a video, the faces in each frame.
        smallest: of a picture, from how many pixels up faces in it are surely found.
        note: what to know, such as why the file was skipped.
        error: what was wrong with the file, or "".
    """

    file: str
    faces: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    smallest: int = 0
    note: str = ""
    error: str = ""


def predict_path(
    classifier: Classifier, path: str | Path, annotated: str | Path | None = None
) -> list[FileAnswers]:
    """Name the expressions in a picture, in a video, or in all of both in a folder.

    What a file is, is told by how it begins, not by its name.

    A file of a folder that cannot be read does not keep the others from being read.

    Args:
        annotated: where to write the picture, folder or video with boxes and captions, if at all.

    Raises:
        InputError: an address, a folder without files, or `annotated` would overwrite what is read.
    """
    _check_place(str(path))
    path, annotated = Path(path).expanduser(), _target(path, annotated)
    if path.is_dir():
        return _predict_folder(classifier, path, annotated)
    return [_attempt(path, lambda: _predict_file(classifier, path, annotated))]


def summaries(video: VideoAnswers) -> list[dict[str, Any]]:
    """For each face of a video: when it was seen, and the mean of its probabilities."""
    seen: dict[int, list[tuple[int, Answer]]] = {}
    for index, frame in enumerate(video.frames):
        for number, answer in frame.items():
            seen.setdefault(number, []).append((index, answer))
    return [_summary(number, seen[number], video.times) for number in sorted(seen)]


def as_text(results: list[FileAnswers]) -> str:
    """The results for people: a line for each file, and one for each face."""
    lines = []
    for result in results:
        said = result.note or ("" if result.faces else "no face found")
        lines.append(result.error or f"{result.file}: {said}".rstrip())
        lines += [f"  {_line(face)}" for face in result.faces]
    failed = sum(bool(result.error) for result in results)
    if len(results) > 1:
        lines.append(f"{len(results)} files, {failed} failed")
    smallest = max((result.smallest for result in results), default=0)
    if smallest > USUAL:
        lines.append(
            f"Faces of less than {smallest} pixels may be there and not found: ask about the part "
            "of a picture that shows them."
        )
    return "\n".join(map(printable, lines))


def write_csv(path: str | Path, results: list[FileAnswers], emotions: tuple[str, ...]) -> Path:
    """A row for each face in each picture, and in each frame of each video.

    Columns: file; time in seconds, and face, its number in a video; x, y, width and height of its
    box in pixels, and turned; emotion; p_ and each emotion's name, its probability; and note.

    Raises:
        InputError: the table's name does not end in .csv, or it is one of the files.
    """
    if Path(path).suffix.lower() != ".csv":
        raise InputError(
            f"Expected the name of a table to write, ending in .csv. Received: {path}."
        )
    check_not_over(path, *(result.file for result in results))
    names = ["file", "time", "face", "x", "y", "width", "height", "turned", "emotion"]
    names += [*(f"p_{name}" for name in emotions), "note"]

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            table = csv.DictWriter(file, names, extrasaction="ignore")
            table.writeheader()
            for result in results:
                frames = result.frames or [{"faces": result.faces}]
                for frame in frames:
                    table.writerows(_row(result.file, frame, face) for face in frame["faces"])

    return write_whole(path, write)


def _row(file: str, frame: dict[str, Any], face: dict[str, Any]) -> dict[str, Any]:
    """A line of the table."""
    shares = {f"p_{name}": f"{share:.6g}" for name, share in face["probabilities"].items()}
    return {"file": file, "time": frame.get("time", "")} | face | face["box"] | shares


def _check_place(place: str) -> None:
    """Addresses and cameras are no files."""
    if not place.strip() or "://" in place or (place.isdecimal() and not Path(place).exists()):
        raise InputError(
            f"Expected a picture, a video or a folder. Received: {place!r}. Save what is at an "
            "address as a file first; your own camera is looked through in lesson 11."
        )


def _target(path: str | Path, annotated: str | Path | None) -> Path | None:
    if annotated is None:
        return None
    source, target = Path(path).expanduser().resolve(), Path(annotated).expanduser().resolve()
    if not str(annotated).strip():
        raise InputError(f"Expected a place for what is annotated. Received: {str(annotated)!r}.")
    check_not_over(target, source)
    if source.is_dir() and source.is_relative_to(target):
        raise InputError(
            f"Expected a folder of its own for what is annotated. Received: {annotated}, which "
            f"{path} is in. Take a new one, such as annotated."
        )
    return target


def _predict_folder(
    classifier: Classifier, folder: Path, annotated: Path | None
) -> list[FileAnswers]:
    files = sorted(files_below(folder))
    if annotated:  # what an earlier call has annotated is left out
        files = [path for path in files if not path.resolve().is_relative_to(annotated)]
    if not files:
        raise InputError(f"Expected a folder with pictures. Received: {folder}, which is empty.")
    return [
        _attempt(path, lambda path=path: _predict_member(classifier, folder, path, annotated))
        for path in tqdm(files, desc=folder.name, unit="file", disable=None)
    ]


def _predict_member(
    classifier: Classifier, folder: Path, path: Path, annotated: Path | None
) -> FileAnswers:
    is_video = _is_video(path)
    if not is_video and not is_picture(path):
        kind = kind_of_file(path)
        return FileAnswers(str(path), note=f"{kind.name if kind else 'no picture'}; skipped")
    target = annotated / path.relative_to(folder) if annotated else None
    if target and target.suffix.lower() not in (CODECS if is_video else writable()):
        target = Path(f"{target}.mp4" if is_video else f"{target}.png")
    return _predict_file(classifier, path, target)


def _is_video(path: Path) -> bool:
    kind = kind_of_file(path)
    return kind is not None and kind.group == "video"


def _predict_file(classifier: Classifier, path: Path, annotated: Path | None) -> FileAnswers:
    predict = _predict_video if _is_video(path) else _predict_picture
    return predict(classifier, path, annotated)


def _predict_picture(classifier: Classifier, path: Path, annotated: Path | None) -> FileAnswers:
    picture = read_picture(path)
    answers = predict_emotion(classifier, picture)
    if annotated:
        write_picture(annotated, annotate(picture, answers))
    faces = [answer.values for answer in answers]
    return FileAnswers(str(path), faces, smallest=smallest_face(picture))


def _predict_video(classifier: Classifier, path: Path, annotated: Path | None) -> FileAnswers:
    video = predict_video(classifier, path, annotated)
    frames = [
        {
            "time": round(time, 3),
            "faces": [{"face": number} | answer.values for number, answer in found.items()],
        }
        for time, found in zip(video.times, video.frames, strict=True)
    ]
    return FileAnswers(str(path), summaries(video), frames, error=video.problem)


def _attempt(path: Path, predict: Callable[[], FileAnswers]) -> FileAnswers:
    try:
        return predict()
    except InputError as error:
        return FileAnswers(str(path), error=str(error))


def _summary(number: int, seen: list[tuple[int, Answer]], times: list[float]) -> dict[str, Any]:
    names = list(seen[0][1].probabilities)
    mean = np.mean([[answer.probabilities[name] for name in names] for _, answer in seen], axis=0)
    return {
        "face": number,
        "emotion": names[int(mean.argmax())],
        "probability": float(mean.max()),
        "frames": len(seen),
        "from": round(times[seen[0][0]], 3),
        "to": round(times[seen[-1][0]], 3),
        "probabilities": dict(zip(names, map(float, mean), strict=True)),
    }


def _line(face: dict[str, Any]) -> str:
    """One face in one line: the two likeliest emotions, and where or when it was seen."""
    likeliest = sorted(face["probabilities"].items(), key=lambda pair: -pair[1])[:2]
    names = ", ".join(f"{name} {100 * share:.0f} %" for name, share in likeliest)
    if "face" in face:
        where = f"{face['from']:.1f} to {face['to']:.1f} s, {face['frames']} frames"
        return f"face {face['face']}: {names}; {where}"
    box = face["box"]
    where = f"{box['width']}×{box['height']} pixels at {box['x']}, {box['y']}"
    return f"{names}; {where}" + (f"; {face['note']}" if face["note"] else "")
