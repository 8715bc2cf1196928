"""How much a bundle may hold: `bundle` warns of it, and `grade` refuses more."""

from fer_kit.files import MEGABYTE

MOST_MEMBERS = 2000  # files
LARGEST_MEMBER = 40 * MEGABYTE
LARGEST_BUNDLE = 400 * MEGABYTE  # unpacked
DENSEST = 200  # unpacked over packed size; text packs to a tenth, a bomb to a thousandth
