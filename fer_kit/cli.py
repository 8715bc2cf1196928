"""The `fer-kit` command: one function for each thing it can do, and no work of its own.

It ends with 0 if all went well, 1 if something went wrong, 2 if it was called in a way that it does
not understand, and 130 after Ctrl-C.
"""

import ast
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

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
    try:
        app(prog_name="fer-kit")
    except InputError as error:
        sys.exit(f"fer-kit: {error}")
    except OSError as error:
        sys.exit(f"fer-kit: {error.filename or 'a file'}: {error.strerror or error}.")


@contextmanager
def _mistakes_are_usage() -> Iterator[None]:
    """What the library refuses within this block was called in a wrong way: exit code 2."""
    try:
        yield
    except InputError as error:
        raise typer.BadParameter(str(error)) from error


def _checked(module: str, name: str, what: str = "") -> Callable[..., Any]:
    """Look at an option before anything else is done; what it takes is loaded only if it is given.

    Args:
        module, name: what refuses it: a function of the library, or the choices that there are.
        what: of choices, what one of them is.
    """

    def callback(parameter: typer.CallbackParam, value: Any) -> Any:
        if value != parameter.default:
            known = getattr(import_module(f"fer_kit.{module}"), name)
            with _mistakes_are_usage():
                known(value) if callable(known) else choose(value, known, what)
        return value

    return callback


Split = StrEnum("Split", ["train", "validation", "test"])
RunName = Annotated[
    str,
    typer.Option(
        "--run", callback=_checked("run", "check_name"), help="Its name. [default: DATASET-PROFILE]"
    ),
]
Dataset = Annotated[
    str | None,
    typer.Option(
        callback=_checked("datasets", "check_dataset"),
        help="synthetic (the default), fer2013, …: fer-kit info lists them.",
    ),
]
Data = Annotated[str, typer.Option(help="Path of the data set; see data/README.md.")]
Profile = Annotated[
    str | None,
    typer.Option(
        callback=_checked("lessons", "PROFILES", "a profile"),
        help="smoke (checks that it runs), quick (minutes, the default) or full (as published).",
    ),
]
Seed = Annotated[int | None, typer.Option(help="Where everything random starts. [default: 42]")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Force = Annotated[bool, typer.Option("--force", help="Run again even where nothing has changed.")]
Extra = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="One more parameter for the notebooks."),
]
PriorText = Annotated[
    str,
    typer.Option(
        "--prior",
        callback=_checked("prior", "parse"),
        help="How often each emotion is expected: even, training, or happy=0.5,sad=0.2,…. "
        "[default: what the model's card says, in between]",
    ),
]
Method = Annotated[
    str,
    typer.Option(
        callback=_checked("fusion.methods", "METHODS", "a method"),
        help="paste, weighted_average, pca, average+pca or wavelet.",
    ),
]
Weight = Annotated[float, typer.Option(min=0, max=1, help="The share of the second picture.")]
Align = Annotated[
    str,
    typer.Option(
        callback=_checked("fusion.methods", "ALIGNMENTS", "an alignment"),
        help="Bring the second picture onto the first before: eyes or flow. [default: not at all]",
    ),
]
Lessons = Annotated[
    str, typer.Option("--notebooks", help="Their folder, such as student. [default: notebooks]")
]
Workers = Annotated[
    int | None,
    typer.Option(
        callback=_checked("course.workers", "check_workers"),
        help="How many side by side; 1 is one after the other. [default: as many as fit]",
    ),
]
Own = Annotated[
    str, typer.Option("--notebooks", help="The folder of your notebooks. [default: student]")
]
OnCluster = Annotated[
    str,
    typer.Option(
        "--cluster",
        metavar="TCP://HOST:PORT|FILE",
        help="Dask's scheduler, whose workers do it; see docs/cluster.md. [default: this computer]",
    ),
]
Notebooks = Annotated[
    list[str],
    typer.Argument(
        metavar="NOTEBOOK", callback=_checked("lessons", "find"), help="Such as 04 or 04_lenet5."
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
    folder: Lessons = "",
    workers: Workers = None,
    cluster: OnCluster = "",
) -> None:
    """Run all notebooks, side by side where they do not wait for each other; write the report.

    A notebook whose source, parameters and inputs have not changed is not run again.
    """
    run_some([], run, dataset, data, profile, seed, force, extra, folder, workers, cluster)


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
    folder: Lessons = "",
    workers: Workers = None,
    cluster: OnCluster = "",
) -> None:
    """Run some notebooks and write the report."""
    from fer_kit.course.running import ParameterError, run_course

    try:
        run_course(
            run=run,
            dataset=dataset,
            data=data,
            profile=profile,
            seed=seed,
            only=notebooks,
            force=force,
            notebooks=Path(folder) if folder else None,
            extra=dict(map(_name_and_value, extra or ())),
            workers=workers,
            cluster=cluster,
        )
    except ParameterError as error:
        raise typer.BadParameter(str(error)) from error
    except KeyboardInterrupt:
        _stopped("The notebooks that were finished keep their results.")


