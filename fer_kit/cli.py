"""The `fer-kit` command: one function for each thing it can do, and no work of its own.

It ends with 0 if all went well, 1 if something went wrong, 2 if it was called in a way that it does
not understand, and 130 after Ctrl-C.
"""

import ast
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import wraps
from importlib import import_module
from inspect import Signature, signature
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, NoReturn

import typer
from typer import Argument, BadParameter, Option

from fer_kit import run as runs
from fer_kit.errors import InputError, choose

app = typer.Typer(
    help="FER Kit: a course on facial expression recognition. Results go to runs/NAME/.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
zoo = typer.Typer(help="The models that come with the course.", no_args_is_help=True)
app.add_typer(zoo, name="zoo")


def main() -> None:
    """Run the command; a mistake that the user can mend is a sentence, not a traceback."""
    with suppress(AttributeError):  # somebody has put something else in its place
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr is: for names of files
    try:
        app(prog_name="fer-kit")
    except InputError as error:
        sys.exit(f"fer-kit: {error}")
    except OSError as error:
        sys.exit(f"fer-kit: {error.filename or 'a file'}: {error.strerror or error}.")
    except Exception:
        try:  # whatever went wrong: without its backend Keras fails in many ways
            import_module("fer_kit.course.environment").check_backend()
        except InputError as error:
            sys.exit(f"fer-kit: {error}")
        raise


@contextmanager
def _mistakes_are_usage() -> Iterator[None]:
    """What the library refuses within this block was called in a wrong way: exit code 2."""
    try:
        yield
    except InputError as error:
        raise BadParameter(str(error)) from error


def _from(module: str) -> ModuleType:
    """A module of the library, imported by the command that needs it.

    What TensorFlow's C++ code logs at its start goes nowhere; Python's errors are kept.
    """
    with backend_log_hidden():
        return import_module(f"fer_kit.{module}")


def _spread(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command have an option for each field of a dataclass among its parameters."""
    own, options = signature(command).parameters, []
    groups = {name: one.annotation for name, one in own.items() if is_dataclass(one.annotation)}
    for name, one in own.items():
        options += [
            one.replace(name=field.name, default=field.default, annotation=field.type)
            for field in (fields(groups[name]) if name in groups else ())
        ] or [one]

    @wraps(command)
    def call(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    call.__signature__ = Signature([one.replace(kind=one.KEYWORD_ONLY) for one in options])
    return call


def _checked(module: str, name: str, what: str = "") -> Callable[..., Any]:
    """Look at an option before anything else is done; what it takes is loaded only if it is given.

    Args:
        module, name: what refuses it: a function of the library, or the choices that there are.
        what: of choices, what one of them is.
    """

    def callback(parameter: typer.CallbackParam, value: Any) -> Any:
        if value != parameter.default:
            known = getattr(_from(module), name)
            with _mistakes_are_usage():
                known(value) if callable(known) else choose(value, known, what)
        return value

    return callback


Split = StrEnum("Split", ["train", "validation", "test"])
RunName = Annotated[
    str,
    Option(
        "--run", callback=_checked("run", "check_name"), help="Its name. [default: DATASET-PROFILE]"
    ),
]
ModelName = Annotated[
    str,
    Option(
        "--name",
        callback=_checked("run", "check_name"),
        help="Of the model. [default: the network, or ensemble, and the data set]",
    ),
]
Dataset = Annotated[
    str | None,
    Option(
        callback=_checked("datasets", "check_dataset"),
        help="synthetic (the default), fer2013, …: fer-kit info lists them.",
    ),
]
Data = Annotated[str, Option(help="Path of the data set; see data/README.md.")]
Profile = Annotated[
    str | None,
    Option(
        callback=_checked("lessons", "PROFILES", "a profile"),
        help="smoke (checks that it runs), quick (minutes, the default) or full (as published).",
    ),
]
Seed = Annotated[
    int | None, Option(min=0, max=2**32 - 1, help="Where everything random starts. [default: 42]")
]
Json = Annotated[bool, Option("--json", help="Print JSON, for programs.")]
Force = Annotated[bool, Option("--force", help="Run again even where nothing has changed.")]
Extra = Annotated[
    list[str] | None,
    Option("--set", metavar="NAME=VALUE", help="One more parameter for the notebooks."),
]
PriorText = Annotated[
    str,
    Option(
        "--prior",
        callback=_checked("prior", "parse"),
        help="How often each emotion is expected: even, training, or happy=0.5,sad=0.2,…. "
        "[default: what the model's card says, in between]",
    ),
]
_views = _checked("pictures", "VIEWS", "a number of views")
Method = Annotated[
    str,
    Option(
        callback=_checked("fusion.methods", "METHODS", "a method"),
        help="paste, weighted_average, pca, average+pca or wavelet.",
    ),
]
Weight = Annotated[float, Option(min=0, max=1, help="The share of the second picture.")]
Align = Annotated[
    str,
    Option(
        callback=_checked("fusion.methods", "ALIGNMENTS", "an alignment"),
        help="Bring the second picture onto the first before: eyes or flow. [default: not at all]",
    ),
]
Lessons = Annotated[
    str, Option("--notebooks", help="Their folder, such as student. [default: notebooks]")
]
Workers = Annotated[
    int | None,
    Option(
        callback=_checked("course.workers", "check_workers"),
        help="How many side by side; 1 is one after the other. [default: as many as fit]",
    ),
]
Own = Annotated[str, Option("--notebooks", help="The folder of your notebooks. [default: student]")]
OnCluster = Annotated[
    str,
    Option(
        "--cluster",
        metavar="TCP://HOST:PORT|FILE",
        help="Dask's scheduler, whose workers do it; see docs/cluster.md. [default: this computer]",
    ),
]
Notebooks = Annotated[
    list[str],
    Argument(
        metavar="NOTEBOOK", callback=_checked("lessons", "find"), help="Such as 04 or 04_lenet5."
    ),
]


@dataclass(frozen=True)
class Which:
    """The options by which a command finds a run."""

    run: RunName = ""
    dataset: Dataset = None
    profile: Profile = None
    seed: Seed = None

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.run or runs.default_name(self.dataset, self.profile, self.seed)

    @property
    def folder(self) -> Path:
        """Where it is, or would be."""
        return runs.runs_folder() / self.name


@dataclass(frozen=True)
class Opened(Which):
    """The options of a command that may start the run."""

    data: Data = ""

    def lab(self) -> runs.Run:
        """The run itself."""
        seed = runs.SEED if self.seed is None else self.seed
        dataset, profile = self.dataset or runs.DATASET, self.profile or runs.PROFILE
        return runs.Run.open(self.run, dataset, self.data, profile, seed)


@dataclass(frozen=True)
class Running(Opened):
    """The options of a command that runs notebooks."""

    force: Force = False
    extra: Extra = None
    notebooks: Lessons = ""
    workers: Workers = None
    cluster: OnCluster = ""


@app.command("run-all")
@_spread
def run_all(asked: Running) -> None:
    """Run all notebooks, side by side where they do not wait for each other; write the report.

    A notebook whose source, parameters and inputs have not changed is not run again.
    """
    _run_course([], asked)


@app.command("run")
@_spread
def run_some(only: Notebooks, asked: Running) -> None:
    """Run some notebooks and write the report."""
    _run_course(only, asked)


def _run_course(only: list[str], asked: Running) -> None:
    running = _from("course.running")
    given = vars(asked) | {
        "only": only,
        "notebooks": Path(asked.notebooks) if asked.notebooks else None,
        "extra": dict(map(_name_and_value, asked.extra or ())),
    }
    try:
        running.run_course(**given)
    except running.ParameterError as error:
        raise BadParameter(str(error)) from error
    except KeyboardInterrupt:
        _stopped("The notebooks that were finished keep their results.")


@app.command()
@_spread
def report(of: Which) -> None:
    """Write the report of a run again."""
    print(_from("course.report").write_report(of.folder))


@app.command()
@_spread
def bundle(
    of: Which,
    name: Annotated[str, Option(help="Who hands it in.")] = "",
    student_id: Annotated[str, Option("--id", help="The number that your course uses.")] = "",
    pictures: Annotated[
        bool, Option("--pictures", help="Also pictures that may show real people.")
    ] = False,
    notebooks: Own = "",
) -> None:
    """Pack a run into bundle.zip, to be handed in, and say what grading would miss in it."""
    progress = _from("course.progress")
    packed = _from("course.bundle").write_bundle(of.folder, name, student_id, pictures)
    done = progress.look(of.folder, runs.in_course("student", notebooks))
    print(f"{packed}\n\n{progress.told(done, progress.before_handing_in(done))}")
    _check_gradable(packed)


@app.command("progress")
@_spread
def show_progress(of: Which, notebooks: Own = "") -> None:
    """Say which exercises are done in a run, which are not, and what grading would miss."""
    progress = _from("course.progress")
    done = progress.look_at_run(of.name, runs.in_course("student", notebooks))
    print(progress.told(done, progress.before_handing_in(done)))


@app.command()
def student(
    check: Annotated[
        bool, Option("--check", help="Write nothing; end with 1 if a copy is stale.")
    ] = False,
) -> None:
    """Write the students' copies of the notebooks, without solutions, to student/."""
    copies = _from("course.student")
    if not check:
        print(f"{len(copies.write_student_copies())} notebooks written to student/")
        return
    if stale := copies.stale_student_copies():
        raise InputError(
            "Expected the students' copies to be as make student writes them. "
            f"Received: {', '.join(stale)}, stale. Run make student and commit what it changes."
        )


@dataclass(frozen=True)
class Grading:
    """The options of grading."""

    rubric: Annotated[str, Option(help="A TOML file. [default: rubric.toml]")] = ""
    labels: Annotated[
        str, Option(help="The truth: a run of yours, or a CSV with id, split and label.")
    ] = ""
    manual: Annotated[
        str, Option(help="A CSV of points given by hand, added to manual.csv in --out.")
    ] = ""
    out: Annotated[str, Option(help="Where the grades go.")] = "grades"
    release: Annotated[str, Option(help="The released notebooks. [default: student]")] = ""
    roster: Annotated[
        str, Option(help="The class list, a CSV: id, name, email; or an LMS's export.")
    ] = ""
    format: Annotated[
        str,
        Option(
            callback=_checked("grading.gradebook", "FORMATS", "a format"),
            help="Of gradebook.csv: all, moodle or canvas.",
        ),
    ] = "all"
    reports: Annotated[bool, Option("--reports", help="Also write each student's report anew.")] = (
        False
    )
    rerun: Annotated[
        bool, Option("--rerun", help="Also execute each submission, in a sandbox.")
    ] = False
    workers: Workers = None
    cluster: OnCluster = ""


@app.command()
@_spread
def grade(
    submissions: Annotated[str, Argument(metavar="FOLDER", help="With bundles (.zip).")],
    asked: Grading,
) -> None:
    """Grade bundles: recompute, compare, flag. Nothing in them is run without --rerun.

    If it is stopped, the same command goes on; what has not changed is not graded again.
    """
    grading, given = _from("grading.grade"), vars(asked).copy()
    run = runs.runs_folder() / asked.labels
    if asked.labels and (run / "config.json").exists():
        given["labels"] = str(run)
    try:
        graded = grading.grade(submissions, **given)
    except KeyboardInterrupt:
        _stopped("The same command goes on with what is left.")
    print(f"{grading.summary(graded, asked.format)} Begin with {asked.out}/overview.html")


@app.command()
def predict(
    path: Annotated[str, Argument(metavar="PICTURE|FOLDER|VIDEO", help="What to find faces in.")],
    model: Annotated[
        str, Option(help="A .keras file, or the name of a model. [default: the best at hand]")
    ] = "",
    run: RunName = "",
    prior: PriorText = "",
    views: Annotated[
        int,
        Option(
            callback=_views,
            help="10 looks at each face in ten views: mostly more often right, and more work.",
        ),
    ] = 1,
    as_json: Json = False,
    annotate: Annotated[
        str | None, Option(metavar="OUT", help="Write it with boxes and names to this place.")
    ] = None,
    table: Annotated[
        str | None, Option("--csv", metavar="OUT", help="Write a row for each face in each frame.")
    ] = None,
) -> None:
    """Find faces and name their expressions.

    Of a folder, every picture and video is tried; if any cannot be read, the command ends with 1.
    """
    classifier, predicting = _classifier(model, run, prior).in_views(views), _from("zoo.predict")
    results = predicting.predict_path(classifier, path, annotate)
    if table is not None:
        predicting.write_csv(table, results, classifier.emotions)
    if as_json:
        answered = {"model": classifier.card, "prior": classifier.expects.text, "views": views}
        _print_json(answered | {"files": [vars(result) for result in results]})
    else:
        print(predicting.as_text(results))
        print(f"\n{classifier.about}")
    if any(result.error for result in results):
        raise typer.Exit(1)


@app.command()
def camera(
    model: Annotated[
        str, Argument(help="A .keras file, or the name of a model. [default: the best]")
    ] = "",
    run: RunName = "",
    port: Annotated[
        int, Option(min=0, max=65535, help="Where it listens; 0 is any that is free.")
    ] = 0,
    browser: Annotated[
        bool, Option("--browser/--no-browser", help="Open the page, or print its address.")
    ] = True,
) -> None:
    """Name the expression on your own face, live, on a page that only this computer serves.

    On the page, other models of the run or of the course can be put beside it. Ctrl-C ends it.
    """
    with backend_log_hidden():
        page = _from("camera").LivePage(model, run, port)
    import asyncio
    import webbrowser
    from threading import Thread

    print(f"The camera's page, until Ctrl-C: {page.address}", flush=True)
    # Beside the server: some browsers come back only when they are closed.
    opening = Thread(target=webbrowser.open, args=[page.address], daemon=True)
    try:
        asyncio.run(page.serve(opening.start if browser else bool))
    except KeyboardInterrupt:
        _stopped("Nothing was kept.")


@app.command()
def evaluate(
    model: Annotated[str, Argument(help="A .keras file, or the name of a model of the run.")],
    *,
    dataset: Dataset = None,
    data: Data = "",
    split: Annotated[Split, Option(help="The part of the data set to be tested on.")] = Split.test,
    run: RunName = "",
    seed: Seed = None,
    views: Annotated[
        int,
        Option(
            callback=_views,
            help="10 also takes ten views of each face.",
        ),
    ] = 1,
    prior: PriorText = "",
    as_json: Json = False,
) -> None:
    """Test a saved model on a data set: its scores, with 95 % intervals."""
    classifier, testing = _classifier(model, run, prior), _from("zoo.scores")
    dataset, seed = dataset or runs.DATASET, runs.SEED if seed is None else seed
    scores = testing.evaluate_model(classifier, dataset, data, split.value, seed, views)
    if as_json:
        _print_json({"model": classifier.card, "prior": classifier.expects.text, **scores})
    else:
        print(testing.scores_text(scores))
        print(f"\n{classifier.about}")


@app.command()
def fuse(
    first: Annotated[str, Argument(metavar="A", help="A picture of a face.")],
    second: Annotated[str, Argument(metavar="B", help="Another one, of the same size.")],
    out: Annotated[str, Option(metavar="PNG", help="Where to write the fused picture.")],
    method: Method = "average+pca",
    weight: Weight = 0.5,
    align: Align = "",
) -> None:
    """Fuse two pictures of faces into one."""
    options = {"method": method, "weight": weight, "align": align}
    print(_from("fusion.methods").fuse_files(first, second, out, **options))


@app.command()
def mixtures(
    out: Annotated[
        str,
        Option(
            metavar="FOLDER",
            callback=_checked("fusion.mixtures", "new_folder"),
            help="A new folder to fill.",
        ),
    ],
    dataset: Dataset = None,
    data: Data = "",
    method: Method = "paste",
    weight: Weight = 0.5,
    align: Align = "",
    seed: Seed = None,
) -> None:
    """Fuse every two expressions of each person: a data set of mixed emotions.

    People come from --dataset jaffe or people (a folder for each person, with a folder for each
    emotion in it), or are drawn. Pictures go into a folder for each pair, and mixtures.csv says
    what each was made of.
    """
    mixing, seed = _from("fusion.mixtures"), runs.SEED if seed is None else seed
    faces = mixing.load_sitters(dataset or runs.DATASET, data, seed)
    mixed = mixing.mix(faces, method, weight, align)
    written = mixing.write_mixtures(mixed, out)
    print(f"{written}: {len(mixed):,} mixtures from {len(faces):,} pictures")


@app.command()
@_spread
def train(
    network: Annotated[
        str,
        Argument(
            callback=_checked("networks", "TRAINABLE", "a network that can be trained on faces"),
            help="lenet5, cnn, small, ….",
        ),
    ],
    of: Opened,
    name: ModelName = "",
    switches: Annotated[
        list[str] | None,
        Option(
            "--set",
            metavar="SWITCH=VALUE",
            help="Change the recipe, such as mixup=0 or epochs=60; fer_kit/recipes.py has them.",
        ),
    ] = None,
) -> None:
    """Train a network from scratch by its recipe, test it once, write its card.

    If it is stopped, the same command goes on where it was.
    """
    with _mistakes_are_usage():
        changes = dict(map(_name_and_value, switches or ()))
        recipe = _from("recipes").recipe_for(network, of.profile or runs.PROFILE, changes)
    lab, training = of.lab(), _from("zoo.train")
    try:
        card = training.train_from_scratch(network, recipe, lab, name)
    except KeyboardInterrupt:
        _stopped("The same command goes on after the last epoch.")
    _print_card(card, lab)


@app.command()
def sweep(
    networks: Annotated[list[str], Argument(help="Such as: small cnn.")],
    *,
    seeds: Annotated[
        list[int] | None,
        Option(min=0, max=2**32 - 1, help="One or several: --seeds 42 1 2. [default: 42]"),
    ] = None,
    switches: Annotated[
        list[str] | None,
        Option(
            "--set",
            metavar="SWITCH=VALUE,…",
            help="Values to try, such as mixup=0,0.2; of several switches, every combination.",
        ),
    ] = None,
    dataset: Annotated[
        list[str] | None, Option(help="One, or once for each. [default: synthetic]")
    ] = None,
    data: Annotated[
        list[str] | None, Option(help="The path, once for each data set that needs one.")
    ] = None,
    profile: Profile = None,
    workers: Workers = None,
    cluster: OnCluster = "",
    out: Annotated[
        str, Option(help="The table's files, without an ending. [default: runs/sweeps/…]")
    ] = "",
) -> None:
    """Train networks with several seeds and recipes, side by side, and compare them in a table.

    If it is stopped, the same command goes on where it was.
    """
    sweeps = _from("zoo.sweep")
    names, numbers = _networks_and_seeds(networks, seeds or ())
    datasets, profile = dataset or [runs.DATASET], profile or runs.PROFILE
    with _mistakes_are_usage():
        values = dict(map(_name_and_values, switches or ()))
        rows = sweeps.asked(names, datasets, data or (), values, profile)
    place = out or runs.runs_folder() / "sweeps" / "-".join([*names, *datasets, profile, *values])
    command = _command_without_folders(data or ())
    try:
        found = sweeps.sweep(rows, numbers, profile, place, workers, command, cluster)
    except KeyboardInterrupt:
        _stopped("The same command goes on where it was.")
    print(f"{sweeps.as_text(found)}\n\n{place}.md")


@app.command()
@_spread
def ensemble(
    models: Annotated[list[str], Argument(help="Names or paths of trained models.")],
    of: Opened,
    name: ModelName = "",
) -> None:
    """Put trained models together: the mean of their answers."""
    lab, ensembles = of.lab(), _from("zoo.ensemble")
    _print_card(ensembles.make_ensemble(models, lab, name), lab)


@app.command()
def export(
    model: Annotated[str, Argument(help="A .keras file, or the name of a model.")],
    format: Annotated[
        str,
        Option(
            callback=_checked("zoo.export", "FORMATS", "a format"),
            help="onnx, litert, openvino or saved_model.",
        ),
    ],
    out: Annotated[str, Option(help="Where to write it. [default: here, MODEL.onnx, …]")] = "",
    run: RunName = "",
    beside: Annotated[
        bool, Option("--beside", help="onnx beside the model: predict then needs no Keras.")
    ] = False,
) -> None:
    """Write a model in another format, and compare it with Keras on 256 faces."""
    exporting = _from("zoo.export")
    with backend_log_hidden():
        if beside:
            path = _from("cards").find_model(model, run)
            noted = exporting.copy_beside(path)["onnx"]
            print(f"{path.with_suffix('.onnx')}, named in the card: {noted}")
            return
        about, path = exporting.export_model(_classifier(model, run), format, out)
    print(f"{path}, described in {exporting.about_file(path).name}")
    print(
        f"largest difference to Keras on {about['compared_on']}: "
        f"{about['largest_difference_to_keras']:.1e}"
    )


@app.command()
def card(
    model: Annotated[str, Argument(help="A .keras, .h5 or .hdf5 file from elsewhere.")],
    emotions: Annotated[
        str, Option(help="What its outputs stand for, in their order: angry,disgust,….")
    ],
    source: Annotated[str, Option(help="What it was trained on, in a few words.")] = "",
    black: Annotated[float, Option(help="What it takes black for, such as -1.")] = 0,
    white: Annotated[float, Option(help="What it takes white for, such as 255.")] = 1,
) -> None:
    """Write a card for a model that was trained elsewhere: predict and evaluate then take it.

    It is loaded without any code of its own; one that holds code is refused.
    """
    names = [name.strip() for name in emotions.split(",")]
    with backend_log_hidden():
        written = _from("zoo.own").write_own_card(model, names, source, black, white)
    print(f"{written['name']}: {written['parameters']:,} parameters, {', '.join(names)}")


@app.command()
def ship(
    model: Annotated[
        str, Argument(help="A model of the run; without one only the table is renewed.")
    ] = "",
    run: RunName = "",
) -> None:
    """Put a trained model into models/, and write models/README.md from the cards."""
    shipping = _from("zoo.ship")
    path = model and _from("cards").find_model(model, run)
    print(shipping.ship(path) if path else shipping.write_table())


@zoo.command("run")
def zoo_run(
    minutes: Annotated[float, Option(min=0.01, help="When to stop.")],
    data: Annotated[str, Option(help="fer2013.csv, with fer2013new.csv beside it.")],
    workers: Annotated[
        int | None, Option(min=1, help="Trainings at a time. [default: as many as fit]")
    ] = None,
) -> None:
    """Train what is missing in models/plan.toml, in order of worth, and ship what is finished.

    What is not finished in time goes on the next time.
    """
    done = _from("zoo.work").work(minutes, data, workers=workers)
    told = [f"{name}: {what}" for name, what in done.items()]
    print(
        "\n".join(told or ["Nothing is missing that can be trained here: see fer-kit zoo status."])
    )


@zoo.command()
def status() -> None:
    """Show which models of models/plan.toml there are, and what they cost."""
    print(_from("zoo.plan").status().to_string())


@zoo.command()
def measure(
    models: Annotated[list[str] | None, Argument(help="Of models/. [default: all]")] = None,
    data: Annotated[str, Option(help="fer2013.csv, with fer2013new.csv beside it.")] = "",
) -> None:
    """Measure shipped models anew from the data, and write their cards and models/README.md."""
    print(_from("zoo.measure").measure_all(models or (), data))


@app.command()
def download(
    name: Annotated[
        str,
        Argument(
            metavar="DATASET",
            callback=_checked("datasets", "check_dataset"),
            help="Such as fer2013.",
        ),
    ],
    accept: Annotated[
        bool, Option("--accept", help="You know the data set's terms and agree to them.")
    ] = False,
) -> None:
    """Download a data set, after you have agreed to its terms."""
    print(_from("datasets").download(name, accept=accept))


@app.command()
def info() -> None:
    """Show versions, device and data sets."""
    for name, value in _from("course.environment").describe().items():
        print(f"{name:<24}{value}")
    print(f"{'answers':<24}OpenCV for the models that come with the course, Keras for others")
    print("\nData sets, and what --data must point to:")
    for name, source in _from("datasets").SOURCES.items():
        print(f"{name:<24}{source.path or 'nothing: it is built in'}")


def _classifier(model: str, run: str, prior: str = "") -> Any:
    with backend_log_hidden():
        chosen = model or _from("cards").default_model(run)
        return _from("classify").load_model(chosen, run).expecting(_from("prior").parse(prior))


@contextmanager
def backend_log_hidden() -> Iterator[None]:
    """What TensorFlow's C++ code logs at its start goes nowhere; Python's errors are kept."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # damaged videos get our own sentence
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _check_gradable(bundle: Path) -> None:
    """Let grading's own reader look at a bundle: what it refuses now, it would refuse then."""
    try:
        with _from("grading.archive").Bundle(bundle) as opened:
            for _ in opened.notebooks():
                pass
    except InputError as error:
        raise InputError(f"This bundle would be refused when it is graded. {error}") from error


def _print_card(card: dict[str, Any], lab: runs.Run) -> None:
    print(f"{_from('zoo.scores').card_text(card)}\n\n{lab.folder / 'models' / card['name']}.keras")


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2))


