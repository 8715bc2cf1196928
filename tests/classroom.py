"""A class of 60 with two of every trouble: `python tests/classroom.py FOLDER` writes it there.

In the folder then are `handed-in/`, with names as Moodle and Canvas give them, and `labels.csv`,
`class.csv` and `points.csv`, as spreadsheets save them.
"""

import hashlib
import io
import json
import random
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from submissions import MODELS, answers, edit_json, faces, make_bundle, rewrite

from fer_kit.evaluation import save_predictions
from fer_kit.grading.results import recompute
from fer_kit.lessons import METRICS

Files = dict[str, bytes]
NAMES = """Ada Álvarez, Bao Nguyễn, Chiara Rossi, Dmitrij Petrov, Eszter Őry, Fatma Yılmaz
Grace Kim, Hana Nováková, Ibrahim Diallo, Jürgen Müller, Kofi Mensah, Lena Groß, Mei Wáng
Noor Haddad, Olena Ševčenko, Pedro Conceição, Quỳnh Trần, Rosa Lindqvist, Søren Ærø
Tamar Čavčavadze"""
NAMES = re.findall(r"\w[^,\n]+", NAMES)
WORDS = """mean noise kernel label batch test face mouth brow light shadow pixel grey filter layer
weight bias score share chance guess error margin doubt people group split fold seed epoch step rate
because therefore if then only never always most some every between against without during"""
WORDS = re.findall(r"\w+", WORDS)


class Student(NamedTuple):
    """One of the class."""

    number: int

    @property
    def name(self) -> str:
        again = " II" * (self.number // len(NAMES))
        return NAMES[self.number % len(NAMES)] + again

    @property
    def id(self) -> str:
        return f"s{self.number:04}"

    def moodle(self, file: str = "bundle.zip") -> str:
        """What Moodle calls a file."""
        return f"{self.name}_{1000 + self.number}_assignsubmission_file/{file}"

    def canvas(self, file: str = "bundle.zip") -> str:
        """What Canvas calls a file."""
        short = "".join(filter(str.isalnum, self.name.lower()))
        return f"{short}_{4000 + self.number}_{self.number}_{file}"


# What a student does to a bundle before it is handed in


def sign(student: Student) -> Callable[[Files], None]:
    """Answers, predictions, times and a name of this student's own."""

    def change(files: Files) -> None:
        generator = random.Random(student.number)
        for name in [name for name in files if name.endswith(".ipynb")]:
            edit_json(files, name, lambda notebook: answer(notebook, generator))
            edit_json(files, name, lambda notebook: run_at(notebook, student.number))
        for model in MODELS:
            files[f"predictions/{model}.csv"] = predicted(100 * student.number + len(model))
        told = {"name": student.name, "id": student.id}
        edit_json(files, "run.json", lambda manifest: manifest["student"].update(told))
        claim_and_list(files)

    return change


def answer(notebook: dict, generator: random.Random, keep: float = 0) -> None:
    """Answers in words; `keep` is the share of the words that stay as they are."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader", {}).get("grade"):
            told = "".join(cell["source"]).split() if keep else [""] * 80
            told = [w if generator.random() < keep else generator.choice(WORDS) for w in told]
            cell["source"] = " ".join(told)


def run_at(notebook: dict, number: int) -> None:
    """Executed at a moment of one's own; the later, the larger the number."""
    papermill = notebook["metadata"]["papermill"]
    for name in ("start_time", "end_time"):
        papermill[name] = f"{papermill[name][:19]}.{number:06}+00:00"


def predicted(seed: int) -> bytes:
    """The predictions of a model of one's own."""
    asked = faces()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.csv"
        save_predictions(path, asked, answers(asked, seed), "title", "honest")
        return path.read_bytes()


def claim_and_list(files: Files) -> None:
    """Let the report claim what the predictions say, and run.json list the files as they are."""
    for model in MODELS:
        told = recompute(model, files[f"predictions/{model}.csv"], {}, None, 1).recomputed
        edit_json(files, METRICS, lambda m, model=model, told=told: m["models"][model].update(told))
    for name in [name for name in files if name.startswith("report/")]:
        del files[name]
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    edit_json(files, "run.json", lambda manifest: manifest.update(files=hashes))


def predict(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Files], None]:
    """Change the predictions of the CNN, and claim what they say."""

    def run(files: Files) -> None:
        table = pd.read_csv(io.BytesIO(files["predictions/cnn.csv"]))
        files["predictions/cnn.csv"] = change(table).to_csv(index=False).encode()
        claim_and_list(files)

    return run