@app.command()
def report(
    run: RunName = "", dataset: Dataset = None, profile: Profile = None, seed: Seed = None
) -> None:
    """Write the report of a run again."""
    from fer_kit.course.report import write_report
    from fer_kit.run import default_name, runs_folder

    print(write_report(runs_folder() / (run or default_name(dataset, profile, seed))))


@app.command()
def bundle(
    run: RunName = "",
    dataset: Dataset = None,
    profile: Profile = None,
    seed: Seed = None,
    name: Annotated[str, typer.Option(help="Who hands it in.")] = "",
    student_id: Annotated[str, typer.Option("--id", help="The number that your course uses.")] = "",
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Also pictures that may show real people.")
    ] = False,
    folder: Own = "",
) -> None:
    """Pack a run into bundle.zip, to be handed in, and say what grading would miss in it."""
    from fer_kit.course import progress
    from fer_kit.course.bundle import write_bundle
    from fer_kit.run import default_name, runs_folder

    run_folder = runs_folder() / (run or default_name(dataset, profile, seed))
    packed = write_bundle(run_folder, name, student_id, pictures)
    done = progress.look(run_folder, _own_notebooks(folder))
    print(f"{packed}\n\n{progress.told(done, progress.before_handing_in(done))}")
    _check_gradable(packed)


@app.command("progress")
def show_progress(
    run: RunName = "",
    dataset: Dataset = None,
    profile: Profile = None,
    seed: Seed = None,
    folder: Own = "",
) -> None:
    """Say which exercises are done in a run, which are not, and what grading would miss."""
    from fer_kit.course import progress
    from fer_kit.run import default_name

    done = progress.look_at_run(run or default_name(dataset, profile, seed), _own_notebooks(folder))
    print(progress.told(done, progress.before_handing_in(done)))


@app.command()
def student(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; end with 1 if a copy is stale.")
    ] = False,
) -> None:
    """Write the students' copies of the notebooks, without solutions, to student/."""
    from fer_kit.course.student import stale_student_copies, write_student_copies

    if not check:
        print(f"{len(write_student_copies())} notebooks written to student/")
        return
    stale = stale_student_copies()
    if stale:
        raise InputError(
            "Expected the students' copies to be as make student writes them. "
            f"Received: {', '.join(stale)}, stale. Run make student and commit what it changes."
        )


@app.command()
def grade(
    submissions: Annotated[str, typer.Argument(metavar="FOLDER", help="With bundles (.zip).")],
    rubric: Annotated[str, typer.Option(help="A TOML file. [default: rubric.toml]")] = "",
    labels: Annotated[
        str, typer.Option(help="The truth: a run of yours, or a CSV with id, split and label.")
    ] = "",
    manual: Annotated[
        str, typer.Option(help="A CSV of points given by hand, added to manual.csv in --out.")
    ] = "",
    out: Annotated[str, typer.Option(help="Where the grades go.")] = "grades",
    release: Annotated[str, typer.Option(help="The released notebooks. [default: student]")] = "",
    roster: Annotated[
        str, typer.Option(help="The class list, a CSV: id, name, email; or an LMS's export.")
    ] = "",
    format: Annotated[
        str,
        typer.Option(
            callback=_checked("grading.gradebook", "FORMATS", "a format"),
            help="Of gradebook.csv: all, moodle or canvas.",
        ),
    ] = "all",
    reports: Annotated[
        bool, typer.Option("--reports", help="Also write each student's report anew.")
    ] = False,
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Also execute each submission, in a sandbox.")
    ] = False,
    workers: Workers = None,
    cluster: OnCluster = "",
) -> None:
    """Grade bundles: recompute, compare, flag. Nothing in them is run without --rerun.

    If it is stopped, the same command goes on; what has not changed is not graded again.
    """
    from fer_kit.grading.grade import grade, summary
    from fer_kit.run import runs_folder

    if labels and (runs_folder() / labels / "config.json").exists():
        labels = str(runs_folder() / labels)
    try:
        graded = grade(
            submissions,
            rubric=rubric,
            labels=labels,
            manual=manual,
            out=out,
            release=release,
            roster=roster,
            format=format,
            reports=reports,
            rerun=rerun,
            workers=workers,
            cluster=cluster,
        )
    except KeyboardInterrupt:
        _stopped("The same command goes on with what is left.")
    print(f"{summary(graded, format)} Begin with {out}/overview.html")


