"""Who is who: the class list, several attempts of one student, and which of them counts."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from unicodedata import normalize

from fer_kit.errors import InputError
from fer_kit.grading.plain import same
from fer_kit.grading.tables import read_table

# The heads of a class list, as Moodle and Canvas export them and as people write them.
HEADS = {
    "id": ("id number", "idnumber", "sis user id", "student id", "student number", "id"),
    "name": ("name", "full name", "fullname", "student"),
    "first": ("first name", "firstname", "given name"),
    "last": ("last name", "lastname", "surname", "family name"),
    "email": ("email address", "email", "e-mail", "mail"),
    "login": ("sis login id", "username", "login"),
    "canvas": ("canvas id", "id"),
    "section": ("section", "group", "groups"),
}
MOODLE = re.compile(r"(?P<name>[^/]+?)_\d+_assignsubmission_(file|onlinetext)", re.IGNORECASE)
CANVAS = re.compile(r"(?:.*/)?(?P<short>[^/_]+)_(?:late_)?(?P<canvas>\d+)_\d+_", re.IGNORECASE)


@dataclass(frozen=True)
class Person:
    """Somebody on the class list; what it does not tell is ""."""

    id: str
    name: str = ""
    email: str = ""
    login: str = ""
    canvas: str = ""
    section: str = ""


@dataclass(frozen=True)
class Sender:
    """Who has handed in, as a bundle says.

    Attributes:
        name: of the submission.
        student, id: as it was signed.
        when: its last cell was run, in UTC; "" where nothing tells.
        readable: whether it could be opened.
        fits: the share of its test faces that have the instructor's labels; None if not known.
        unlike: the cells in which it is unlike the released notebooks; None if not looked at.
    """

    name: str
    student: str = ""
    id: str = ""
    when: str = ""
    readable: bool = False
    fits: float | None = None
    unlike: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Standing:
    """What a submission is among the others.

    Attributes:
        person: whose it is, from the class list; None where nobody is found.
        whose: the same for all attempts of one student.
        counts: whether it is the one that counts for this student.
        known: whether others can be told whose it is: found on the class list, or, where there is
            none, with an id.
        remarks: what to say of it, sentences.
    """

    person: Person | None = None
    whose: str = ""
    counts: bool = True
    known: bool = False
    remarks: tuple[str, ...] = ()


def read_roster(path: str | Path) -> tuple[Person, ...]:
    """The class list: a CSV with an id, a name or an email of each student.

    The columns may be called as in what Moodle or Canvas export.

    Raises:
        InputError: no such file, none of these columns, or an id that two people have.
    """
    table = read_table(path, "a class list")
    heads = {key: table.head(*names) for key, names in HEADS.items()}
    if heads["id"] in ("", "id") and heads["canvas"] == "id" and "sis login id" in table.columns:
        heads["id"] = "sis login id"  # an export of Canvas without the ids of the school
    if heads["id"] == heads["canvas"]:
        heads["canvas"] = ""
    if not any(heads[key] for key in ("id", "name", "last", "email")):
        raise InputError(
            f"Expected a class list with a column id, name or email. Received: {table}."
        )
    people = []
    for row in table.rows:
        told = {key: row[head] if head else "" for key, head in heads.items()}
        name = told["name"] or f"{told.pop('first')} {told.pop('last')}".strip()
        told = {key: told[key] for key in ("id", "email", "login", "canvas", "section")}
        if "points possible" not in name.lower() and (name or any(told.values())):
            people.append(Person(name=name, **told))
    _check_twice(people, table.path)
    return tuple(dict.fromkeys(people))


def _check_twice(people: Sequence[Person], path: Path) -> None:
    by_id: dict[str, Person] = {}
    for person in people:
        other = by_id.setdefault(same(person.id), person)
        if person.id and other != person:
            raise InputError(
                f"Expected every id once in a class list. Received: {path} with {person.id} for "
                f"{other.name or 'somebody'} and for {person.name or 'somebody'}. Correct one."
            )


def stand(submissions: Sequence[Sender], people: Sequence[Person] | None) -> dict[str, Standing]:
    """What each submission is among the others, by its name.

    Of several that one student has handed in, the one that was run last counts, among those that
    can be read. Where one id comes with two names, none of them counts.
    """
    persons = {one.name: _person_of(one, people or ()) for one in submissions}
    attempts: dict[str, list[Sender]] = defaultdict(list)
    for one in submissions:
        attempts[_key(one, persons[one.name])].append(one)
    found = {}
    for together in attempts.values():
        for one in together:
            person = persons[one.name]
            others = _whose_id_is_anothers(together, person)
            counts, remarks = _among(one, [other for other in together if other not in others])
            if one in others:
                person, counts = None, False
                remarks = [
                    f"It does not count until its id is corrected: {_also_of(one, together)}."
                ]
            known = counts and (person is not None if people else bool(same(one.id)))
            if not one.readable:
                remarks = remarks[:1]
            elif not one.id:
                remarks.append("It has no id." if one.student else "It has neither id nor name.")
            if people and person is None and one not in others:
                remarks.append("Nobody on the class list is found for it.")
            whose = f"{_key(one, person)} {_words(one.student)}"
            found[one.name] = Standing(person, whose, counts, known, tuple(remarks))
    return found


def missing(people: Sequence[Person], standings: Mapping[str, Standing]) -> list[Person]:
    """Who is on the class list and has handed in nothing."""
    here = {standing.person for standing in standings.values()}
    return [person for person in people if person not in here]


def _person_of(one: Sender, people: Sequence[Person]) -> Person | None:
    """Found by the id, else by the email, the name, or what Moodle or Canvas call the file."""
    moodle, canvas = MOODLE.search(one.name), CANVAS.match(one.name)
    asked = (
        (one.id, ("id", "login", "email")),
        (one.student if not one.id else "", ("name",)),
        (canvas["canvas"] if canvas and not one.id else "", ("canvas",)),
        (canvas["short"] if canvas and not one.id else "", ("short",)),
        (moodle["name"] if moodle and not one.id else "", ("name",)),
    )
    for told, fields in asked:
        for field in fields:
            found = [person for person in people if told and _alike(told, person, field)]
            if len(found) == 1:
                return found[0]
    return None


def _alike(told: str, person: Person, field: str) -> bool:
    words = _words(person.name)
    if field == "name":
        return _words(told) == words != []
    if field == "short":  # Canvas calls the files of Ada Lovelace "lovelaceada"
        return len(words) < 5 and same(told) in map("".join, permutations(words)) and told != ""
    return same(told) == same(getattr(person, field)) != ""


def _words(name: str) -> list[str]:
    """The words of a name in an order of its own: "Lovelace, Ada" is Ada Lovelace."""
    return sorted(re.findall(r"\w+", normalize("NFKC", name).casefold()))


def _key(one: Sender, person: Person | None) -> str:
    """The same for all attempts of one student; something of its own where nothing is known."""
    if person is not None:
        return f"person {person}"
    return f"id {same(one.id)}" if same(one.id) else f"file {one.name}"


def _whose_id_is_anothers(together: Sequence[Sender], person: Person | None) -> list[Sender]:
    """Of submissions with one id those that are not of its owner, as far as the names tell.

    Without a class list nobody knows who that is, and it is none of them.
    """
    readable = [other for other in together if other.readable and other.student]
    if len({tuple(_words(other.student)) for other in readable}) < 2:
        return []
    return [o for o in readable if not (person and _alike(o.student, person, "name"))]


def _also_of(one: Sender, together: Sequence[Sender]) -> str:
    others = [f"{other.name} ({other.student})" for other in together if other.name != one.name]
    return f"{one.id} is also that of {', '.join(others)[:200]}"


def _among(one: Sender, together: Sequence[Sender]) -> tuple[bool, list[str]]:
    """Whether a submission counts among those of one student, and what to say of it."""
    if len(together) < 2:
        return True, []
    readable = [other for other in together if other.readable]
    last = max(readable or together, key=lambda other: (other.when, other.name))
    if one is last:
        return True, [f"One of {len(together)} attempts of this student. It counts: it ran last."]
    why = f"ran later, {last.when[:16].replace('T', ' ')}" if one.readable else "can be read"
    return False, [f"It does not count: {last.name} is of the same student and {why}."]
