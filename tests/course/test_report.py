"""The report as a reader meets it: what it says, what it loads, and what it never does."""

import base64
import json
import re
import warnings

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from fer_kit.course import pages, report
from fer_kit.course.leaving import WIDGET
from fer_kit.course.report import write_report
from fer_kit.errors import InputError

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n a picture").decode()
EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
LOADS = re.compile(
    r"""<(script|link|iframe|object|embed|video|audio)\b|@import|url\(|\ssrcset="""
    r"""|\ssrc="(?!data:image/|figures/)"""
)


@pytest.fixture
def run_folder(tmp_path):
    """A run of synthetic faces with three notebooks, results and a figure."""
    folder = tmp_path / "synthetic-quick"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "figures").mkdir()
    (folder / "results").mkdir()
    write(folder / "config.json", config())
    write(folder / "results/confusion_matrix.json", metrics())
    (folder / "figures" / "counts.png").write_bytes(base64.b64decode(PNG))
    described = {"counts": {"title": "How many", "alt": "Bars: happy is the most common."}}
    write(folder / "figures" / "figures.json", described)
    add_notebook(folder, "01_load", [new_markdown_cell("# Load the faces")], hour=9)
    add_notebook(folder, "03_preprocess", [new_markdown_cell("No heading")], hour=10)
    add_notebook(folder, "04_lenet5", lesson(), hour=11)
    environment = {"python": "3.11.9", "keras": "3.15.1", "device": "A processor, 2 cores"}
    write(folder / "notebooks" / "04_lenet5.json", {"environment": environment, "seconds": 61.0})
    return folder


def write(path, value):
    path.write_text(json.dumps(value), encoding="utf-8")


def config(**changes):
    defaults = {"run": "synthetic-quick", "dataset": "synthetic", "data": "", "profile": "quick"}
    return defaults | {"seed": 42, "fer_kit": "0.1.0"} | changes


def metrics(**changes):
    scores = {
        "title": "LeNet-5",
        "protocol": "chosen on validation, test seen once",
        "split": "test",
        "faces": 2000,
        "accuracy": 0.65,
        "accuracy_95": [0.629, 0.671],
        "majority_baseline": 0.2,
        "macro_f1": 0.6,
        "macro_f1_95": [0.578, 0.622],
        "weighted_f1": 0.64,
        "per_emotion": {
            name: {"precision": 0.5, "recall": 0.6, "f1": 0.55, "faces": 9} for name in EMOTIONS
        },
    }
    found = {"source": "synthetic faces", "synthetic": True, "fingerprint": "ab" * 32}
    return found | {"emotions": EMOTIONS, "models": {"lenet5": scores}} | changes


def lesson():
    """A notebook with every kind of output."""
    picture = new_output(
        "display_data",
        {"image/png": PNG, "text/plain": "<Figure>"},
        metadata={"image/png": {"alt": "The loss falls.", "width": 400}},
    )
    svg = {"image/svg+xml": "<svg onload='alert(1)'/>", "text/plain": "a drawing"}
    html = {"text/html": "<table><tr><td>7</td></tr></table><script>alert(1)</script>"}
    return [
        new_markdown_cell("# Train LeNet-5\n\n## The loss\n\n$$L = -\\sum_i y_i \\log p_i$$"),
        ran(
            "model.fit(faces)",
            picture,
            new_output("stream", name="stdout", text="0 %\r50 %\r100 %"),
        ),
        ran("table", new_output("execute_result", html), new_output("display_data", svg)),
        ran(
            "draw()",
            new_output("display_data", {WIDGET: {"model_id": "a"}, "text/plain": "0 of 9"}),
        ),
        ran("note", new_output("display_data", {"text/markdown": "### Not a chapter\n\n$x^2$"})),
    ]


def ran(source, *outputs, tags=()):
    return new_code_cell(
        source, execution_count=1, outputs=list(outputs), metadata={"tags": list(tags)}
    )


def error(name="ZeroDivisionError"):
    return new_output("error", ename=name, evalue="division by zero", traceback=["Traceback"])


def add_notebook(folder, name, cells, hour=9, **papermill):
    executed = [cell for cell in cells if cell.get("execution_count")]
    for number, cell in enumerate(executed, start=1):
        cell.execution_count = number
    notebook = new_notebook(cells=cells)
    notebook.metadata["papermill"] = {
        "start_time": f"2026-11-21T{hour:02}:00:00.000000",
        "end_time": f"2026-11-21T{hour:02}:01:05.000000",
        "duration": 65.2,
        "exception": None,
    } | papermill
    nbformat.write(notebook, folder / "notebooks" / f"{name}.ipynb")