def _stopped(what: str) -> NoReturn:
    """The end after Ctrl-C."""
    print(f"\nfer-kit: stopped. {what}", file=sys.stderr)
    raise typer.Exit(130) from None


def _name_and_value(text: str) -> tuple[str, Any]:
    """A parameter as Python reads it: epochs=3 is a number, name=lenet5 is text; true is True."""
    name, equals, value = text.partition("=")
    if not equals:
        raise BadParameter(f"Expected NAME=VALUE. Received: {text!r}.")
    try:
        return name, ast.literal_eval(value.title() if value in ("true", "false") else value)
    except (ValueError, SyntaxError):
        return name, value


def _networks_and_seeds(words: list[str], seeds: Sequence[int]) -> tuple[list[str], list[int]]:
    """Of `--seeds 42 1 2`, the words after the first come as networks; no network is a number."""
    numbers = [*seeds, *(int(word) for word in words if word.isdecimal())]
    return [word for word in words if not word.isdecimal()], numbers or [runs.SEED]


def _command_without_folders(data: Sequence[str]) -> str:
    """What was typed; of the data only the last part of each path."""
    words = [os.path.basename(word) if word in data else word for word in sys.argv[1:]]
    return shlex.join(["fer-kit", *words])


def _name_and_values(text: str) -> tuple[str, list[Any]]:
    """A parameter with all values that it is to have: mixup=0,0.2."""
    name, equals, values = text.partition("=")
    return name, [_name_and_value(f"{name}{equals}{value}")[1] for value in values.split(",")]


if __name__ == "__main__":  # python -m fer_kit.cli, where the command is not on the path
    main()
