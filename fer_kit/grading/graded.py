"""What is known of one submission: who has handed it in, what was found in it, what it is worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fer_kit.course.rubric import Rubric
from fer_kit.grading.handed_in import HandIn
from fer_kit.grading.roster import Person, Sender, Standing


@dataclass
class Record:
    """What was found in a bundle, as plain values: it is kept as JSON.

    Attributes:
        error: why it could not be graded, a sentence for the student; "" where it was.
        doubts: sentences for the instructor.
        scores: by the criterion's id, the points and why; only what the computer can give.
        lessons, results: what the pages show of `Compared` and of `Result`.
        absent: the released notebooks that are not in it.
        own: what the student wrote, by cell.
        started: when each notebook was started.
        rerun: what came of executing it, a sentence; "" where it was not.
    """

    error: str = ""
    doubts: list[str] = field(default_factory=list)
    scores: dict[str, tuple[float, str]] = field(default_factory=dict)
    lessons: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    own: dict[str, str] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    rerun: str = ""


@dataclass(frozen=True)
class Told:
    """What an instructor gave to one submission.

    Attributes:
        points: by the criterion's id, as far as they were given.
        comment: for the student.
    """

    points: Mapping[str, float]
    comment: str = ""


NOTHING = Told({})


@dataclass
class Graded:
    """One submission.

    Attributes:
        hand_in: the file.
        sender: who has handed it in, as it says itself.
        record: what was found in it; None where it has not been looked at yet.
        standing: what it is among the others.
        told: what the instructor gave by hand.
        pairs: how many others it is too much alike.
    """

    hand_in: HandIn
    sender: Sender
    record: Record | None = None
    standing: Standing = Standing()
    told: Told = NOTHING
    pairs: int = 0

    @property
    def name(self) -> str:
        """Of the submission: its path below the folder."""
        return self.hand_in.name

    @property
    def person(self) -> Person:
        """Whose it is: as the class list says, else as the bundle does."""
        own, listed = self.sender, self.standing.person or Person("")
        return replace(listed, id=listed.id or own.id, name=listed.name or own.student)

    @property
    def student(self) -> str:
        """The student's name."""
        return self.person.name

    @property
    def id(self) -> str:
        """The student's number."""
        return self.person.id

    @property
    def error(self) -> str:
        """Why it could not be graded; "" where it was."""
        return self.record.error if self.record else ""

    @property
    def doubts(self) -> list[str]:
        """Sentences for the instructor."""
        found = [*self.standing.remarks, *(self.record.doubts if self.record else ())]
        return [*found, "Listed as too alike."] if self.pairs else found

    @property
    def counts(self) -> bool:
        """Whether it is the attempt that counts."""
        return self.standing.counts

    def score(self, criterion: str) -> float | None:
        """The points for a criterion; None where nobody has given them yet."""
        if criterion in self.told.points:
            return self.told.points[criterion]
        found = self.record.scores.get(criterion) if self.record else None
        return found[0] if found else None

    def total(self, rubric: Rubric) -> float | None:
        """All points that are given so far; None where there are none at all."""
        points = [self.score(criterion.id) for criterion in rubric.criteria]
        given = [value for value in points if value is not None]
        return round(sum(given), 2) if given else None

    def waiting(self, rubric: Rubric) -> list[str]:
        """The criteria for which there are no points yet."""
        return [one.id for one in rubric.criteria if self.score(one.id) is None]

    def state(self, rubric: Rubric) -> str:
        """How far it is graded, in a few words."""
        if self.record is None:
            return "not looked at yet"
        if not self.counts:
            return "does not count"
        if self.error and self.total(rubric) is None:
            return "not graded"
        waiting = self.waiting(rubric)
        return f"partial: {', '.join(waiting)} missing" if waiting else "complete"