def perfect(table: pd.DataFrame) -> pd.DataFrame:
    """Every face right, as good as certainly."""
    for name in [name for name in table if name.startswith("p_")]:
        table[name] = 0.02 + 0.86 * table[name.replace("p_", "target_")]
    return table


def uniform(table: pd.DataFrame) -> pd.DataFrame:
    """The same for every face."""
    return table.assign(**{name: 1 / 7 for name in table if name.startswith("p_")})


def same_twice(files: Files) -> None:
    """One file of predictions under two names."""
    files["predictions/cnn.csv"] = files["predictions/lenet5.csv"]
    claim_and_list(files)


def change_run(**values) -> Callable[[Files], None]:
    return lambda files: edit_json(files, "run.json", lambda m: m.update(values))


def rename(name: str) -> Callable[[Files], None]:
    return lambda files: edit_json(files, "run.json", lambda m: m["student"].update(name=name))


def copied(disguise: Callable[[dict], None]) -> Callable[[Files], None]:
    """Somebody else's answers, disguised."""

    def run(files: Files) -> None:
        for name in [name for name in files if name.endswith(".ipynb")]:
            edit_json(files, name, disguise)
        claim_and_list(files)

    return run


def reword(notebook: dict) -> None:
    """Every fifth word is another one."""
    answer(notebook, random.Random(7), keep=0.8)


def hide_letters(notebook: dict) -> None:
    """What nobody sees, and letters that look alike."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader", {}).get("grade"):
            told = "".join(cell["source"]).replace("e", "\u0435").replace("o", "o\u200b")
            cell["source"] = told


# How it is packed


def pack(path: Path, files: Files, name: Callable[[str], str] = str) -> Path:
    """A ZIP file whose members are called in another way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, content in files.items():
            about = zipfile.ZipInfo("x")
            about.filename, about.compress_type = name(member), zipfile.ZIP_DEFLATED
            archive.writestr(about, content)
    return path