@app.command()
def predict(
    path: Annotated[
        str, typer.Argument(metavar="PICTURE|FOLDER|VIDEO", help="What to find faces in.")
    ],
    model: Annotated[
        str,
        typer.Option(help="A .keras file, or the name of a model. [default: the best at hand]"),
    ] = "",
    run: RunName = "",
    prior: PriorText = "",
    as_json: Json = False,
    annotate: Annotated[
        str, typer.Option(metavar="OUT", help="Write it with boxes and names to this place.")
    ] = "",
) -> None:
    """Find faces and name their expressions.

    Of a folder, every picture is tried; if any cannot be read, the command ends with 1.
    """
    classifier = _classifier(model, run, prior)
    from fer_kit.zoo.predict import as_text, predict_path

    results = predict_path(classifier, path, annotate or None)
    if as_json:
        answered = {"model": classifier.card, "prior": classifier.expects.text}
        _print_json(answered | {"files": [vars(result) for result in results]})
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
    views: Annotated[
        int,
        typer.Option(
            callback=_checked("recipes", "VIEWS", "a number of views"),
            help="10 also takes ten views of each face.",
        ),
    ] = 1,
    prior: PriorText = "",
    as_json: Json = False,
) -> None:
    """Test a saved model on a data set: its scores, with 95 % intervals."""
    classifier = _classifier(model, run, prior)
    from fer_kit.run import DATASET, SEED
    from fer_kit.zoo.scores import evaluate_model, scores_text

    scores = evaluate_model(
        classifier, dataset or DATASET, data, split.value, SEED if seed is None else seed, views
    )
    if as_json:
        _print_json({"model": classifier.card, "prior": classifier.expects.text, **scores})
    else:
        print(scores_text(scores))
        print(f"\n{classifier.about}")


@app.command()
def fuse(
    first: Annotated[str, typer.Argument(metavar="A", help="A picture of a face.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one, of the same size.")],
    out: Annotated[str, typer.Option(metavar="PNG", help="Where to write the fused picture.")],
    method: Method = "average+pca",
    weight: Weight = 0.5,
    align: Align = "",
) -> None:
    """Fuse two pictures of faces into one."""
    from fer_kit.fusion.methods import fuse_files

    print(fuse_files(first, second, out, method=method, weight=weight, align=align))


