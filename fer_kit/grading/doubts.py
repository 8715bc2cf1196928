"""What cannot be, or should be asked about: sentences for the instructor, and no verdicts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fer_kit.course.compare import Compared
from fer_kit.course.rubric import Rubric
from fer_kit.faces import are_drawn
from fer_kit.grading.plain import few, finite, moment
from fer_kit.grading.results import Result
from fer_kit.grading.told import Claims, Manifest, Training
from fer_kit.lessons import METRICS
from fer_kit.version import __version__

# What was changed in a lesson, taken out or hidden, and where `Compared` has the names of that.
CHANGES = {
    "Checks were changed": "changed_checks",
    "Released code cells are missing": "missing",
    "Released code cells were emptied": "emptied",
    "Errors are hidden by the tag raises-exception": "hidden_errors",
    "Cells are tagged as papermill's own and are not": "disguised",
    "Several cells have the id": "repeated",
    "Passed, though nothing was filled in": "empty_but_passed",
}


def find_doubts(
    manifest: Manifest,
    metrics: Claims | None,
    lessons: Sequence[Compared],
    results: Sequence[Result],
    rubric: Rubric,
) -> list[str]:
    """Everything in a bundle that cannot be, or that was not asked for."""
    return [
        *_version(manifest),
        *_parameters(manifest, lessons, rubric),
        *_provenance(manifest, metrics, lessons),
        *(f"{result.model}: {told}" for result in results for told in result.problems + result.odd),
        *_same_answers(results),
        *_claims_without_predictions(metrics, results),
        *_checks(lessons),
        *_order(lessons),
        *_timing(manifest, lessons, rubric),
    ]


def _version(manifest: Manifest) -> list[str]:
    if manifest.fer_kit == __version__:
        return []
    made_with = manifest.fer_kit or "of no known version"
    return [f"Made with FER Kit {made_with}; yours is {__version__}."]


def _parameters(manifest: Manifest, lessons: Sequence[Compared], rubric: Rubric) -> list[str]:
    """Every place that names a parameter has to say the same, and what was asked for.

    That is: run.json, what papermill noted in each notebook, and the cell that it put in.
    """
    told = manifest.parameters
    places = {"run.json": told}
    places |= {lesson.name: lesson.execution.parameters for lesson in lessons}
    injected = {f"the parameters cell of {lesson.name}": lesson.injected for lesson in lessons}
    doubts = []
    for name in ("run", "dataset", "profile", "seed"):
        asked = name in rubric.run
        wanted = rubric.run.get(name, told.get(name))
        others: dict[str, list[str]] = {}
        for place, says in (places | injected).items():
            if says.get(name, wanted if place in injected else None) != wanted:
                others.setdefault(repr(says.get(name)), []).append(place)
        doubts += [
            f"{name} is {value[:60]} in {few(where)}; {wanted!r} "
            f"{'was asked for' if asked else 'in run.json'}."
            for value, where in others.items()
        ]
    return doubts


def _provenance(
    manifest: Manifest, metrics: Claims | None, lessons: Sequence[Compared]
) -> list[str]:
    """Every place that says what the faces are has to say the same: drawn, or real."""
    says = {"run.json": manifest.synthetic}
    says["the parameters"] = are_drawn(str(manifest.parameters.get("dataset")))
    if metrics:
        says[METRICS] = metrics.synthetic
        says[f"the source in {METRICS}"] = are_drawn(metrics.source)
    if manifest.data:
        says["the prepared data"] = are_drawn(str(manifest.data.get("source")))
    # Other models may have learned from drawn pairs or people, whatever the run's faces are.
    for model in sorted(_claimed(metrics) & manifest.models.keys()):
        says[f"the card of {model}"] = manifest.models[model].trained_on.synthetic
    for lesson in lessons:
        dataset = lesson.execution.parameters.get("dataset")
        if dataset is not None:
            says[f"the execution of {lesson.name}"] = are_drawn(str(dataset))
    drawn = [place for place, is_synthetic in says.items() if is_synthetic]
    real = [place for place, is_synthetic in says.items() if not is_synthetic]
    if drawn and real:
        return [f"Drawn faces shown as real? Drawn: {few(drawn)}. Real: {few(real)}."]
    return []


def _same_answers(results: Sequence[Result]) -> list[str]:
    """Two networks never give the same answer to every face; two protocols of one may."""
    by_answers: dict[str, list[str]] = {}
    for result in results:
        if result.answers:
            by_answers.setdefault(result.answers, []).append(result.model)
    return [
        f"The very same answers to every face: {few(models)}."
        for models in by_answers.values()
        if len({model.removesuffix("-as-published") for model in models}) > 1
    ]


def _claimed(metrics: Claims | None) -> set[str]:
    return set(metrics.models if metrics else ())


def _claims_without_predictions(metrics: Claims | None, results: Sequence[Result]) -> list[str]:
    without = sorted(_claimed(metrics) - {result.model for result in results})
    return [f"Results without predictions: {few(without)}."] if without else []


def _checks(lessons: Sequence[Compared]) -> list[str]:
    """What was changed, taken out or hidden, with the names of the cells."""
    found = {what: [k for one in lessons for k in getattr(one, at)] for what, at in CHANGES.items()}
    solved = [one.name for one in lessons if one.with_solutions]
    found["The notebooks with solutions, not the released ones"] = solved
    return [f"{what}: {few(names)}." for what, names in found.items() if names]


def _order(lessons: Sequence[Compared]) -> list[str]:
    mixed = [lesson.name for lesson in lessons if not lesson.execution.in_order]
    return [f"Not run from the top in one kernel: {few(mixed)}."] if mixed else []


def _timing(manifest: Manifest, lessons: Sequence[Compared], rubric: Rubric) -> list[str]:
    doubts = []
    for model, training in manifest.models.items():
        doubts += _training_time(model, training, rubric)
    for lesson in lessons:
        doubts += _notebook_time(lesson)
    longest = max((finite(lesson.execution.seconds) or 0 for lesson in lessons), default=0)
    return doubts + [
        f"{model}: a training of {seconds:.0f} s, and no notebook ran longer than {longest:.0f} s."
        for model, training in manifest.models.items()
        if (seconds := training.seconds) is not None and lessons and seconds > longest + 1
    ]


def _training_time(model: str, told: Training, rubric: Rubric) -> list[str]:
    seconds, epochs, faces = told.seconds, told.epochs, told.trained_on.faces
    if seconds is None or epochs is None or faces is None:
        return []
    least = epochs * faces * rubric.limits.microseconds_per_face / 1e6
    if seconds >= least:
        return []
    return [
        f"{model}: {epochs:.0f} epochs of {faces:,.0f} faces in {seconds:.1f} s; nothing is faster "
        f"than {least:.1f} s."
    ]


def _notebook_time(lesson: Compared) -> list[str]:
    """The clock has to fit: the end after the beginning, and not after now."""
    told = lesson.execution
    started, ended = moment(told.started), moment(told.ended)
    if not told.started and not told.ended:
        return []
    if started is None or ended is None:
        return [f"{lesson.name}: started or ended at no time that can be read."]
    seconds = finite(told.seconds)
    took = (ended - started).total_seconds()
    if took < 0 or ended > datetime.now(UTC) + timedelta(days=1):
        return [f"{lesson.name}: ended before it started, or in the future."]
    if seconds is not None and abs(took - seconds) > 1 + 0.01 * took:
        return [f"{lesson.name}: took {seconds:.0f} s, but {took:.0f} s lie between start and end."]
    return []