def page(run_folder, name="index"):
    """The HTML of a freshly written page; a warning fails the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_report(run_folder)
    return (run_folder / "report" / f"{name}.html").read_text(encoding="utf-8")


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}


# What it says


def test_there_is_a_page_for_every_notebook_and_the_figures(run_folder):
    assert write_report(run_folder) == run_folder / "report" / "index.html"
    names = sorted(path.name for path in (run_folder / "report").rglob("*.*"))
    assert names == [
        "01_load.html",
        "03_preprocess.html",
        "04_lenet5.html",
        "counts.png",
        "index.html",
    ]


def test_the_overview_links_to_every_page_and_figure(run_folder):
    html = page(run_folder)
    for target in re.findall(r'(?:href|src)="([^"#:]+)"', html):
        assert (run_folder / "report" / target).exists(), target
    assert 'href="04_lenet5.html"' in html
    assert 'alt="Bars: happy is the most common."' in html
    assert "How many" in html


def test_results_come_with_interval_baseline_and_protocol(run_folder):
    html = page(run_folder)
    for text in (
        "65.0 % (62.9 to 67.1)",
        "60.0 % (57.8 to 62.2)",
        "20.0 %",
        "2,000 test",
        "chosen on validation, test seen once",
        *EMOTIONS,
    ):
        assert text in html


def test_parameters_environment_and_run_times_are_told(run_folder):
    html = page(run_folder)
    for text in (
        "quick",
        "42",
        "3.15.1",
        "A processor, 2 cores",
        "1 min 5 s",
        "2026-11-21 11:00 UTC",
    ):
        assert text in html


def test_the_limits_are_told(run_folder):
    html = page(run_folder)
    assert "Article 5(1)(f)" in html
    assert "does not read feelings" in html


def test_synthetic_faces_are_named_on_every_page(run_folder):
    for name in ("index", "01_load", "04_lenet5"):
        html = page(run_folder, name)
        assert '<p class="banner synthetic"><strong>Synthetic faces: nothing here' in html
        assert "do not publish" not in html


@pytest.mark.parametrize("measured", [True, False])
def test_real_faces_are_named_on_every_page(run_folder, measured):
    write(run_folder / "config.json", config(dataset="fer2013"))
    write(run_folder / "results/confusion_matrix.json", metrics(source="FER2013", synthetic=False))
    if not measured:
        (run_folder / "results/confusion_matrix.json").unlink()
    source = "FER2013" if measured else "fer2013"
    for name in ("index", "01_load", "04_lenet5"):
        html = page(run_folder, name)
        assert f'<p class="banner real"><strong>{source}, real faces: do not publish' in html
        assert "Synthetic faces:" not in html


def test_results_on_other_faces_than_the_run_s_are_refused(run_folder):
    write(run_folder / "config.json", config(dataset="fer2013"))
    with pytest.raises(
        InputError, match="Received: results/confusion_matrix.json on synthetic faces"
    ):
        write_report(run_folder)


def test_without_results_the_page_says_who_makes_them(run_folder):
    (run_folder / "results/confusion_matrix.json").unlink()
    assert "There are no results yet: notebook 08" in page(run_folder)


def test_a_run_that_has_only_begun_has_a_report(tmp_path):
    write(tmp_path / "config.json", config())
    html = page(tmp_path)
    assert "No notebook of this run has been executed yet." in html
    assert "This run has no figures yet." in html


# How far the notebooks ran


def test_a_complete_run_has_no_remarks(run_folder):
    html = page(run_folder)
    assert html.count(">complete</td>") == 3
    assert not re.search(r">(stale|failed|incomplete)</td>", html)


def test_a_failed_notebook_is_shown_as_failed(run_folder):
    add_notebook(run_folder, "04_lenet5.failed", [ran("1 / 0", error())], exception=True)
    assert ">failed</td>" in page(run_folder)
    assert "Failed." in page(run_folder, "04_lenet5.failed")
    assert "ZeroDivisionError: division by zero" in page(run_folder, "04_lenet5.failed")


def test_an_error_that_a_lesson_shows_on_purpose_is_no_failure(run_folder):
    add_notebook(run_folder, "01_load", [ran("1 / 0", error(), tags=["raises-exception"])])
    assert "failed</td>" not in page(run_folder)


@pytest.mark.parametrize(
    ("cells", "papermill"),
    [([new_code_cell("1")], {}), ([ran("1")], {"end_time": None})],
)
def test_a_notebook_that_was_not_run_to_its_end_is_incomplete(run_folder, cells, papermill):
    add_notebook(run_folder, "01_load", cells, **papermill)
    assert ">incomplete</td>" in page(run_folder)


def test_a_notebook_older_than_its_input_is_stale(run_folder):
    add_notebook(run_folder, "03_preprocess", [ran("1")], hour=12)
    assert "03_preprocess has run since" in page(run_folder, "04_lenet5")
    assert page(run_folder).count(">stale</td>") == 1


def test_a_notebook_whose_input_was_found_to_be_the_same_is_not_stale(run_folder):
    add_notebook(run_folder, "03_preprocess", [ran("1")], hour=12)
    write(run_folder / "notebooks" / "04_lenet5.json", {"checked": "2100-01-01T00:00:00+00:00"})
    assert ">stale</td>" not in page(run_folder)


# What it loads and how it reads


def test_pages_load_nothing_and_run_nothing(run_folder):
    for name in ("index", "01_load", "04_lenet5"):
        html = page(run_folder, name)
        assert not LOADS.search(html), LOADS.search(html)
        assert "default-src 'none'" in html


def test_pages_are_accessible(run_folder):
    for name in ("index", "01_load", "03_preprocess", "04_lenet5"):
        html = page(run_folder, name)
        assert '<html lang="en">' in html
        assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
        assert re.search(r"<title>[^<]+</title>", html)
        assert '<a class="skip" href="#content">' in html
        assert html.count("<h1") == 1
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_notebook_pages_lead_on_and_back(run_folder):
    html = page(run_folder, "03_preprocess")
    assert html.count('<a href="01_load.html" rel="prev">') == 2
    assert html.count('<a href="04_lenet5.html" rel="next">') == 2
    assert html.count('<a href="index.html">') == 2


def test_the_outputs_of_a_notebook(run_folder):
    html = page(run_folder, "04_lenet5")
    assert f'<img src="data:image/png;base64,{PNG}" alt="The loss falls." width="400">' in html
    assert "<math" in html
    assert "<msup>" in html
    assert ">100 %</pre>" in html
    assert "50 %" not in html.replace("</td>", "")
    assert "<td>7</td>" in html
    assert "a drawing" in html
    assert "0 of 9" not in html  # a progress bar that lived in the notebook alone
    assert "alert(1)" not in html
    assert '<a href="#The-loss">The loss</a>' in html
    assert '<a href="#Not-a-chapter">' not in html


def test_what_is_folded_in_jupyter_is_folded_on_the_page(run_folder):
    """Else the code of an answer would stand open above the answer that is folded away."""
    cells = [ran("'the answer is seven'"), ran("1 + 1")]
    cells[0].metadata["jupyter"] = {"source_hidden": True}
    add_notebook(run_folder, "04_lenet5", cells)
    opened, *folded = page(run_folder, "04_lenet5").split("<summary>Code</summary>")
    assert len(folded) == 1
    code, _, rest = folded[0].partition("</details>")
    assert "seven" in code
    assert "seven" not in opened + rest


def test_names_and_texts_are_escaped(run_folder):
    attack = '"><script>alert(1)</script>'
    found = metrics()
    found["models"] = {attack: found["models"]["lenet5"] | {"title": attack, "protocol": attack}}
    write(run_folder / "results/confusion_matrix.json", found)
    write(run_folder / "figures" / "figures.json", {"counts": {"title": attack, "alt": attack}})
    write(run_folder / "config.json", config(run=attack))
    picture = {"alt": attack, "width": attack, "source": "https://evil.example", "kind": "html"}
    output = new_output("display_data", {"image/png": attack}, metadata={"image/png": picture})
    add_notebook(run_folder, "01_load", [new_markdown_cell(f"# {attack}"), ran("1", output)])
    for name in ("index", "01_load"):
        html = page(run_folder, name)
        assert "<script" not in html
        assert "evil.example" not in html


def test_a_description_cannot_fetch_another_file(run_folder):
    (run_folder / "secret.txt").write_text("secret")
    about = {"alt": "x", "title": "x", "path": str(run_folder / "secret.txt")}
    write(run_folder / "figures" / "figures.json", {"counts": about})
    page(run_folder)
    assert not list((run_folder / "report").rglob("secret.txt"))


def test_a_picture_without_description_is_reported(run_folder):
    picture = new_output("display_data", {"image/png": PNG})
    add_notebook(run_folder, "01_load", [ran("plot()", picture, picture)])
    (run_folder / "figures" / "figures.json").unlink()
    with pytest.warns(UserWarning, match="description") as caught:
        write_report(run_folder)
    messages = [str(warning.message) for warning in caught]
    assert any("1 without one in index.html" in message for message in messages)
    assert any("2 without one in 01_load.html" in message for message in messages)


def test_wide_things_scroll_in_their_own_box_on_a_phone(run_folder):
    html = page(run_folder, "04_lenet5")
    assert re.search(r"\.scroll \{[^}]*overflow-x: auto", html)
    assert re.search(r"img \{[^}]*max-width: 100%", html)
    assert re.search(r"\.code pre \{[^}]*white-space: pre-wrap", html)
    for table in re.finditer("<table", html + page(run_folder)):
        before = table.string[: table.start()]
        assert before.rindex('class="scroll') > before.rfind("</table>")


def test_every_colour_reads_well_on_its_background(run_folder):
    html = page(run_folder)
    light, dark = re.findall(r":root \{(.*?)\}", html, re.DOTALL)
    styles = dict(zip(("light", "dark"), (light, dark), strict=True))
    for mode, style in styles.items():
        colour = dict(re.findall(r"--([\w-]+): (#\w{6})", style))
        pairs = [("text", "page"), ("quiet", "page"), ("link", "page"), ("text", "soft")]
        pairs += [("quiet", "soft"), ("link", "soft"), ("note-text", "note")]
        pairs += [("alarm-text", "alarm")]
        for front, back in pairs:
            assert contrast(colour[front], colour[back]) >= 4.5, (mode, front, back)
        assert contrast(colour["focus"], colour["page"]) >= 3
        code = str(pages._templates().globals["code_colours"][mode])
        for token in re.findall(r"\.highlight \.\w+ \{ color: (#\w{6})(?=[; ]+\})", full(code)):
            assert contrast(token, colour["soft"]) >= 4.5, (mode, token)


def full(css):
    """Colours of three digits (#fff) written as six."""
    return re.sub(r"#(\w)(\w)(\w)(?!\w)", r"#\1\1\2\2\3\3", css)


def contrast(front, back):
    """The contrast ratio of WCAG 2.2."""
    lights = sorted((luminance(front), luminance(back)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# Writing


def test_the_same_run_gives_the_same_bytes(run_folder):
    write_report(run_folder)
    first = files(run_folder / "report")
    write_report(run_folder)
    assert files(run_folder / "report") == first


def test_pages_of_notebooks_that_are_gone_go_too(run_folder):
    write_report(run_folder)
    (run_folder / "notebooks" / "01_load.ipynb").unlink()
    write_report(run_folder)
    assert not (run_folder / "report" / "01_load.html").exists()


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_the_earlier_report_survives_a_build_that_fails(run_folder, monkeypatch, failure):
    write_report(run_folder)
    before = files(run_folder)

    def fail(path, *rest):
        if path.name == "04_lenet5.html":
            raise failure

    monkeypatch.setattr(report, "write_page", fail)
    with pytest.raises((InputError, KeyboardInterrupt)):
        write_report(run_folder)
    assert files(run_folder) == before


@pytest.mark.parametrize("content", [None, "{", "[]", '{"name": "x"}'])
def test_a_folder_that_is_no_run_is_refused(tmp_path, content):
    if content:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(InputError, match="Expected (a run|a JSON|in .*config.json)"):
        write_report(tmp_path)
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"accuracy": None}, "accuracy"),
        ({"accuracy": "high"}, "accuracy"),
        ({"accuracy_95": []}, "accuracy_95"),
        ({"per_emotion": 3}, "per_emotion"),
        ({"faces": "many"}, "faces"),
    ],
)
def test_damaged_scores_are_named_and_the_rest_is_shown(run_folder, caplog, change, place):
    found = metrics()
    found["models"]["lenet5"] |= change
    write(run_folder / "results/confusion_matrix.json", found)
    write(run_folder / "results/robustness.json", {"faces": 7})
    shown = page(run_folder)
    assert f"models.lenet5.{place}" in shown
    assert "models.lenet5" in caplog.text
    assert "<summary>Robustness" in shown
    assert "01_load.html" in shown


