"""What Moodle and Canvas make of a CSV of grades, by the rules that they publish.

Moodle: https://docs.moodle.org/en/Grade_import and `grade/import/csv/classes/load_data.php`.
Canvas: https://community.canvaslms.com, "How do I import grades in the Gradebook?", and
`lib/gradebook_importer.rb`.
"""

import csv
import io
import re

USER_FIELDS = ("ID number", "Email address", "Username")
OWN_OF_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def moodle_import(text: str, users: dict[str, str], key: str, grade: str, most: float = 100):
    """The grade (None for none) and the feedback of each user.

    Args:
        users: those of the course, by what the column `key` holds.
        key: the column that is mapped to a field of the user.
        grade: the column that is mapped to the activity.
    """
    head, *rows = csv.reader(io.StringIO(text))
    head = [name.strip() for name in head]
    assert key in USER_FIELDS
    places = {name: head.index(name) for name in (key, grade, "Feedback")}
    found = {}
    for row in rows:
        assert len(row) == len(head), "Moodle reads cells by their place"
        told = row[places[key]].strip()
        assert told not in ("", "0"), "Moodle would give this grade to the user above"
        assert told in users, f"Moodle knows no {told} and ends the import"
        assert told not in found, "the later grade would take the place of the earlier one"
        value = row[places[grade]].strip()
        points = None if value in ("", "-") else float(value)
        assert points is None or points <= most, "a grade that is too large ends the import"
        found[told] = points, row[places["Feedback"]].strip()
    return found


def canvas_import(text: str, students: dict[str, str]):
    """The assignment's (title, points) and the grade of each student, by Canvas's number.

    Args:
        students: for each of Canvas's numbers the school's id of the student.
    """
    head, *rows = csv.reader(io.StringIO(text))
    assert len(head) > 3
    assert "Student" in head[0]
    assert "ID" in head[1]
    assert head[: len(OWN_OF_CANVAS)] == list(OWN_OF_CANVAS), "others would be assignments"
    (title,) = head[len(OWN_OF_CANVAS) :]
    assert not re.search(r"\(\d+\)$", title), "Canvas would take it for an assignment's number"
    by_id = {id: number for number, id in students.items()}
    possible, grades = None, {}
    for row in rows:
        assert len(row) == len(head)
        if "Points Possible" in row[0]:
            possible = float(row[-1])
            continue
        student = row[1] if row[1] in students else by_id.get(row[2])
        assert student, f"Canvas would ask who {row[0]} is"
        assert student not in grades
        grades[student] = float(row[-1]) if row[-1].strip() else None
    return (title, possible), grades
