"""Pages under axe-core, which knows the rules of WCAG, in a real browser.

`pip install axe-playwright-python` brings axe-core; a test that asks for it is skipped where it, or
the browser, is missing.
"""

from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from browsers import Tab

ASK = """axe.run(document, {resultTypes: ["violations"]}).then(
  found => found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`))"""


def violations(pages: list[Path], profile: Path, width: int) -> dict[str, list[str]]:
    """What axe-core objects to, by the names of the pages, in a window of this width.

    Args:
        profile: an empty folder for the browser.
    """
    axe = find_spec("axe_playwright_python")
    if axe is None:
        pytest.skip("needs axe-core: pip install axe-playwright-python")
    script = (Path(axe.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")
    told = {}
    with closing(Tab(profile, f"--window-size={width},900")) as tab:
        for page in pages:
            tab.go(page.as_uri())
            tab.ask(f"{script}; true")
            told[page.name] = tab.ask(ASK)
    return {name: found for name, found in told.items() if found}
