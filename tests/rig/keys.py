"""
The keys that tests press. Names are QEMU's (QKeyCode), numbers those of evdev, as the guest's
virtio keyboard says them. Source: QEMU, qapi/ui.json; linux/input-event-codes.h.
"""

# A PC keyboard of 105 keys, row by row; its ISO variant, which has the most.
PC_105 = {
    "esc": 1, "f1": 59, "f2": 60, "f3": 61, "f4": 62, "f5": 63, "f6": 64, "f7": 65, "f8": 66,
    "f9": 67, "f10": 68, "f11": 87, "f12": 88, "print": 99, "scroll_lock": 70, "pause": 119,

    "grave_accent": 41, "1": 2, "2": 3, "3": 4, "4": 5, "5": 6, "6": 7, "7": 8, "8": 9, "9": 10,
    "0": 11, "minus": 12, "equal": 13, "backspace": 14,
    "tab": 15, "q": 16, "w": 17, "e": 18, "r": 19, "t": 20, "y": 21, "u": 22, "i": 23, "o": 24,
    "p": 25, "bracket_left": 26, "bracket_right": 27,
    "caps_lock": 58, "a": 30, "s": 31, "d": 32, "f": 33, "g": 34, "h": 35, "j": 36, "k": 37,
    "l": 38, "semicolon": 39, "apostrophe": 40, "backslash": 43, "ret": 28,
    "shift": 42, "less": 86, "z": 44, "x": 45, "c": 46, "v": 47, "b": 48, "n": 49, "m": 50,
    "comma": 51, "dot": 52, "slash": 53, "shift_r": 54,
    "ctrl": 29, "meta_l": 125, "alt": 56, "spc": 57, "alt_r": 100, "meta_r": 126, "compose": 127,
    "ctrl_r": 97,

    "insert": 110, "home": 102, "pgup": 104, "delete": 111, "end": 107, "pgdn": 109,
    "up": 103, "left": 105, "down": 108, "right": 106,
    "num_lock": 69, "kp_divide": 98, "kp_multiply": 55, "kp_subtract": 74,
    "kp_7": 71, "kp_8": 72, "kp_9": 73, "kp_add": 78, "kp_4": 75, "kp_5": 76, "kp_6": 77,
    "kp_1": 79, "kp_2": 80, "kp_3": 81, "kp_enter": 96, "kp_0": 82, "kp_decimal": 83,
}

# What other keyboards have besides, as far as QEMU has names for it.
OTHERS = {
    "audiomute": 113, "volumedown": 114, "volumeup": 115, "audionext": 163, "audioplay": 164,
    "audioprev": 165, "audiostop": 166, "mediaselect": 226, "calculator": 140, "computer": 157,
    "mail": 155, "ac_bookmarks": 156, "ac_back": 158, "ac_forward": 159, "ac_home": 172,
    "ac_refresh": 173, "sleep": 142, "wake": 143, "power": 116, "stop": 128, "again": 129,
    "props": 130, "undo": 131, "front": 132, "copy": 133, "open": 134, "paste": 135, "find": 136,
    "cut": 137, "help": 138, "menu": 139, "kp_equals": 117, "kp_comma": 121, "ro": 89,
    "hiragana": 91, "henkan": 92, "katakanahiragana": 93, "muhenkan": 94, "yen": 124,
    "lang1": 122, "lang2": 123, "lf": 101,
}

CODES = {**PC_105, **OTHERS}
NAMES = {code: name for name, code in CODES.items()}


def taps(codes):
    """Each of these pressed and released."""
    return [("key", code, down) for code in codes for down in (True, False)]


def codes(*names):
    return [CODES[name] for name in names]
