"""What a notebook holds, as HTML that neither acts nor loads anything.

A notebook can hold scripts, trackers, and links that act. A report is opened by people who did not
write the notebook, so everything passes `sanitise`: text, tables, embedded pictures and formulas
stay, and nothing else does. Lesson 12.
"""

import re
from collections.abc import Collection
from html import unescape
from typing import Any

import nh3
from latex2mathml.converter import convert as latex_to_mathml
from markupsafe import Markup, escape
from nbconvert.filters import ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

MATHML = {
    *("math", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom"),
    *("mprescripts", "mroot", "mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup"),
    *("mtable", "mtd", "mtext", "mtr", "munder", "munderover"),
}
MATHML_ATTRIBUTES = {
    *("accent", "columnalign", "columnspan", "display", "displaystyle", "fence", "form"),
    *("linethickness", "lspace", "mathvariant", "maxsize", "minsize", "rspace", "scriptlevel"),
    *("separator", "stretchy", "width"),
}
TAGS = (nh3.ALLOWED_TAGS - {"area", "map"}) | MATHML
ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    **dict.fromkeys(MATHML, MATHML_ATTRIBUTES),
    **{f"h{level}": {"id"} for level in range(1, 7)},
    **{tag: nh3.ALLOWED_ATTRIBUTES[tag] | {"style"} for tag in ("td", "th", "tr")},
    "div": {"class"},
    "span": {"class"},
}
ALIGNMENT = re.compile(r"\s*text-align:\s*(left|right|center);?\s*")
EMBEDDED_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
NOTEBOOK_LINK = re.compile(r"(?:\./)?([\w.-]+)\.ipynb(#.*)?")

# A picture as the sanitiser and the report's templates write it: all values in double quotes.
PICTURE = re.compile(r'<img((?:\s[^\s=>]+="[^"]*")*)\s*/?>')
DESCRIPTION = re.compile(r'\salt="([^"]+)"')


def sanitise(html: str, pages: Collection[str] = (), pictures: bool = True) -> Markup:
    """HTML with everything that acts or loads taken out.

    Links stay where they lead to the web, within the page, or to a notebook that has a page. A
    picture that is not embedded is replaced by its description.

    Args:
        pages: the names of the notebooks that have a page, such as "04_lenet5".
        pictures: whether embedded ones stay; else their descriptions stand for them.
    """

    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return _link(value, pages)
        if name == "src":
            return value if pictures and EMBEDDED_PICTURE.fullmatch(value) else None
        if name == "style":
            return value if ALIGNMENT.fullmatch(value) else None
        if name == "class" and tag == "div":
            return value if value == "highlight" else None
        return value

    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto"} | ({"data"} if pictures else set()),
    )
    return Markup(PICTURE.sub(_describe_if_empty, clean))


def terminal(text: str) -> Markup:
    """Text as a terminal shows it: bold stays bold, colours and cursor movements go."""
    return sanitise(ansi2html(text))


def formula(latex: str, display: str = "inline") -> str:
    """A LaTeX formula as MathML, which browsers draw by themselves; as code where that fails.

    Args:
        display: "inline", or "block" for a line of its own.
    """
    braces = re.sub(r"\\[{}]", "", latex)
    try:
        mathml = latex_to_mathml(latex, display=display)
    except Exception:  # latex2mathml raises whatever it stumbles over
        mathml = "\\"
    # An unknown command comes back as it was, with its backslash.
    if "\\" in mathml or braces.count("{") != braces.count("}"):
        return f"<code>{escape(latex)}</code>"
    return mathml


class Markdown(IPythonRenderer):
    """Markdown as Jupyter understands it, of one notebook, with formulas as MathML.

    Attributes:
        headings: (level, id, text) of each heading converted so far.
    """

    def __init__(self, pages: Collection[str] = ()) -> None:
        super().__init__(escape=False, exclude_anchor_links=True)
        self.pages = pages
        self.headings: list[tuple[int, str, str]] = []

    def convert(self, source: str, attachments: dict[str, Any] | None = None) -> Markup:
        """The HTML of one cell.

        Args:
            attachments: the pictures that the cell holds.
        """
        self.attachments = attachments or {}
        return sanitise(MarkdownWithMath(renderer=self).render(source), self.pages)

    # What follows replaces how single elements are rendered; mistune calls it by these names.

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        """A heading with an id, as in Jupyter, so that links within a notebook work."""
        plain = sanitise(text).striptags()
        anchor = "-".join(plain.split())
        taken = {"content", *(anchor for _, anchor, _ in self.headings)}
        while anchor in taken:
            anchor += "-"
        self.headings.append((level, anchor, plain))
        return f'<h{level} id="{escape(anchor)}">{text}</h{level}>\n'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture that the notebook itself holds; of any other, the description."""
        if url.startswith("data:") or url.removeprefix("attachment:") in self.attachments:
            return super().image(text, url, title)
        return str(escape(unescape(text)))

    def block_math(self, body: str) -> str:
        """`$$…$$`."""
        return formula(body, "block")

    def inline_math(self, body: str) -> str:
        """`$…$`."""
        return formula(body)

    def latex_environment(self, name: str, body: str) -> str:
        r"""`\begin{align}…\end{align}` and its like."""
        return formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")


def count_undescribed(html: str) -> int:
    """How many pictures of a page come without a text that describes them."""
    return sum(not DESCRIPTION.search(attributes) for attributes in PICTURE.findall(html))


def _link(address: str, pages: Collection[str]) -> str | None:
    """Where a link may lead; None for nowhere."""
    if address.startswith(("https://", "http://", "mailto:", "#")):
        return address
    notebook = NOTEBOOK_LINK.fullmatch(address)
    if notebook and notebook[1] in pages:
        return f"{notebook[1]}.html{notebook[2] or ''}"
    return None


def _describe_if_empty(picture: re.Match) -> str:
    """A picture that lost its source becomes its description."""
    if ' src="' in picture[0]:
        return picture[0]
    description = DESCRIPTION.search(picture[1])
    return escape(unescape(description[1])) if description else ""
