#!/usr/bin/python3
"""Refuses an initializer around co_await, and co_await of a choice (c ? a : b): g++ 12 destroys their temporaries twice.

usage: awaited_aggregates.py FILE...    prints file:line of each and exits with 1 if there is one

A brace opens an initializer if it does not open a block: a block begins after ), ;, a brace, or a word such as else, const
or try. A lambda within an initializer has a block of its own, in which co_await is allowed.
"""

import pathlib
import re
import sys

# Comments and literals; what they hold is no code.
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:[^"\\\n]|\\.)*"|(?<!\d)\'(?:[^\'\\\n]|\\.)*\'', re.DOTALL)
TOKEN = re.compile(r"\bco_await\b|[{}]")
BEFORE_BLOCK = re.compile(r"(?:^|[;{}:]|\b(?:else|do|try|const|noexcept|override|final|mutable)"
                          r"|\b(?:namespace|struct|class|enum|union|extern)\b[^;{}()=]*)\s*$")
AFTER_PARAMETERS = re.compile(r"\)\s*(?:const|noexcept|override|final|mutable|\s)*(?:->\s*[\w:<>,&*\s]+)?$")
# A lambda without parameters.
CAPTURE = re.compile(r"\[[^\[\]]*\]\s*$")


def without_literals(text):
    """The code at the same places, with blanks for what is none."""
    return NO_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def is_block(before, in_block):
    """Whether a brace after this text opens statements or declarations."""
    return bool(AFTER_PARAMETERS.search(before) or CAPTURE.search(before) or (in_block and BEFORE_BLOCK.search(before)))


def is_choice(code, place):
    """Whether what stands at this place is a conditional expression in parentheses."""
    depth = 0
    for character in code[place:].lstrip():
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "?" and depth == 1:
            return True
        if depth == 0:
            return False
    return False


def awaited_aggregates(text):
    """The numbers of the lines with co_await in an initializer or of a choice."""
    code = without_literals(text)
    lines, open_braces = [], []
    for token in TOKEN.finditer(code):
        if token[0] == "{":
            in_block = not open_braces or open_braces[-1]
            open_braces.append(is_block(code[max(0, token.start() - 300):token.start()], in_block))
        elif token[0] == "}":
            if open_braces:
                open_braces.pop()
        elif is_choice(code, token.end()) or open_braces and not open_braces[-1]:
            lines.append(code.count("\n", 0, token.start()) + 1)
    return lines


def main(names):
    found = [f"{name}:{line}" for name in names for line in awaited_aggregates(pathlib.Path(name).read_text())]
    for place in found:
        print(f"{place}: co_await within an initializer, or of a choice; a statement for each first")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
