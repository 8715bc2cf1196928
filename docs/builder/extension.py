"""What Sphinx does not do by itself: formulas without JavaScript, and docstrings in this style."""

import inspect
import re
from typing import Any, get_type_hints

from docutils import nodes
from reference import introduced, modules, short_name
from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature
from stage import REPOSITORY, ROOT

from fer_kit.course.safe_html import formula
from fer_kit.lessons import LESSONS

LESSON = {key: lesson for lesson in LESSONS for key in (lesson.number, lesson.name)}
NOTEBOOK = re.compile(r"notebooks/(\w+)\.ipynb\.?")
NUMBERED = re.compile(r"\blesson (\d\d\w?)\b")
CODE = re.compile(r"`[^`]*`")
SECTION = re.compile(r"([A-Z]\w+):")
ITEM = re.compile(r" *[\w+]+(?:[ ,/-]{1,2}[\w+]+){0,3}: \S")
FIELDS = ("Args", "Attributes", "Raises", "Warns")
# What reStructuredText would take for marks: stars but *these* and those of lists, and the like.
SPECIAL = re.compile(r"\*[A-Za-z][\w -]*\*|\*(?! )|(?<=\S)\*|\||\\|(?<=\w)_(?=\W)")


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.config.linkcode_resolve = linkcode_resolve
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("autodoc-process-docstring", _docstring, priority=100)  # before napoleon
    app.connect("autodoc-process-signature", _signature)
    return {"version": "1", "parallel_read_safe": True}


def _inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(formula(node.astext()))
    raise nodes.SkipNode


def _block(writer: Any, node: nodes.math_block) -> None:
    writer.body.append(f'<div class="formula">{formula(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def _signature(
    app: Sphinx, what: str, name: str, value: Any, options: Any, signature: str, returns: str
) -> tuple[str, str] | None:
    """A signature without what checks its values, which is for pydantic and not for people."""
    if "Annotated" not in (signature or ""):
        return None
    plain = get_type_hints(value)
    told = inspect.signature(value)
    parameters = [
        one.replace(annotation=plain.get(one.name, one.annotation))
        for one in told.parameters.values()
    ]
    told = told.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
    return stringify_signature(told, unqualified_typehints=True), returns


def _docstring(
    app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]
) -> None:
    """From the library's docstrings, which are nearly Markdown, to what napoleon reads."""
    text = "\n".join(_with_lists(_with_literal_blocks(lines)))
    parts = CODE.split(text)
    codes = [f"``{code[1:-1]}``" for code in CODE.findall(text)]
    parts = [_linked(SPECIAL.sub(_escaped, part)) for part in parts]
    text = "".join(part + code for part, code in zip(parts, [*codes, ""], strict=True))
    lines[:] = text.splitlines() + (_where(name) if name in introduced() else [])


def _escaped(match: re.Match) -> str:
    return match[0] if len(match[0]) > 1 else f"\\{match[0]}"


def _linked(text: str) -> str:
    """Lessons become links."""
    text = NOTEBOOK.sub(lambda match: f"{_link(match[1])}." if match[1] in LESSON else "", text)
    return NUMBERED.sub(lambda match: _link(match[1], match[0]), text)


def _link(lesson: str, label: str = "") -> str:
    """A lesson, linked; words that name none stay."""
    if lesson not in LESSON:
        return label
    row = LESSON[lesson]
    label = label or f"{row.number} · {row.title.split(':')[0]}"
    return f":doc:`{label} </notebooks/{row.name}>`"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _with_literal_blocks(lines: list[str]) -> list[str]:
    """Indented lines after a paragraph are code in this library; below a heading they are not."""
    found: list[str] = []
    in_code, before = False, ""
    for line in lines:
        if line.strip():
            begins = not in_code and _indent(line) >= 4 and _indent(before) == 0
            if begins and found and not found[-1].strip() and not SECTION.fullmatch(before):
                found += ["::", ""]
                in_code = True
            in_code = in_code and _indent(line) >= 4
            before = line
        found.append(line)
    return found


def _with_lists(lines: list[str]) -> list[str]:
    """Lines of `name: what it is` become a list, except where napoleon reads them itself."""
    found: list[str] = []
    section, inside = "", None  # the section, and the indentation of the list that we are in
    for line in lines:
        heading = SECTION.fullmatch(line)
        section = heading[1] if heading else section if _indent(line) or not line.strip() else ""
        heading_before = bool(found and SECTION.fullmatch(found[-1]))
        is_item = bool(ITEM.match(line)) and not (section in FIELDS and _indent(line) == 4)
        if is_item and (_indent(line) > 4 or section in ("Returns", "Yields") or inside == 0):
            if inside is None and heading_before:
                found.append(" " * _indent(line) + "\\ ")  # else napoleon takes the item for a type
            if inside is None and found and found[-1].strip():
                found.append("")
            inside = _indent(line)
            found.append(" " * inside + "* " + line.lstrip())
            continue
        if line.strip() and inside is not None and _indent(line) <= inside:
            if found[-1].strip():
                found.append("")
            inside = None
        in_list = inside is not None and line.strip()
        found.append(" " * (inside + 2) + line.lstrip() if in_list else line)
    return found


def _where(name: str) -> list[str]:
    """How it is called, and the lessons that use it."""
    lessons = introduced()[name]
    told = [f"Written ``{short_name(name)}``."] if short_name(name).count(".") == 1 else []
    if lessons:
        told.append(f"Introduced in {_link(lessons[0])}.")
    if lessons[1:]:
        more = ", ".join(_link(one, LESSON[one].number) for one in lessons[1:])
        told.append(f"Used again in {more}.")
    return ["", ".. container:: lessons", "", "   " + " ".join(told), ""] if told else []


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """Where the source of a function stands in the repository."""
    value: Any = modules().get(info["module"])
    for part in info["fullname"].split("."):
        value = getattr(value, part, None)
    try:
        path = inspect.getsourcefile(inspect.unwrap(value))
        lines, first = inspect.getsourcelines(inspect.unwrap(value))
    except (TypeError, OSError):
        return None
    if not path or not path.startswith(str(ROOT / "fer_kit")):
        return None
    place = path.removeprefix(f"{ROOT}/")
    return f"{REPOSITORY}/blob/main/{place}#L{first}-L{first + len(lines) - 1}"
