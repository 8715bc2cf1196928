"""`Run`: one folder holds everything that running the course makes (lesson 01).

A notebook reads named files from its run and writes named files into it, so that notebooks can be
run alone, again, or all at once, and never depend on what another kernel remembers.
"""

import os
import re
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from fer_kit.errors import InputError, is_whole
from fer_kit.files import locked, read_json, write_json, write_whole
from fer_kit.lessons import LESSONS, maker, settings
from fer_kit.version import __version__
from fer_kit.watch import may_show_people

DATASET, PROFILE, SEED = "synthetic", "quick", 42


@dataclass(frozen=True)
class Run:
    """A run and where its files are.

    Attributes:
        name: what it and its folder below `runs` are called.
        dataset: where the faces come from, a name that `fer_kit.load` knows.
        data: the absolute path of that data set's files, or "" where none is needed.
        profile: how much work is done, a name in `fer_kit.lessons.PROFILES`.
        seed: the number that everything random starts from.
        fer_kit: the version of the library that made the run.
    """

    name: str
    dataset: str = DATASET
    data: str = ""
    profile: str = PROFILE
    seed: int = SEED
    fer_kit: str = __version__

    @classmethod
    def open(
        cls,
        run: str = "",
        dataset: str = DATASET,
        data: str | Path = "",
        profile: str = PROFILE,
        seed: int = SEED,
    ) -> "Run":
        """Open a run, or start it where there is none of that name.

        Args:
            run: its name; "" takes the data set's and the profile's, such as "synthetic-quick".
            dataset, data, profile, seed: as in the class. `data` may be relative to the current
                folder or to the course's, and may be left out once the run is there.

        Raises:
            InputError: a name that cannot be used; a run that was made with other parameters or by
                another version, which would mix results; a folder that is no run.
        """
        from fer_kit.datasets import check_dataset, check_path

        name = check_name(run or default_name(dataset, profile, seed))
        settings(profile, dataset)
        check_dataset(dataset)
        check_seed(seed)
        wanted = cls(name, dataset, find_data(data), profile, int(seed))
        stored = read_config(runs_folder() / name)
        if stored is None:
            check_path(dataset, wanted.data)
            told = asdict(wanted) | {"data": portable(wanted.data)}
            write_json(wanted.folder / "config.json", told)
            return wanted
        _check_version(stored)
        _check_parameters(stored, wanted)
        return replace(stored, name=name)  # its folder may have been called otherwise

    @property
    def folder(self) -> Path:
        """Where everything in this run is."""
        return runs_folder() / self.name

    @property
    def settings(self) -> dict[str, Any]:
        """What this run's profile asks of each lesson; see `fer_kit.lessons`."""
        return settings(self.profile, self.dataset)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the notebooks are given, by the names in their parameters cell; "~" is the home."""
        own = {"run": self.name, "dataset": self.dataset, "data": portable(self.data)}
        return own | {"profile": self.profile, "seed": self.seed}

    def file(self, name: str) -> Path:
        """The path of a file in this run, to be written: its folder is there.

        Raises:
            InputError: the folder cannot be made.
        """
        path = self.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"Expected to make the folder {path.parent}. Received: {error.strerror}. "
                "Choose a folder that you may write to with the variable FER_KIT_RUNS."
            ) from error
        return path

    def need(self, name: str, notebooks: Path | None = None) -> Path:
        """The path of a file in this run, to be read.

        Args:
            name: the file.
            notebooks: the folder of the notebook that needs it; left out, the current folder.

        Raises:
            InputError: it is not there; the message names the notebook that makes it.
        """
        path = self.folder / name
        if not path.exists():
            raise InputError(
                f"Expected {name} in the run {self.name}. Received: no such file. "
                + _how_to_make(name, self.name, notebooks)
            )
        return path

    def locked(self, part: str = "", wait: float = 0) -> AbstractContextManager[None]:
        """`with run.locked():`, nobody else works on this run; or on one part of it, "05_cnn".

        Raises:
            InputError: somebody does, and `wait` seconds later still; the message says who.
        """
        what = f"{part} of the run {self.name}" if part else f"the run {self.name}"
        return locked(self.folder / ".locks" / f"{part or 'run'}.lock", what, wait)

    def predictions(self, model: str) -> Path:
        """The path of a model's predictions, to be written."""
        return self.file(f"predictions/{model}.csv")

    def models(self) -> dict[str, str]:
        """The models whose predictions are there, in the lessons' order: name → title.

        The title is what readers know it by: "LeNet-5" for "lenet5". Where two have the same, the
        name stands for it.

        Raises:
            InputError: what stands beside some predictions is missing or damaged.
        """
        from fer_kit.evaluation import read_about

        def place(path: Path) -> tuple[int, str]:
            lesson = maker(f"predictions/{path.name}")
            return LESSONS.index(lesson) if lesson else len(LESSONS), path.stem

        paths = sorted(self.folder.glob("predictions/[!.]*.csv"), key=place)
        titles = [read_about(path)["title"] for path in paths]
        return {
            path.stem: path.stem if titles.count(title) > 1 else title
            for path, title in zip(paths, titles, strict=True)
        }

    def show(self, drawn: Any, name: str, *, alt: str, people: bool | None = None) -> None:
        """Keep a figure in `figures/NAME.png` and show it in the notebook (lesson 02).

        Args: see `keep`.
        """
        from IPython.display import Image, display

        about = self.keep(drawn, name, alt=alt, people=people)
        content = self.file(f"figures/{name}.png").read_bytes()
        display(Image(data=content, alt=about["alt"], retina=True, metadata=about))

    def keep(
        self, drawn: Any, name: str, *, alt: str, people: bool | None = None
    ) -> dict[str, Any]:
        """Keep a figure in `figures/NAME.png`, described for the report, and close it.

        Args:
            drawn: an Axes, an array of Axes, a Figure or a seaborn grid.
            name: the name of the file, without its ending.
            alt: what a reader who cannot see the figure should know: what is drawn, and what it
                shows. The exported report carries it.
            people: whether it may show a real person, were it only some pixels of a face; such a
                figure is not handed in. Left out, the run decides: figures of real faces may, those
                of drawn faces may not, until the notebook opens a file of yours.

        Returns:
            What is noted of it: name, title, alt, people and why.

        Raises:
            InputError: there is no text that describes it.
        """
        import matplotlib.pyplot as plt
        import numpy as np

        if not alt.strip():
            raise InputError(
                f"Expected a text that describes the figure {name}. Received: alt={alt!r}. "
                'Say what it shows: lab.show(axes, "counts", alt="Bars: happy is the most common").'
            )
        figure = np.ravel(drawn)[0].figure
        path = self.file(f"figures/{check_name(name)}.png")
        write_whole(path, lambda temporary: figure.savefig(temporary, dpi=192, bbox_inches="tight"))
        plt.close(figure)
        about = {"title": _title(figure) or name, "alt": alt.strip(), **self._people(people)}
        self._record_figure(name, about)
        return {"name": name, **about}

    def _people(self, said: bool | None) -> dict[str, Any]:
        """Whether a figure may show people, and why."""
        from fer_kit.datasets.cache import cache_folder
        from fer_kit.faces import are_drawn

        if said is not None:
            return {
                "people": bool(said),
                "why": "said to show people" if said else "said to show nobody",
            }
        if not are_drawn(self.dataset):
            return {"people": True, "why": f"of real faces ({self.dataset})"}
        course = course_folder()
        seen = may_show_people(
            [self.folder, cache_folder(), course / "models", course / "rubric.toml"]
        )
        return {"people": bool(seen), "why": seen or "of drawn faces"}

    def _record_figure(self, name: str, described: dict[str, Any]) -> None:
        path = self.file("figures/figures.json")
        with self.locked("figures", wait=60):  # lessons that run side by side share this file
            figures = read_json(path, {})
            write_json(path, dict(sorted((figures | {name: described}).items())))