@app.command()
def mixtures(
    out: Annotated[
        str,
        typer.Option(
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
    from fer_kit.fusion.mixtures import load_sitters, mix, write_mixtures
    from fer_kit.run import DATASET, SEED

    faces = load_sitters(dataset or DATASET, data, SEED if seed is None else seed)
    mixed = mix(faces, method, weight, align)
    print(f"{write_mixtures(mixed, out)}: {len(mixed):,} mixtures from {len(faces):,} pictures")


@app.command()
def train(
    network: Annotated[
        str,
        typer.Argument(
            callback=_checked("networks", "TRAINABLE", "a network that can be trained on faces"),
            help="lenet5, cnn, small, ….",
        ),
    ],
    dataset: Dataset = None,
    data: Data = "",
    profile: Profile = None,
    seed: Seed = None,
    run: RunName = "",
    name: Annotated[str, typer.Option(help="Of the model. [default: NETWORK-DATASET]")] = "",
    switches: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SWITCH=VALUE",
            help="Change the recipe, such as mixup=0 or epochs=60; fer_kit/recipes.py has them.",
        ),
    ] = None,
) -> None:
    """Train a network from scratch by its recipe, test it once, write its card.

    If it is stopped, the same command goes on where it was.
    """
    from fer_kit.recipes import recipe_for
    from fer_kit.run import PROFILE, check_name

    with _mistakes_are_usage():
        changes = dict(map(_name_and_value, switches or ()))
        recipe = recipe_for(network, profile or PROFILE, changes)
    lab = _lab(run, dataset, data, profile, seed)
    with _backend_log_hidden():
        from fer_kit.zoo.scores import card_text
        from fer_kit.zoo.train import train_from_scratch
    try:
        card = train_from_scratch(network, recipe, lab, name and check_name(name))
    except KeyboardInterrupt:
        _stopped("The same command goes on after the last epoch.")
    print(f"{card_text(card)}\n\n{lab.folder / 'models' / card['name']}.keras")


@app.command()
def sweep(
    networks: Annotated[list[str], typer.Argument(help="Such as: small cnn.")],
    seeds: Annotated[
        list[int] | None, typer.Option(help="One or several: --seeds 42 1 2. [default: 42]")
    ] = None,
    switches: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SWITCH=VALUE,…",
            help="Values to try, such as mixup=0,0.2; of several switches, every combination.",
        ),
    ] = None,
    dataset: Annotated[
        list[str] | None, typer.Option(help="One, or once for each. [default: synthetic]")
    ] = None,
    data: Annotated[
        list[str] | None, typer.Option(help="The path, once for each data set that needs one.")
    ] = None,
    profile: Profile = None,
    workers: Workers = None,
    cluster: OnCluster = "",
    out: Annotated[
        str, typer.Option(help="The table's files, without an ending. [default: runs/sweeps/…]")
    ] = "",
) -> None:
    """Train networks with several seeds and recipes, side by side, and compare them in a table.

    If it is stopped, the same command goes on where it was.
    """
    from fer_kit.datasets import check_dataset
    from fer_kit.networks import NETWORKS
    from fer_kit.run import DATASET, PROFILE, SEED, runs_folder
    from fer_kit.zoo import sweep as sweeps

    # Of `--seeds 42 1 2`, the words after the first come as networks; no network is a number.
    numbers = [*(seeds or ()), *(int(word) for word in networks if word.isdecimal())]
    names = [word for word in networks if not word.isdecimal()]
    datasets, profile = dataset or [DATASET], profile or PROFILE
    with _mistakes_are_usage():
        for name in names or [""]:
            choose(name, NETWORKS, "a network")
        for name in datasets:
            check_dataset(name)
        values = dict(map(_name_and_values, switches or ()))
        rows = sweeps.grid(names, sweeps.with_data(datasets, data or ()), values)
        for row in rows:
            row.recipe(profile)
    place = out or runs_folder() / "sweeps" / "-".join([*names, *datasets, profile, *values])
    words = [os.path.basename(word) if word in (data or ()) else word for word in sys.argv[1:]]
    command = shlex.join(["fer-kit", *words])
    try:
        found = sweeps.sweep(rows, numbers or [SEED], profile, place, workers, command, cluster)
    except KeyboardInterrupt:
        _stopped("The same command goes on where it was.")
    print(f"{sweeps.as_text(found)}\n\n{place}.md")


@app.command()
def ensemble(
    models: Annotated[list[str], typer.Argument(help="Names or paths of trained models.")],
    run: RunName = "",
    dataset: Dataset = None,
    data: Data = "",
    profile: Profile = None,
    seed: Seed = None,
    name: Annotated[str, typer.Option(help="Of the model. [default: ensemble-DATASET]")] = "",
) -> None:
    """Put trained models together: the mean of their answers."""
    from fer_kit.run import check_name

    lab = _lab(run, dataset, data, profile, seed)
    with _backend_log_hidden():
        from fer_kit.zoo.ensemble import make_ensemble
        from fer_kit.zoo.scores import card_text
    card = make_ensemble(models, lab, name and check_name(name))
    print(f"{card_text(card)}\n\n{lab.folder / 'models' / card['name']}.keras")


@app.command()
def export(
    model: Annotated[str, typer.Argument(help="A .keras file, or the name of a model.")],
    format: Annotated[str, typer.Option(help="onnx, litert, openvino or saved_model.")],
    out: Annotated[
        str, typer.Option(help="Where to write it. [default: here, MODEL.onnx, …]")
    ] = "",
    run: RunName = "",
    beside: Annotated[
        bool, typer.Option("--beside", help="onnx beside the model: predict then needs no Keras.")
    ] = False,
) -> None:
    """Write a model in another format, and compare it with Keras on 256 faces."""
    with _backend_log_hidden():
        from fer_kit.zoo.export import about_file, copy_beside, export_model

        if beside:
            from fer_kit.cards import find_model

            path = find_model(model, run)
            print(f"{path.with_suffix('.onnx')}, named in the card: {copy_beside(path)['onnx']}")
            return
        classifier = _classifier(model, run)

        about, path = export_model(classifier, format, out)
    print(f"{path}, described in {about_file(path).name}")
    print(
        f"largest difference to Keras on {about['compared_on']}: "
        f"{about['largest_difference_to_keras']:.1e}"
    )


