"""What `fer-kit predict` does with pictures and videos, and `fer-kit evaluate` with data sets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from fer_kit.audit import has_copies
from fer_kit.classify import Answer, Classifier, annotate, predict_emotion, predict_faces
from fer_kit.datasets import load
from fer_kit.datasets.pictures import EXTENSIONS
from fer_kit.errors import InputError
from fer_kit.evaluation import accuracy_interval, calibration_error, percent, score
from fer_kit.faces import Faces
from fer_kit.pictures import read_picture, write_picture
from fer_kit.video import VideoAnswers, predict_video

PICTURES = (*EXTENSIONS, ".gif")
VIDEOS = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".webm")


@dataclass
class FileAnswers:
    """What came of one file.

    Attributes:
        file: its path.
        faces: for each face, plain values ready for JSON; see `described` and `summaries`.
        frames: of a video, the faces in each frame.
        note: what to know, such as why the file was skipped.
        error: what was wrong with the file, or "".
    """

    file: str
    faces: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""
    error: str = ""


def predict_path(
    classifier: Classifier, path: str | Path, annotated: str | Path | None = None
) -> list[FileAnswers]:
    """Name the expressions in a picture, in all pictures of a folder, or in a video.

    A file of a folder that cannot be read does not keep the others from being read.

    Args:
        annotated: where to write the picture, folder or video with boxes and captions, if at all.

    Raises:
        InputError: a folder without pictures, or `annotated` would overwrite what is read.
    """
    path, annotated = Path(path).expanduser(), _target(path, annotated)
    if path.is_dir():
        return _predict_folder(classifier, path, annotated)
    return [_attempt(path, lambda: _predict_file(classifier, path, annotated))]


def evaluate_model(
    classifier: Classifier, dataset: str, data: str | Path, split: str, seed: int, views: int = 1
) -> dict[str, Any]:
    """Test a model on one part of a data set; see `scores_on`.

    Args:
        dataset, data, seed: as in `fer_kit.load`.

    Raises:
        InputError: the data cannot be loaded, that part is empty, or it shows emotions that the
            model does not know.
    """
    faces = load(dataset, data, seed=seed, image_size=classifier.size, need=[split])
    return scores_on(classifier, faces, split, views)


def scores_on(classifier: Classifier, faces: Faces, split: str, views: int = 1) -> dict[str, Any]:
    """What was tested, `fer_kit.evaluation.score`, and besides:

    calibration_error: how far sureness and accuracy are apart.
    without_copies: faces, accuracy and accuracy_95 of the pictures that occur only once in the
        whole data set: a network may have learned the others by heart.
    ten_views: with views=10, accuracy and accuracy_95 of the mean answer to ten views of each face.
    """
    part = faces.subset(split)
    predictions = predict_faces(classifier, part)
    scores = {"source": faces.source, "synthetic": faces.is_synthetic, "split": split}
    scores |= score(predictions)
    scores["calibration_error"] = calibration_error(predictions)
    once = ~has_copies(faces)[faces.split == split]
    scores["without_copies"] = _accuracy(predictions.correct[once])
    if views > 1:
        scores["ten_views"] = _accuracy(predict_faces(classifier, part, views).correct)
    return scores


def described(answer: Answer) -> dict[str, Any]:
    """An answer as plain values: emotion, probability, box, probabilities, note."""
    return {
        "emotion": answer.emotion,
        "probability": answer.probabilities[answer.emotion],
        "box": answer.box._asdict(),
        "probabilities": answer.probabilities,
        "note": answer.note,
    }


def summaries(video: VideoAnswers) -> list[dict[str, Any]]:
    """For each face of a video: when it was seen, and the mean of its probabilities."""
    seen: dict[int, list[tuple[int, Answer]]] = {}
    for index, frame in enumerate(video.frames):
        for number, answer in frame.items():
            seen.setdefault(number, []).append((index, answer))
    return [_summary(number, seen[number], video.fps) for number in sorted(seen)]


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
    return "\n".join(lines)


def scores_text(scores: dict[str, Any]) -> str:
    """The result of `evaluate_model` for people."""
    low, high = scores["macro_f1_95"]
    lines = [
        f"{scores['faces']:,} faces: {scores['source']}, {scores['split']} part",
        f"accuracy   {percent(scores['accuracy'], scores['accuracy_95'])}",
        f"baseline   {percent(scores['majority_baseline'])}, always {scores['majority_emotion']}",
        f"macro F1   {scores['macro_f1']:.3f} ({low:.3f} to {high:.3f})",
        f"ECE        {scores['calibration_error']:.3f}, the gap between sureness and accuracy",
        *_further(scores),
        "In brackets: 95 % intervals.",
    ]
    if scores["synthetic"]:
        lines.append("These faces are drawn: nothing here says anything about real faces.")
    return "\n".join(lines)


def _further(scores: dict[str, Any]) -> list[str]:
    lines = []
    once = scores["without_copies"]
    if once["faces"] not in (0, scores["faces"]):
        shown = percent(once["accuracy"], once["accuracy_95"])
        lines.append(f"           {shown} of the {once['faces']:,} without a copy elsewhere")
    if views := scores.get("ten_views"):
        shown = percent(views["accuracy"], views["accuracy_95"])
        lines.append(f"           {shown} with ten views of each face")
    return lines


def _accuracy(correct: np.ndarray) -> dict[str, Any]:
    right, total = int(correct.sum()), len(correct)
    if not total:
        return {"faces": 0, "accuracy": None, "accuracy_95": None}
    return {
        "faces": total,
        "accuracy": right / total,
        "accuracy_95": accuracy_interval(right, total),
    }


def _target(path: str | Path, annotated: str | Path | None) -> Path | None:
    if annotated is None:
        return None
    source, target = Path(path).expanduser().resolve(), Path(annotated).expanduser().resolve()
    if source == target:
        raise InputError(
            f"Expected another place for what is annotated than {path} itself. "
            f"Received: {annotated}. The original would be lost."
        )
    if source.is_dir() and source.is_relative_to(target):
        raise InputError(
            f"Expected a folder of its own for what is annotated. Received: {annotated}, which "
            f"{path} is in. Take a new one, such as annotated."
        )
    return target


def _predict_folder(
    classifier: Classifier, folder: Path, annotated: Path | None
) -> list[FileAnswers]:
    files = [path for path in sorted(folder.rglob("*")) if _is_wanted(path, annotated)]
    if not files:
        raise InputError(f"Expected a folder with pictures. Received: {folder}, which is empty.")
    return [
        _attempt(path, lambda path=path: _predict_member(classifier, folder, path, annotated))
        for path in tqdm(files, desc=folder.name, unit="file", disable=None)
    ]


def _is_wanted(path: Path, annotated: Path | None) -> bool:
    """Whether it is a file, not hidden, and not one that an earlier call has annotated."""
    is_ours = annotated is not None and path.resolve().is_relative_to(annotated)
    return path.is_file() and not path.name.startswith(".") and not is_ours


def _predict_member(
    classifier: Classifier, folder: Path, path: Path, annotated: Path | None
) -> FileAnswers:
    if path.suffix.lower() in VIDEOS:
        return FileAnswers(str(path), note="a video; skipped, give it on its own")
    if path.suffix.lower() not in PICTURES:
        return FileAnswers(str(path), note="no picture; skipped")
    target = annotated / path.relative_to(folder) if annotated else None
    return _predict_picture(classifier, path, target)


def _predict_file(classifier: Classifier, path: Path, annotated: Path | None) -> FileAnswers:
    if path.suffix.lower() in VIDEOS:
        return _predict_video(classifier, path, annotated)
    return _predict_picture(classifier, path, annotated)


def _predict_picture(classifier: Classifier, path: Path, annotated: Path | None) -> FileAnswers:
    picture = read_picture(path)
    answers = predict_emotion(classifier, picture)
    if annotated:
        write_picture(annotated, annotate(picture, answers))
    return FileAnswers(str(path), [described(answer) for answer in answers])


def _predict_video(classifier: Classifier, path: Path, annotated: Path | None) -> FileAnswers:
    video = predict_video(classifier, path, annotated)
    frames = [
        {
            "time": round(index / video.fps, 3),
            "faces": [{"face": number} | described(answer) for number, answer in found.items()],
        }
        for index, found in enumerate(video.frames)
    ]
    return FileAnswers(str(path), summaries(video), frames, error=video.problem)


def _attempt(path: Path, predict: Callable[[], FileAnswers]) -> FileAnswers:
    try:
        return predict()
    except InputError as error:
        return FileAnswers(str(path), error=str(error))


def _summary(number: int, seen: list[tuple[int, Answer]], fps: float) -> dict[str, Any]:
    names = list(seen[0][1].probabilities)
    mean = np.mean([[answer.probabilities[name] for name in names] for _, answer in seen], axis=0)
    return {
        "face": number,
        "emotion": names[int(mean.argmax())],
        "probability": float(mean.max()),
        "frames": len(seen),
        "from": round(seen[0][0] / fps, 3),
        "to": round(seen[-1][0] / fps, 3),
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
