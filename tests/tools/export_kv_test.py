#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/export_kv.py against reference rows of every family, and its files through `xkv analyse`.

    export_kv_test.py SOURCE_DIR XKV

Exits with 77 where torch, transformers or safetensors are not installed; CTest counts that as skipped.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
TOLERANCE = 2e-5  # of the largest reference value of a tensor
KINDS = ("key", "value", "latent", "rope_key")

try:
    import transformers  # noqa: F401
    from safetensors.torch import load_file
    import torch  # noqa: F401
except ImportError as problem:
    print(f"skipped: no {problem.name}")
    sys.exit(SKIPPED)


def worst(got, reference):
    """max |a - b| / max |b|, infinity where the shapes differ."""
    if got.shape != reference.shape:
        return float("inf")
    return ((got.double() - reference.double()).abs().max() / reference.double().abs().max()).item()


def check_rows(written, reference):
    rows = [name for name in reference if name.split(".")[0] in KINDS]
    assert rows, "the reference has no rows"
    assert sorted(rows) == sorted(name for name in written if name != "input_ids")
    for name in rows:
        error = worst(written[name], reference[name])
        assert error <= TOLERANCE, f"{name}: {error:.1e} of the largest value"


def check_analysis(xkv, path, reference):
    done = subprocess.run([xkv, "analyse", path, "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert run["finished"]["status"] == "finished"
    assert run["started"]["prompt_ids"] == reference["input_ids"].tolist()
    assert run["cka"] and run["spectra"] and run["reconstructions"] and run["memory"]
    assert not run["generations"] and not run["latencies"] and not run["divergence"]


def check_family(source_dir, xkv, model, folder):
    reference = load_file(model / "reference.safetensors")
    out = folder / f"{model.name}.safetensors"
    ids = ",".join(str(one) for one in reference["input_ids"].tolist())
    words = [sys.executable, source_dir / "tools/export_kv.py", "--model", model, "--prompt-ids", ids]
    done = subprocess.run([*words, "--dtype", "fp32", "--out", out], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    check_rows(load_file(out), reference)
    check_analysis(xkv, out, reference)


def check_prompt(source_dir, xkv, folder):
    """A text, its tokens, and bf16."""
    out = folder / "demo.safetensors"
    model = source_dir / "resources/demo-model"
    words = [sys.executable, source_dir / "tools/export_kv.py", "--model", model, "--prompt", "the sky is blue ."]
    done = subprocess.run([*words, "--out", out], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = subprocess.run([xkv, "analyse", out, "--json"], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    started = json.loads(shown.stdout)["started"]
    assert started["spec"]["dtype"] == "bf16"
    assert "sky" in "".join(started["prompt_tokens"])


def main():
    source_dir, xkv = Path(sys.argv[1]), sys.argv[2]
    models = sorted(path.parent for path in source_dir.glob("tests/engine/data/models/*/reference.safetensors"))
    assert models
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checks = [(model.name, check_family, (source_dir, xkv, model, folder)) for model in models]
        for label, check, arguments in [*checks, ("prompt", check_prompt, (source_dir, xkv, folder))]:
            try:
                check(*arguments)
                print(f"{label}: passed")
            except AssertionError as problem:
                failed += 1
                print(f"{label}: FAILED, {problem}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
