"""Wrong answers to the checks of lesson 06, and what they are told."""

from checks import told, wrong_answers


def paired(visible, infrared, fits):
    return [(one, other) for one in visible for other in infrared if fits(one[:-8], other[:-7])]


def paired_without_ir(visible, infrared):
    partners = {name.replace("ir", ""): name for name in infrared}
    keys = {name: name.replace("vis", "") for name in visible}
    return [(name, partners[key]) for name, key in keys.items() if key in partners]


def paired_with_vis_replaced(visible, infrared):
    partners = {name: name.replace("vis", "ir") for name in visible}
    return [(name, partner) for name, partner in partners.items() if partner in infrared]


def paired_with_none(visible, infrared):
    partners = {name[:-7]: name for name in infrared}
    return [(name, partners.get(name[:-8])) for name in visible]


WRONG = {
    "match_pairs": [
        (lambda v, i: list(zip(v, i, strict=False)), "Only the names tell"),
        (lambda v, i: [(b, a) for a, b in paired(v, i, str.__eq__)], "visible picture first"),
        (lambda v, i: sorted(paired(v, i, str.__eq__)), "order of the visible"),
        (lambda v, i: paired(v, i, lambda a, b: b.startswith(a)), "not only to begin alike"),
        (paired_without_ir, 'changes "irina-2"'),
        (paired_with_vis_replaced, 'changes "elvis-1"'),
        (paired_with_none, "Neither list"),
        (lambda v, i: paired(v, i, str.__eq__)[:1], "what is left has to be equal"),
        (lambda v, i: dict(paired(v, i, str.__eq__)), "a list of pairs"),
        (lambda v, i: [list(pair) for pair in paired(v, i, str.__eq__)], "round brackets"),
        (lambda v, i: [("one", "two"), ("three",)], "each a tuple"),
        (lambda v, i: paired(v, i, str.__eq__) or [("", "")], "no two names agree"),
    ],
}  # fmt: skip


@wrong_answers("visible_infrared", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
