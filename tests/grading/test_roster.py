"""The class list: who is who, who is missing, which attempt counts."""

import pytest

from fer_kit.errors import InputError
from fer_kit.grading.graded import Sender
from fer_kit.grading.roster import Person, missing, read_roster, stand

ADA, BOB = Person("s1", "Ada Lovelace", "ada@example.org"), Person("s2", "Bob Müller")
MOODLE = (
    "First name,Last name,ID number,Email address\n"
    "Ada,Lovelace,s1,ada@example.org\n"
    "Bob,Müller,s2,\n"
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (12)\n"
    "    Points Possible,,,,,10\n"
    '"Lovelace, Ada",4711,s1,ada,Group 1,7\n'
    '"Müller, Bob",4712,s2,bob,Group 1,\n'
)


@pytest.fixture
def people(tmp_path):
    def run(text, encoding="utf-8"):
        (tmp_path / "class.csv").write_bytes(text.encode(encoding))
        return read_roster(tmp_path / "class.csv")

    return run


@pytest.mark.parametrize(
    "text",
    [
        MOODLE,
        MOODLE.replace(",", ";").replace("Last name", "Surname"),
        "id,name,email\ns1,Ada Lovelace,ada@example.org\ns2,Bob Müller,\n",
        "ID;Full name;E-Mail;;\ns1;Ada Lovelace;ada@example.org;;\ns2;Bob Müller;;;\n;;;;\n",
        "student id,student,email address\ns1,Ada Lovelace,ada@example.org\ns2,Bob Müller,\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_class_list_is_read_as_an_lms_or_a_spreadsheet_writes_it(people, text, encoding):
    assert people(text, encoding) == (ADA, BOB)


def test_an_export_of_canvas_is_a_class_list(people):
    ada, bob = people(CANVAS)
    assert ada == Person("s1", "Lovelace, Ada", "", "ada", "4711", "Group 1")
    assert bob.canvas == "4712"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grade\n7\n", "a column id, name or email"),
        ("id,name\ns1,Ada\nS1,Bob\n", "S1 for Ada and for Bob|s1 .*Ada .*Bob"),
        ("", "empty"),
    ],
)
def test_a_class_list_that_cannot_be_used_is_a_sentence(people, text, said):
    with pytest.raises(InputError, match=said):
        people(text)


def one(name, id="", student="", when="2026-11-20T09:00:00+00:00", readable=True):
    return Sender(name, student, id, when, readable)


def remarks(standings, name):
    return " ".join(standings[name].remarks)


@pytest.mark.parametrize(
    "sender",
    [
        one("x.zip", id="s1"),
        one("x.zip", id="S 1", student="Somebody Else"),
        one("x.zip", id="ada@example.org"),
        one("x.zip", student="Ada Lovelace"),
        one("x.zip", student="lovelace, ada"),
        one("Ada Lovelace_1234_assignsubmission_file/x.zip", readable=False),
    ],
)
def test_a_student_is_found_by_the_id_or_else_by_the_name(sender):
    found = stand([sender], (ADA, BOB))[sender.name]
    assert found.person == ADA
    assert found.known
    assert missing((ADA, BOB), {sender.name: found}) == [BOB]


def test_canvas_names_its_files_by_its_own_number():
    person = Person("s1", "Ada Lovelace", canvas="4711")
    for name in ("lovelaceada_4711_99_bundle.zip", "lovelaceada_LATE_4711_99_bundle-1.rar"):
        assert stand([one(name, readable=False)], (person,))[name].person == person


def test_nobody_is_guessed():
    twins = (Person("s1", "Ada Lovelace"), Person("s2", "Ada Lovelace"))
    found = stand([one("a.zip", student="Ada Lovelace"), one("b.zip", id="s9")], twins)
    assert found["a.zip"].person is found["b.zip"].person is None
    assert not found["b.zip"].known
    assert "Nobody on the class list" in remarks(found, "b.zip")


def test_of_several_attempts_the_one_that_ran_last_counts():
    found = stand(
        [
            one("1.zip", "s1", "Ada", "2026-11-20T09:00:00+00:00"),
            one("3.zip", "S1", "ada", "2026-11-20T11:00:00+00:00"),
            one("2.zip", "s1", "Ada", "2026-11-20T10:00:00+00:00"),
            one("4.zip", "s1", "Ada", "", readable=False),
            one("5.zip", "s2", "Bob"),
        ],
        None,
    )
    assert {name for name, standing in found.items() if standing.counts} == {"3.zip", "5.zip"}
    assert "One of 4 attempts" in remarks(found, "3.zip")
    assert "3.zip is of the same student and ran later" in remarks(found, "1.zip")
    assert "3.zip is of the same student and can be read" in remarks(found, "4.zip")
    assert found["5.zip"].remarks == ()


def test_one_id_with_two_names_counts_for_neither():
    found = stand([one("a.zip", "s1", "Ada"), one("b.zip", "s1", "Bob")], None)
    assert not found["a.zip"].counts
    assert not found["b.zip"].counts
    assert "s1 is also that of b.zip (Bob)" in remarks(found, "a.zip")


def test_a_class_list_says_whose_an_id_is():
    submissions = [one("a.zip", "s1", "Ada Lovelace"), one("b.zip", "s1", "Bob Müller")]
    found = stand(submissions, (ADA, BOB))
    assert found["a.zip"].counts
    assert found["a.zip"].remarks == ()
    assert not found["b.zip"].counts


def test_what_is_not_signed_is_said():
    found = stand([one("a.zip", student="Ada"), one("b.zip"), one("c.zip", id="s1")], None)
    assert remarks(found, "a.zip") == "It has no id."
    assert remarks(found, "b.zip") == "It has neither id nor name."
    assert all(standing.counts for standing in found.values())
    assert [standing.known for standing in found.values()] == [False, False, True]