@app.command()
def ship(
    model: Annotated[
        str, typer.Argument(help="A model of the run; without one only the table is renewed.")
    ] = "",
    run: RunName = "",
) -> None:
    """Put a trained model into models/, and write models/README.md from the cards."""
    with _backend_log_hidden():
        from fer_kit.cards import find_model
        from fer_kit.zoo.ship import ship, write_table
    print(ship(find_model(model, run)) if model else write_table())


@zoo.command("run")
def zoo_run(
    minutes: Annotated[float, typer.Option(min=0.01, help="When to stop.")],
    data: Annotated[str, typer.Option(help="fer2013.csv, with fer2013new.csv beside it.")],
    workers: Annotated[
        int | None, typer.Option(min=1, help="Trainings at a time. [default: as many as fit]")
    ] = None,
) -> None:
    """Train what is missing in models/plan.toml, in order of worth, and ship what is finished.

    What is not finished in time goes on the next time.
    """
    with _backend_log_hidden():
        from fer_kit.zoo.work import work
    told = [f"{name}: {what}" for name, what in work(minutes, data, workers=workers).items()]
    print("\n".join(told) or "Nothing is missing.")


@zoo.command()
def status() -> None:
    """Show which models of models/plan.toml there are, and what they cost."""
    from fer_kit.zoo.plan import status

    print(status().to_string())


@zoo.command()
def measure(
    models: Annotated[list[str] | None, typer.Argument(help="Of models/. [default: all]")] = None,
    data: Annotated[str, typer.Option(help="fer2013.csv, with fer2013new.csv beside it.")] = "",
) -> None:
    """Measure shipped models anew from the data, and write their cards and models/README.md."""
    with _backend_log_hidden():
        from fer_kit.zoo.measure import measure_all
    print(measure_all(models or (), data))


@app.command()
def download(
    name: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            callback=_checked("datasets", "check_dataset"),
            help="Such as fer2013.",
        ),
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
    from fer_kit.course.environment import describe
    from fer_kit.datasets import SOURCES

    for name, value in describe().items():
        print(f"{name:<24}{value}")
    print(f"{'answers':<24}OpenCV for the models that come with the course, Keras for others")
    print("\nData sets, and what --data must point to:")
    for name, source in SOURCES.items():
        print(f"{name:<24}{source.path or 'nothing: it is built in'}")


def _lab(run: str, dataset: str | None, data: str, profile: str | None, seed: int | None) -> Any:
    from fer_kit.run import DATASET, PROFILE, SEED, Run

    seed = SEED if seed is None else seed
    return Run.open(run, dataset or DATASET, data, profile or PROFILE, seed)


def _classifier(model: str, run: str, prior: str = "") -> Any:
    with _backend_log_hidden():
        from fer_kit.cards import default_model
        from fer_kit.classify import load_model
        from fer_kit.prior import parse

        return load_model(model or default_model(run), run).expecting(parse(prior))


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


def _check_gradable(bundle: Path) -> None:
    """Let grading's own reader look at a bundle: what it refuses now, it would refuse then."""
    from fer_kit.grading.archive import Bundle

    try:
        with Bundle(bundle) as opened:
            for _ in opened.notebooks():
                pass
    except InputError as error:
        raise InputError(f"This bundle would be refused when it is graded. {error}") from error


def _own_notebooks(folder: str) -> Path:
    from fer_kit.run import course_folder

    return Path(folder) if folder else course_folder() / "student"


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _stopped(what: str) -> NoReturn:
    """The end after Ctrl-C."""
    print(f"\nfer-kit: stopped. {what}", file=sys.stderr)
    raise typer.Exit(130) from None


def _name_and_value(text: str) -> tuple[str, Any]:
    """A parameter as Python reads it: epochs=3 is a number, name=lenet5 is text; true is True."""
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"Expected NAME=VALUE. Received: {text!r}.")
    try:
        return name, ast.literal_eval(value.title() if value in ("true", "false") else value)
    except (ValueError, SyntaxError):
        return name, value


def _name_and_values(text: str) -> tuple[str, list[Any]]:
    """A parameter with all values that it is to have: mixup=0,0.2."""
    name, equals, values = text.partition("=")
    return name, [_name_and_value(f"{name}{equals}{value}")[1] for value in values.split(",")]


if __name__ == "__main__":  # python -m fer_kit.cli, where the command is not on the path
    main()
