#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies a small selection of tokenizer reference cases to tests/text/data.

usage: select_tokenizer_cases.py REFERENCE_DIR tests/text/data

REFERENCE_DIR holds a folder per tokenizer with tokenizer.json, tokenizer_config.json and cases.json, the
ids and texts in it given by the Hugging Face libraries. Kept are all cases but two thirds of the random
ones and the long texts; runs of one unit are written as its count.
"""
import json
import os
import sys


def run_lengths(ids):
    runs = []
    for i in ids:
        if runs and runs[-1][0] == i:
            runs[-1][1] += 1
        else:
            runs.append([i, 1])
    return runs


def long_run(case):
    text = case["text"]
    unit = next(n for n in range(1, len(text) + 1) if text == text[:n] * (len(text) // n))
    runs = run_lengths(case["ids"])
    if len(runs) > 50:
        return None
    return {"unit": text[:unit], "count": len(text) // unit, "id_runs": runs}


def select(cases):
    chosen, runs = [], []
    for number, case in enumerate(cases):
        kind = case.pop("kind")
        case.pop("decode_skip_cleaned", None)
        if kind == "long_run":
            runs.append(long_run(case))
        elif kind != "long_text" and (kind != "random" or number % 3 == 0):
            chosen.append(case)
    return chosen, [run for run in runs if run]


def main():
    source, target = sys.argv[1:]
    for name in sorted(os.listdir(source)):
        if not os.path.exists(os.path.join(source, name, "cases.json")):
            continue
        def load(file):
            with open(os.path.join(source, name, file), encoding="utf-8") as f:
                return json.load(f)
        config = load("tokenizer_config.json")
        keep = ("add_bos_token", "add_eos_token", "bos_token", "eos_token")
        cases, runs = select(load("cases.json")["cases"])
        os.makedirs(os.path.join(target, name), exist_ok=True)
        for file, value in (("tokenizer.json", load("tokenizer.json")),
                            ("tokenizer_config.json", {k: config[k] for k in keep if k in config})):
            with open(os.path.join(target, name, file), "w", encoding="utf-8") as f:
                json.dump(value, f, ensure_ascii=False, separators=(",", ":"))
        with open(os.path.join(target, name, "cases.json"), "w", encoding="ascii") as f:
            rows = [json.dumps(c, separators=(",", ":")) for c in cases]
            f.write('{"long_runs":%s,\n"cases":[\n%s\n]}\n' % (json.dumps(runs), ",\n".join(rows)))


main()
