"""The `fer-kit` command: one function for each thing it can do, and no work of its own.

It ends with 0 if all went well, 1 if something went wrong, 2 if it was called in a way that it does
not understand, and 130 after Ctrl-C.
"""

import ast
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer

from fer_kit.errors import InputError

app = typer.Typer(
    help="FER Kit: a course on facial expression recognition. Results go to runs/NAME/.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command; a mistake that the user can mend is a sentence, not a traceback."""
    try:
        app(prog_name="fer-kit")
    except InputError as error:
        sys.exit(f"fer-kit: {error}")
    except OSError as error:
        sys.exit(f"fer-kit: {error.filename or 'a file'}: {error.strerror or error}.")


def _usage(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let `check` refuse what was given on the command line as a mistake in its usage."""

    def callback(value: Any) -> Any:
        try:
            if value is not None:
                check(value)
        except InputError as error:
            raise typer.BadParameter(str(error)) from error
        return value

    return callback


def _check_lessons(names: list[str]) -> None:
    from fer_kit.course import find

    find(names)


def _check_dataset(name: str) -> None:
    from fer_kit.run import check_dataset

    check_dataset(name)


def _check_profile(name: str) -> None:
    from fer_kit.profiles import settings

    settings(name)


def _check_run(name: str) -> None:
    from fer_kit.run import check_name

    if name:
        check_name(name)


Split = StrEnum("Split", ["train", "validation", "test"])
RunName = Annotated[
    str,
    typer.Option("--run", callback=_usage(_check_run), help="Its name. [default: DATASET-PROFILE]"),
]
Dataset = Annotated[
    str | None,
    typer.Option(
        callback=_usage(_check_dataset),
        help="synthetic (the default), fer2013, ferplus, ckplus or folder.",
    ),
]
Data = Annotated[str, typer.Option(help="Path of the data set; see data/README.md.")]
Profile = Annotated[
    str | None,
    typer.Option(
        callback=_usage(_check_profile),
        help="smoke (seconds), quick (minutes, the default) or full (as published).",
    ),
]
Seed = Annotated[int | None, typer.Option(help="Where everything random starts. [default: 42]")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Force = Annotated[bool, typer.Option("--force", help="Run again even where nothing has changed.")]
Extra = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="One more parameter for the notebooks."),
]
Notebooks = Annotated[
    list[str],
    typer.Argument(
        metavar="NOTEBOOK", callback=_usage(_check_lessons), help="Such as 04 or 04_lenet5."
    ),
]


@app.command("run-all")
def run_all(
    run: RunName = "",
    dataset: Dataset = None,
    data: Data = "",
    profile: Profile = None,
    seed: Seed = None,
    force: Force = False,
    extra: Extra = None,
) -> None:
    """Run all notebooks in order and write the report.

    A notebook whose source, parameters and inputs have not changed is not run again.
    """
    _run_course((), run, dataset, data, profile, seed, force, extra)


@app.command("run")
def run_some(
    notebooks: Notebooks,
    run: RunName = "",
    dataset: Dataset = None,
    data: Data = "",
    profile: Profile = None,
    seed: Seed = None,
    force: Force = False,
    extra: Extra = None,
) -> None:
    """Run some notebooks and write the report."""
    _run_course(notebooks, run, dataset, data, profile, seed, force, extra)


@app.command()
def report(run: RunName = "") -> None:
    """Write the report of a run again."""
    from fer_kit.report import write_report
    from fer_kit.run import DATASET, PROFILE, default_name, runs_folder

    print(write_report(runs_folder() / (run or default_name(DATASET, PROFILE))))


@app.command()
def predict(
    path: Annotated[
        str, typer.Argument(metavar="PICTURE|FOLDER|VIDEO", help="What to find faces in.")
    ],
    model: Annotated[
        str,
        typer.Option(help="A .keras file, or a model of the run. [default: cnn, else lenet5]"),
    ] = "",
    run: RunName = "",
    as_json: Json = False,
    annotate: Annotated[
        str, typer.Option(metavar="OUT", help="Write it with boxes and names to this place.")
    ] = "",
) -> None:
    """Find faces and name their expressions.

    Of a folder, every picture is tried; if any cannot be read, the command ends with 1.
    """
    classifier = _classifier(model, run)
    from fer_kit.predict import as_text, predict_path

    results = predict_path(classifier, path, annotate or None)
    if as_json:
        _print_json({"model": classifier.card, "files": [vars(result) for result in results]})
    else:
        print(as_text(results))
        print(f"\n{classifier.about}")
    if any(result.error for result in results):
        raise typer.Exit(1)


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="A .keras file, or the name of a model of the run.")],
    dataset: Dataset = None,
    data: Data = "",
    split: Annotated[
        Split, typer.Option(help="The part of the data set to be tested on.")
    ] = Split.test,
    run: RunName = "",
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Test a saved model on a data set: its scores, with 95 % intervals."""
    classifier = _classifier(model, run)
    from fer_kit.predict import evaluate_model, scores_text
    from fer_kit.run import DATASET, SEED

    scores = evaluate_model(
        classifier, dataset or DATASET, data, split.value, SEED if seed is None else seed
    )
    if as_json:
        _print_json({"model": classifier.card, **scores})
    else:
        print(scores_text(scores))
        print(f"\n{classifier.about}")


@app.command()
def download(
    name: Annotated[
        str,
        typer.Argument(metavar="DATASET", callback=_usage(_check_dataset), help="Such as fer2013."),
    ],
    accept: Annotated[
        bool, typer.Option("--accept", help="You know the data set's terms and agree to them.")
    ] = False,
) -> None:
    """Download a data set, after you have agreed to its terms."""
    from fer_kit.datasets import download

    print(download(name, accept=accept))


@app.command()
def info() -> None:
    """Show versions, device and data sets."""
    from fer_kit.datasets import SOURCES
    from fer_kit.environment import describe

    for name, value in describe().items():
        print(f"{name:<24}{value}")
    print("\nData sets, and what --data must point to:")
    for name, source in SOURCES.items():
        print(f"{name:<24}{source.path or 'nothing: it is built in'}")


def _classifier(model: str, run: str) -> Any:
    with _backend_log_hidden():
        from fer_kit.classify import default_model, load_model

        return load_model(model or default_model(run), run)


@contextmanager
def _backend_log_hidden() -> Iterator[None]:
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


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _run_course(
    only: Any,
    run: str,
    dataset: str | None,
    data: str,
    profile: str | None,
    seed: int | None,
    force: bool,
    extra: list[str] | None,
) -> None:
    from fer_kit.course import ParameterError, run_course

    try:
        values = dict(map(_name_and_value, extra or ()))
        run_course(run, dataset, data, profile, seed, only, force, extra=values)
    except ParameterError as error:
        raise typer.BadParameter(str(error)) from error
    except KeyboardInterrupt:
        print(
            "\nfer-kit: stopped. The notebooks that were finished keep their results.",
            file=sys.stderr,
        )
        raise typer.Exit(130) from None


def _name_and_value(text: str) -> tuple[str, Any]:
    """A parameter as Python reads it: epochs=3 is a number, name=lenet5 is text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"Expected NAME=VALUE. Received: {text!r}.")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
