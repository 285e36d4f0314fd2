#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes engine/text/unicode_classes.inc from a JSON file of code point ranges.

usage: make_unicode_classes.py CLASSES.json > engine/text/unicode_classes.inc

CLASSES.json: {"classes": {"\\p{L}": [[first, last], ...], "\\s": ..., "Digits": ...}}, the ranges as the
Hugging Face tokenizers library sees them: it carries other Unicode versions than PCRE2 and ICU do.
"""
import json
import sys

CLASSES = {
    r"\p{L}": "kLetter", r"\p{Lu}": "kUppercaseLetter", r"\p{Ll}": "kLowercaseLetter",
    r"\p{Lt}": "kTitlecaseLetter", r"\p{Lm}": "kModifierLetter", r"\p{Lo}": "kOtherLetter",
    r"\p{M}": "kMark", r"\p{N}": "kNumber", r"\p{P}": "kPunctuation", r"\s": "kWhiteSpace",
    "Digits": "kNumeric",
}


def steps(ranges):
    """[gap before the range, length of the range] flattened: far shorter than the code points."""
    out, end = [], 0
    for first, last in ranges:
        out += [first - end, last - first + 1]
        end = last + 1
    return out


def lines(numbers, width=98):
    line = " "
    for number in numbers:
        piece = " %d," % number
        if len(line) + len(piece) > width:
            yield line
            line = " "
        line += piece
    yield line


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        classes = json.load(file)["classes"]
    print("// SPDX-License-Identifier: Apache-2.0")
    print("/// Code point classes as gap, length, gap, length, ...; made by tools/make_unicode_classes.py.")
    for key, name in CLASSES.items():
        print("\nconstexpr uint32_t %s[] = {" % name)
        print("\n".join(lines(steps(classes[key]))))
        print("};")


main()
