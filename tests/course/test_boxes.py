"""What of a page has a name, what scrolls, and where the Tab key stops."""

import re

import pytest

from fer_kit.course.boxes import in_boxes

PANDAS = """<h2>Scores</h2><table><thead><tr><th></th><th>mean</th></tr></thead>
<tbody><tr><th>LeNet-5</th><td>0.7</td></tr></tbody></table>"""


def row(*cells):
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def test_heads_say_what_they_head_and_empty_ones_are_none():
    html = in_boxes(PANDAS)
    assert '<th scope="col">mean</th>' in html
    assert '<th scope="row">LeNet-5</th>' in html
    assert "<th></th>" not in html


def test_a_table_is_called_by_its_caption_or_by_the_heading_above():
    assert '<table aria-label="Scores">' in in_boxes(PANDAS)
    captioned = "<h2>Scores</h2><table><caption>Two &amp; three</caption></table>"
    assert "aria-label" not in in_boxes(captioned)
    assert 'aria-label="&#34;Who&#34;"' in in_boxes('<h2>"Who"</h2><table></table>')


@pytest.mark.parametrize(
    ("cells", "stops"),
    [
        (["0.70"] * 4, False),
        (["a long text that breaks at its blanks " * 3] * 3, False),
        (["0.70 %"] * 12, True),
        (["lenet5_as_published_and_longer_than_a_phone_is_wide"], True),
    ],
)
def test_only_a_table_that_may_be_wider_than_a_phone_is_a_stop_and_has_a_name(cells, stops):
    html = in_boxes(f"<h2>Scores</h2><table>{row(*cells)}</table>")
    assert html.count('<div class="scroll"') == 1
    assert ('tabindex="0" role="group" aria-label="Table: Scores"' in html) is stops


def test_long_formulas_scroll_and_short_ones_do_not():
    formula = '<math display="block">{}</math>'
    assert in_boxes(formula.format("<mi>x</mi>" * 5)) == formula.format("<mi>x</mi>" * 5)
    assert 'aria-label="Formula"' in in_boxes(formula.format("<mi>x</mi>" * 50))


def test_a_table_drawn_with_letters_is_not_broken_and_other_text_is():
    assert "tabindex" in in_boxes("<h2>Layers</h2><pre>┏━━┓</pre>")
    assert in_boxes("<pre>0.7</pre>") == "<pre>0.7</pre>"


def test_a_table_in_a_table_is_left_as_it_is():
    inner = f"<table><tr><td><table>{row(1)}</table>"
    assert in_boxes(inner) == inner
    assert not re.search("scroll", in_boxes("<p>No table</p>"))
