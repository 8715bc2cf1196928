"""Make the site from a finished run: `python docs/builder --run synthetic-quick`, or `make site`.

Writes `site/`, which works from the folder and from any host, and `dist/fer-kit-site-VERSION.zip`.
"""

import argparse
import shutil
import sys
import time
import zipfile
from pathlib import Path

from accessible import accessible
from sphinx.cmd.build import main as sphinx
from stage import ROOT, stage

from fer_kit.cli import backend_log_hidden
from fer_kit.errors import InputError
from fer_kit.files import write_text, write_whole
from fer_kit.run import PROFILE, default_name, runs_folder
from fer_kit.version import __version__

LARGEST = 80_000_000  # bytes; what a release and a static host take without trouble


def main() -> None:
    """What the command does; a mistake that the user can mend is a sentence."""
    parser = argparse.ArgumentParser(prog="docs/builder", description=__doc__.split("\n\n")[0])
    parser.add_argument("--run", default=default_name(profile=PROFILE), help="a finished run")
    parser.add_argument("--out", default=ROOT / "site", type=Path, help="a folder of its own")
    given = parser.parse_args()
    start = time.perf_counter()
    with backend_log_hidden():
        import keras  # noqa: F401  (which the reference's modules import, too)
    try:
        packed = build(runs_folder() / given.run, given.out)
    except InputError as error:
        sys.exit(f"site: {error}")
    size = sum(path.stat().st_size for path in given.out.rglob("*") if path.is_file())
    print(f"{given.out}/index.html: {size / 1e6:.0f} MB, {time.perf_counter() - start:.0f} s")
    print(f"{packed}: {packed.stat().st_size / 1e6:.0f} MB")


def build(run_folder: Path, out: Path) -> Path:
    """Make the site of a run.

    Args:
        out: its folder; an earlier site in it is replaced.

    Returns:
        The site as one ZIP file, in `dist` beside it.

    Raises:
        InputError: the run is not finished, or not of drawn faces; there is something else than a
            site in `out`; a page has a link that leads nowhere; or the site is too large.
    """
    if out.exists() and any(out.iterdir()) and not (out / "searchindex.js").exists():
        raise InputError(
            f"Expected an earlier site in {out}, or nothing. Received: something else, which stays "
            "as it is. Choose another folder: --out."
        )
    work = out.parent / "build" / out.name
    shutil.rmtree(work, ignore_errors=True)
    stage(run_folder, work / "source")
    options = ["-q", "-W", "--keep-going", "-c", str(ROOT / "docs"), "-d", str(work / "doctrees")]
    if sphinx([*options, str(work / "source"), str(work / "site")]):
        raise InputError(
            "Expected pages without a warning. Received: those above. Mend what they name."
        )
    for template in (work / "site" / "_static").glob("*.html"):
        template.unlink()  # what the theme makes pages of, and no page
    for page in (work / "site").rglob("*.html"):
        write_text(page, accessible(page.read_text(encoding="utf-8")))
    size = sum(path.stat().st_size for path in (work / "site").rglob("*") if path.is_file())
    if size > LARGEST:
        raise InputError(
            f"Expected a site of at most {LARGEST / 1e6:.0f} MB. Received: {size / 1e6:.0f} MB. "
            "Look at what lies in its folder _images."
        )
    shutil.rmtree(out, ignore_errors=True)
    (work / "site").rename(out)
    return pack(out, out.parent / "dist" / f"fer-kit-site-{__version__}.zip")


def pack(folder: Path, target: Path) -> Path:
    """The folder as one ZIP file that unpacks into a folder of the same name."""

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.rglob("*")):
                archive.write(file, Path(target.stem) / file.relative_to(folder))

    target.parent.mkdir(exist_ok=True)
    return write_whole(target, write)


if __name__ == "__main__":
    main()