def runs_folder() -> Path:
    """Where the runs are: the folder FER_KIT_RUNS, or `runs` in the course's folder."""
    return course_folder() / Path(os.environ.get("FER_KIT_RUNS", "runs")).expanduser()


def course_folder() -> Path:
    """The nearest folder upwards that holds `notebooks` and `fer_kit`, else the current one."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "fer_kit").is_dir():
            return folder
    return here


def in_course(name: str, given: str | Path | None = None) -> Path:
    """The path that was given, else the course's own file or folder of that name."""
    return Path(given) if given else course_folder() / name


def as_typed(path: Path) -> str:
    """A path as one would type it in the course's folder."""
    path, course = path.resolve(), course_folder().resolve()
    return path.relative_to(course).as_posix() if course in path.parents else str(path)


def default_name(
    dataset: str | None = None, profile: str | None = None, seed: int | None = None
) -> str:
    """The name of a run that was given none: "fer2013-quick", "synthetic-quick-seed7"."""
    suffix = "" if seed in (None, SEED) else f"-seed{seed}"
    return f"{dataset or DATASET}-{profile or PROFILE}{suffix}"


def check_seed(seed: int) -> None:
    """Raise an InputError unless everything random can start from this number."""
    if not is_whole(seed, below=2**32):
        raise InputError(
            f"Expected seed as a whole number from 0 up, below 2**32. Received: {seed!r}."
        )