@pytest.mark.parametrize("content", ["", "{", "[]", "7", "\0", '{"models": 3}', "[" * 100_000])
@pytest.mark.parametrize("name", ["confusion_matrix", "robustness", "own"])
def test_a_damaged_file_of_results_does_not_keep_the_report_from_being_written(
    run_folder, caplog, name, content
):
    (run_folder / f"results/{name}.json").write_text(content)
    shown = page(run_folder)
    assert f"results/{name}.json" in shown
    assert str(run_folder) not in shown
    assert f"{name}.json is passed over" in caplog.text


def test_figures_are_shown_even_if_what_is_said_of_them_is_damaged(run_folder, caplog):
    for content in ("{", "[]", '{"counts": 3}'):
        (run_folder / "figures" / "figures.json").write_text(content)
        with pytest.warns(UserWarning, match="description"):
            told = write_report(run_folder).read_text(encoding="utf-8")
        assert 'src="figures/counts.png"' in told
    assert "figures.json is passed over" in caplog.text


def test_missing_scores_are_named(run_folder):
    found = metrics()
    del found["models"]["lenet5"]["accuracy_95"]
    write(run_folder / "results/confusion_matrix.json", found)
    assert "models.lenet5.accuracy_95" in page(run_folder)


def test_a_file_that_is_no_notebook_is_named(run_folder):
    (run_folder / "notebooks" / "01_load.ipynb").write_text("{}")
    with pytest.raises(InputError, match=r"Received: .*01_load\.ipynb"):
        write_report(run_folder)