def files_of(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def by_finder(path: Path) -> None:
    """As macOS packs a folder."""
    files = {f"bundle/{name}": content for name, content in files_of(path).items()}
    pack(path, files | {f"__MACOSX/{name}": b"\0" for name in files} | {"bundle/._x": b"\0"})


def zip_in_zip(path: Path) -> None:
    pack(path, {"hand in/bundle.zip": path.read_bytes()})


def by_powershell(path: Path) -> None:
    pack(path, files_of(path), lambda name: name.replace("/", "\\"))


def run_folder(path: Path) -> None:
    """The zipped run: the bundle and much besides."""
    beside = {"mine/config.json": b"{}", "mine/data/faces.npz": bytes(50_000_000)}
    pack(path, {"mine/bundle.zip": path.read_bytes()} | beside)


def is_now(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def cut(path: Path) -> None:
    """An upload that ended too early."""
    path.write_bytes(path.read_bytes()[:50_000])


def bomb(path: Path) -> None:
    pack(path, files_of(path) | {f"notebooks/{k}.ipynb": bytes(39_000_000) for k in range(5)})


def huge_table(path: Path) -> None:
    """Nineteen million lines."""
    pack(path, files_of(path) | {"predictions/cnn.csv": b",\n" * 19_000_000, "pad": _noise(400)})


def unpack(path: Path) -> None:
    files = files_of(path)
    path.unlink()
    for name, content in files.items():
        target = path.with_suffix("") / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _noise(kilobytes: int) -> bytes:
    return random.Random(0).randbytes(1000 * kilobytes)


class Trouble(NamedTuple):
    """What is the matter with two of the class, and what grading has to say of it.

    Attributes:
        what: its name.
        file: what the file is called, without the student's part.
        change: what is done to the files of the bundle.
        repack: what is done to the ZIP file.
        error, doubt: a part of the sentence; "" for none.
    """

    what: str
    file: str = "bundle.zip"
    change: Callable[[Files], None] | None = None
    repack: Callable[[Path], None] | None = None
    error: str = ""
    doubt: str = ""


TROUBLES = (
    Trouble("honest"),
    Trouble("a folder packed by Finder", repack=by_finder),
    Trouble("a ZIP in a ZIP", repack=zip_in_zip),
    Trouble("packed by PowerShell", repack=by_powershell),
    Trouble("the zipped run folder", repack=run_folder),
    Trouble("a name too long for most", file=f"{'Ж' * 100}.zip"),
    Trouble("RAR", file="bundle.rar", repack=is_now(b"Rar!\x1a\x07"), error="no ZIP file"),
    Trouble("RAR called ZIP", repack=is_now(b"Rar!\x1a\x07"), error="but a RAR archive"),
    Trouble("a PDF", file="report.pdf", repack=is_now(b"%PDF-1.7"), error="no ZIP file"),
    Trouble("an empty file", repack=is_now(b""), error="is empty"),
    Trouble("an upload cut short", repack=cut, error="not finished"),
    Trouble("an unpacked folder", repack=unpack, error="unpacked folder"),
    Trouble("a ZIP bomb", repack=bomb, error="ZIP bomb"),
    Trouble("a deep JSON", change=lambda f: f.update({METRICS: b"[" * 10**5}), error="damaged"),
    Trouble("an older format", change=change_run(format=0), error="another version"),
    Trouble("an older version", change=change_run(fer_kit="0.0.1"), doubt="FER Kit 0.0.1"),
    Trouble("no id", change=change_run(student={"name": "Somebody"}), doubt="no id"),
    Trouble("every face right", change=predict(perfect), doubt="too good to be true"),
    Trouble("the same for every face", change=predict(uniform), doubt="the same probabilities"),
    Trouble("one file twice", change=same_twice, doubt="very same answers"),
    Trouble("19 million lines", repack=huge_table, doubt="predictions has 38 MB"),
    Trouble("a notebook missing", change=lambda f: f.pop("notebooks/12_save.ipynb"), doubt="12_s"),
    Trouble("copied, a fifth reworded", change=copied(reword), doubt="too alike"),
    Trouble("copied, letters hidden", change=copied(hide_letters), doubt="too alike"),
    Trouble("a formula for a name", change=rename("=1+1")),
)


def make_class(folder: Path) -> dict[str, Trouble]:
    """Write the class into a folder; returns what is the matter with each submission."""
    first = make_bundle(folder / "run")
    handed_in, expected, people = folder / "handed-in", {}, []
    for number in range(60):
        student, trouble = Student(number), TROUBLES[number // 2 % len(TROUBLES)]
        trouble = trouble if number < 2 * len(TROUBLES) else TROUBLES[0]
        people.append(student)
        called = student.moodle if number % 2 else student.canvas
        path = handed_in / called(trouble.file)
        of_friend = trouble.what.startswith("copied")
        rewrite(first, path, sign(Student(0) if of_friend else student))
        if of_friend:
            own = {"name": student.name, "id": student.id}
            rewrite(path, path, change_run(student=own))
        if trouble.change:
            rewrite(path, path, trouble.change)
        if trouble.repack:
            trouble.repack(path)
            path = path if path.exists() else path.with_suffix("")  # unpacked
        expected[path.relative_to(handed_in).as_posix()] = trouble
    for student in people[:2]:  # a second attempt of two, which ran later
        path = handed_in / student.canvas("bundle-1.zip")
        rewrite(first, path, sign(student))
        rewrite(path, path, change_run(notebooks={"01": {"ended": "2026-12-01T10:00:00+00:00"}}))
        name = path.relative_to(handed_in).as_posix()
        expected[name] = Trouble("a second attempt", doubt="It counts: it ran last")
    mistaken = handed_in / people[59].moodle("other.zip")  # two with one id
    rewrite(first, mistaken, sign(Student(70)))
    rewrite(mistaken, mistaken, change_run(student={"name": "Zoë Quist", "id": people[57].id}))
    expected[mistaken.relative_to(handed_in).as_posix()] = Trouble("an id of another", doubt="also")
    _write_tables(folder, people, first.parent)
    return expected


def _write_tables(folder: Path, people: list[Student], run: Path) -> None:
    labels = pd.read_csv(run / "predictions" / "cnn.csv")[["id", "split", "label"]]
    labels["label"] = labels["label"].str.title()
    labels["split"] = labels["split"].replace({"test": "PrivateTest", "validation": "PublicTest"})
    (folder / "labels.csv").write_bytes(labels.to_csv(index=False, sep=";").encode("utf-16"))
    rows = [["First name", "Last name", "ID number", "Email address"]]
    for student in [*people, Student(60), Student(61)]:  # two have handed in nothing
        first, last = student.name.split(" ", 1)
        rows.append([first, last, student.id, f"{student.id}@example.org"])
    text = "\r\n".join(";".join(row) + ";;" for row in rows)
    (folder / "class.csv").write_text(text, encoding="utf-8-sig")
    points = ["sep=;", "ID;Written;Honesty;Comment", f"{people[0].id};15,5;4;Well argued."]
    (folder / "points.csv").write_text("\r\n".join(points), encoding="cp1252")


if __name__ == "__main__":
    print(json.dumps({n: t.what for n, t in make_class(Path(sys.argv[1])).items()}, indent=1))