def check_name(name: str) -> str:
    """The name, if it can name a folder on every system.

    Raises:
        InputError: it has other characters than letters, digits, "-", "_" and ".".
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        raise InputError(
            "Expected a name of letters, digits, '-', '_' and '.', without '-' or '.' in front. "
            f"Received: {name!r}. Choose another, such as synthetic-quick."
        )
    return name


def read_config(folder: Path) -> Run | None:
    """The run in a folder as its config.json tells it, or None where nothing of it is there.

    Raises:
        InputError: the folder holds files but no config.json, or one that cannot be read.
    """
    path = folder / "config.json"
    if not path.exists():
        if folder.is_dir() and any(not inside.name.startswith(".") for inside in folder.iterdir()):
            raise InputError(
                f"Expected a run in {folder}. Received: a folder without config.json, so nobody "
                "knows how its files were made. Choose another name: that folder stays as it is."
            )
        return None
    from fer_kit.checked import fitted

    then = "Choose another name: that folder stays as it is."
    config = read_json(path, then=then)
    if isinstance(config, dict):
        config = dict.fromkeys(field.name for field in fields(Run)) | config  # all have to be there
        config["name"] = config.get("run") or config["name"]  # as it was called before
    run = fitted(Run, config, path, "the parameters of a run", then)
    is_portable = run.data.startswith("~")
    return replace(run, data=str(Path(run.data).expanduser().resolve())) if is_portable else run


def find_data(data: str | Path) -> str:
    """The absolute path of `data`, given from the current folder, the course's or "~"; "" stays "".

    Raises:
        InputError: nothing is there.
    """
    if not str(data):
        return ""
    given = Path(data).expanduser()
    for path in (Path.cwd() / given, course_folder() / given):
        if path.exists():
            return str(path.resolve())
    raise InputError(
        f"Expected the path of a data set in data. Received: {str(data)!r}, and nothing is there. "
        "data/README.md says what to get and where to put it."
    )


def portable(path: str) -> str:
    """The path with the home folder as "~", so that no user's name stands in a run."""
    home = Path.home().resolve()
    return f"~/{Path(path).relative_to(home).as_posix()}" if home in Path(path).parents else path


def _check_version(stored: Run) -> None:
    if stored.fer_kit.split(".")[:2] != __version__.split(".")[:2]:
        raise InputError(
            f"Expected a run made by fer_kit {__version__}. Received: {stored.name}, which fer_kit "
            f"{stored.fer_kit} made. Choose another name, such as {stored.name}-{__version__}: "
            "that run stays as it is."
        )


def _check_parameters(stored: Run, wanted: Run) -> None:
    names = ["dataset", "profile", "seed"] + (["data"] if wanted.data else [])
    proposed = default_name(wanted.dataset, wanted.profile, wanted.seed)
    if proposed == stored.name:
        proposed += "-2"
    for name in names:
        theirs, ours = getattr(stored, name), getattr(wanted, name)
        if theirs != ours:
            raise InputError(
                f"Expected {name} = {theirs!r}, with which the run {stored.name} was made. "
                f"Received: {name} = {ours!r}. One run holds one set of results: set {name} back, "
                f'or choose another run, such as run = "{proposed}".'
            )


def notebooks_folder(here: Path | None = None) -> str:
    """The notebooks that somebody works with: "student", "notebooks", …, below the course's folder.

    A notebook runs in its own folder, so that the current one tells; elsewhere it is "notebooks".
    """
    here = (here or Path.cwd()).resolve()
    if here == course_folder().resolve() or not any(here.glob("*.ipynb")):
        return "notebooks"
    return as_typed(here)


def make_options(run: str, notebooks: Path | None = None) -> str:
    """What `make` has to be given for a run and a folder of notebooks, with a space in front."""
    folder = notebooks_folder(notebooks)
    option = "" if run == default_name(DATASET, PROFILE) else f" RUN={run}"
    return option + ("" if folder == "notebooks" else f" NOTEBOOKS={folder}")


def _how_to_make(name: str, run: str, notebooks: Path | None) -> str:
    lesson = maker(name)
    if lesson is None:
        return "Run the notebook that makes it first."
    return (
        f"Run {notebooks_folder(notebooks)}/{lesson.name}.ipynb first: make run "
        f"NB={lesson.number}{make_options(run, notebooks)}"
    )


def _title(figure: Any) -> str:
    titles = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
    return next((title for title in titles if title), "")
