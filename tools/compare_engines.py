#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prefill and decode of one random bf16 Llama of 197 million weights: xkv beside transformers, in one sitting.

usage: tools/compare_engines.py [--xkv BINARY] [--prompt-tokens 1024] [--new-tokens 64] [--repeat 5] [--threads 2]

Needs a Python with torch and transformers. The engines take turns, so that a machine that slows down slows both alike;
medians are printed, and ratios of medians. Not part of the tests.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SIZES = {"layers": 16, "hidden-size": 1024, "intermediate-size": 2816, "num-heads": 16, "num-kv-heads": 8, "head-dim": 64,
         "vocab-size": 8192}


def make_model(xkv, folder):
    options = [part for name, value in SIZES.items() for part in (f"--{name}", str(value))]
    subprocess.run([xkv, "make-model", "--like", "custom", *options, "--tie-word-embeddings", "--dtype", "bf16", "--out", folder, "--quiet"], check=True)


def run_xkv(a, folder, ids):
    command = [a.xkv, "run", "--model", folder, "--prompt-ids", "@" + ids, "--method", "dense", "--analysis", "none", "--dtype", "bf16",
               "--max-new-tokens", str(a.new_tokens + 1), "--threads", str(a.threads), "--json", "--quiet"]
    latency = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["latencies"][0]
    steps = latency["decode_step_ns"]
    return a.prompt_tokens / (latency["ttft_ns"] / 1e9), len(steps) / (sum(steps) / 1e9)


class Transformers:
    def __init__(self, a, folder, ids):
        import torch
        import transformers
        transformers.logging.set_verbosity_error()
        torch.set_num_threads(a.threads)
        self.torch, self.a = torch, a
        self.name = f"transformers {transformers.__version__}, torch {torch.__version__}"
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).eval()
        self.ids = torch.tensor([ids])

    def run(self):
        with self.torch.inference_mode():
            start = time.perf_counter()
            out = self.model(self.ids, use_cache=True, logits_to_keep=1)
            middle = time.perf_counter()
            for _ in range(self.a.new_tokens):
                token = out.logits[:, -1:].argmax(-1)
                out = self.model(token, past_key_values=out.past_key_values, use_cache=True)
            end = time.perf_counter()
        return self.a.prompt_tokens / (middle - start), self.a.new_tokens / (end - middle)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xkv", default=ROOT + "/build/release/bin/xkv")
    parser.add_argument("--prompt-tokens", type=int, default=1024)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = temporary + "/model"
        make_model(a.xkv, folder)
        ids = [(7 * i + 3) % SIZES["vocab-size"] for i in range(a.prompt_tokens)]
        with open(temporary + "/ids.json", "w") as file:
            json.dump(ids, file)
        rival = Transformers(a, folder, ids)
        figures = {"xkv": [], rival.name: []}
        rival.run()
        for _ in range(a.repeat):
            figures["xkv"].append(run_xkv(a, folder, temporary + "/ids.json"))
            figures[rival.name].append(rival.run())
    print(f"tokens/s, median of {a.repeat} (lowest - highest); {a.prompt_tokens} tokens of prompt, {a.new_tokens} steps, {a.threads} threads\n")
    print("| engine | prefill | decode |\n|---|---|---|")
    medians = {}
    for name, samples in figures.items():
        columns = list(zip(*samples))
        medians[name] = [statistics.median(c) for c in columns]
        print(f"| {name} | " + " | ".join(f"{statistics.median(c):.1f} ({min(c):.1f} - {max(c):.1f})" for c in columns) + " |")
    ratios = [ours / theirs for ours, theirs in zip(medians["xkv"], medians[rival.name])]
    print(f"| ratio | {ratios[0]:.2f} | {ratios[1]:.2f} |")


main()
