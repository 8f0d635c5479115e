"""Random input, in the words of hands.py."""

import os
import random

import keys
from hands import BUTTONS

MAX_HELD = 5
MODIFIERS = ("ctrl", "ctrl_r", "alt", "alt_r", "meta_l", "meta_r")


def random_seed():
    """As VITRINE_TEST_SEED says, else another one each time."""
    return int(os.environ.get("VITRINE_TEST_SEED") or random.randrange(1 << 32))


def random_actions(seed, count, codes, point):
    """
    Keys of these codes that overlap, buttons, notches and what point(chance) makes of the pointer. A
    modifier other than Shift comes alone, between two others: no shortcut of a host's, and none of
    ours, is ever complete.
    """
    chance, held, actions = random.Random(seed), set(), []

    def change(kind, code):
        actions.append((kind, code, code not in held))
        held.symmetric_difference_update({code})
    modifiers = set(keys.codes(*MODIFIERS))
    while len(actions) < count:
        kind = chance.choice(("key", "key", "button", "wheel", "move", "move"))
        if kind == "move":
            actions.append(point(chance))
        elif kind == "wheel":
            actions.append(("wheel", chance.choice((-1, 1))))
        elif kind == "button":
            change("button", chance.choice(sorted(BUTTONS)))
        else:
            down = sorted(held - set(BUTTONS))
            code = chance.choice(sorted(codes))
            if len(down) >= MAX_HELD or down and chance.random() < 0.4:
                change("key", chance.choice(down))
            elif code not in modifiers:
                change("key", code)
            elif not held:
                change("key", code)
                change("key", code)
    for code in sorted(held):
        change("button" if code in BUTTONS else "key", code)
    return actions
