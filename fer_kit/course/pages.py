"""The pages of the report and of grading: `templates/` says how they look."""

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from pygments.formatters import HtmlFormatter

from fer_kit.course.boxes import in_boxes
from fer_kit.course.records import duration
from fer_kit.course.safe_html import count_undescribed
from fer_kit.errors import InputError
from fer_kit.evaluation import percent

# Pygments' styles whose every colour reads well (WCAG AA) on the stylesheet's backgrounds.
CODE_COLOURS = {"light": "xcode", "dark": "lightbulb"}


def page_html(template: str, values: dict[str, Any]) -> str:
    """One of the pages in templates/, with the stylesheet in it."""
    return in_boxes(_templates().get_template(template).render(values))


def write_page(path: Path, template: str, values: dict[str, Any]) -> None:
    """Write one of the pages in templates/.

    Raises:
        InputError: what the page shows is not there, or is not of the kind that it should be.

    Warns:
        UserWarning: a picture comes without a text that describes it.
    """
    try:
        html = page_html(template, values)
    except (jinja2.UndefinedError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            f"Expected a run with files as the course writes them. Received: {error}, in what "
            f"{path.name} shows. Run the notebooks again."
        ) from error
    undescribed = count_undescribed(html)
    if undescribed:
        warnings.warn(
            f"Expected a description of every picture. Received: {undescribed} without one in "
            f"{path.name}. Show figures with lab.show(..., alt=...).",
            stacklevel=2,
        )
    path.write_text(html, encoding="utf-8")


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fer_kit"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "duration": duration, "date": _date}
    environment.globals["code_colours"] = {
        mode: Markup(HtmlFormatter(style=style, nobackground=True).get_style_defs(".highlight"))
        for mode, style in CODE_COLOURS.items()
    }
    return environment


def _date(moment: str) -> str:
    return f"{moment[:10]} {moment[11:16]} UTC" if moment else "not known"
