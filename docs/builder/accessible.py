"""What the theme and Sphinx leave out for people who hear a page: names, landmarks, plain lists."""

import re

# A link that stands in no landmark; arrows without a name; cells that head nothing; a signature's
# parameters as definitions without terms.
LOGO = re.compile(r'<a class="navbar-brand logo".*?</a>', re.DOTALL)
ARROW = '<summary><span class="toctree-toggle"'
BLANK = re.compile(r'<th( class="[^"]*")? *>(?:<p></p>|&nbsp;)?</th>')
PARAMETERS = re.compile(r'<dl>\n((?:<dd><em class="sig-param">.*?</dd>\n)+)</dl>', re.DOTALL)


def accessible(page: str) -> str:
    """A page's HTML with them."""
    page = LOGO.sub(lambda logo: f'<nav aria-label="Start page">{logo[0]}</nav>', page)
    page = page.replace(ARROW, ARROW.replace("<summary", '<summary aria-label="Pages below"'))
    page = BLANK.sub(r"<td\1></td>", page)
    return PARAMETERS.sub(lambda found: _as_list(found[1]), page)


def _as_list(parameters: str) -> str:
    items = parameters.replace("<dd>", "<li>").replace("</dd>", "</li>")
    return f'<ul class="parameters">\n{items}</ul>'
