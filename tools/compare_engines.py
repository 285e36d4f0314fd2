#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prefill and decode of one random bf16 Llama of 197 million weights: xkv beside transformers and llama.cpp, in one sitting.

usage: tools/compare_engines.py [--xkv BINARY] [--llama-bench BINARY] [--prompt-tokens 1024] [--new-tokens 64] [--repeat 5] [--threads 2]

Needs a Python with torch and transformers; with --llama-bench (of a llama.cpp built for this processor) also gguf, and the
same weights are written as a GGUF file for it. The engines take turns, so that a machine that slows down slows all alike;
medians are printed, and ratios of medians. Decoding begins behind the prompt in every engine. Not part of the tests.
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


def run_xkv(a, folder):
    """Warm, as the others are: the benchmark's round before the one that counts is not shown."""
    def samples(subject):
        command = [a.xkv, "bench", subject, "--model", folder, "--scheme", "dense", "--tokens", str(a.prompt_tokens), "--threads", str(a.threads),
                   "--repeat", "1", "--json", "--quiet"]
        if subject == "decode":
            command += ["--max-new-tokens", str(a.new_tokens + 1)]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return json.loads(text)["tables"][0]["rows"][0]["samples_ns"]

    steps = samples("decode")
    return a.prompt_tokens / (sum(samples("prefill")) / 1e9), len(steps) / (sum(steps) / 1e9)


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


def permuted(rows, heads):
    """Rows of q or k as llama.cpp rotates them: pairs beside each other instead of half a head apart."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def write_gguf(folder, path):
    import gguf
    import torch
    from safetensors.torch import load_file
    with open(folder + "/config.json") as file:
        config = json.load(file)
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config.get("rope_theta", 10000.0))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tokenizer_model("no_vocab")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    weights = {}
    for shard in sorted(name for name in os.listdir(folder) if name.endswith(".safetensors")):
        weights.update(load_file(f"{folder}/{shard}"))
    for name, weight in weights.items():
        ours = names.get_name(name, try_suffixes=(".weight",))
        if weight.dim() == 1:
            writer.add_tensor(ours, weight.float().numpy())
            continue
        rows = weight.view(torch.int16).numpy()
        if ".q_proj." in name:
            rows = permuted(rows, heads)
        if ".k_proj." in name:
            rows = permuted(rows, kv_heads)
        writer.add_tensor(ours, rows.copy().view("uint8"), raw_dtype=gguf.GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class LlamaCpp:
    def __init__(self, a, folder):
        self.a, self.path = a, folder + ".gguf"
        write_gguf(folder, self.path)
        self.name = "llama.cpp " + self.figures(8, 0, 0)[0]["build_commit"]

    def figures(self, prompt, new, depth):
        command = [self.a.llama_bench, "-m", self.path, "-t", str(self.a.threads), "-p", str(prompt), "-n", str(new), "-d", str(depth), "-r", "1",
                   "-o", "json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def run(self):
        prefill = self.figures(self.a.prompt_tokens, 0, 0)[0]["avg_ts"]
        return prefill, self.figures(0, self.a.new_tokens, self.a.prompt_tokens)[0]["avg_ts"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xkv", default=ROOT + "/build/release/bin/xkv")
    parser.add_argument("--llama-bench")
    parser.add_argument("--prompt-tokens", type=int, default=1024)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = temporary + "/model"
        make_model(a.xkv, folder)
        ids = [(7 * i + 3) % SIZES["vocab-size"] for i in range(a.prompt_tokens)]
        rivals = [Transformers(a, folder, ids)]
        if a.llama_bench:
            rivals.append(LlamaCpp(a, folder))
        os.sync()  # files that are still being written take memory's time from all
        figures = {"xkv": []} | {rival.name: [] for rival in rivals}
        for rival in rivals:
            rival.run()
        for _ in range(a.repeat):
            figures["xkv"].append(run_xkv(a, folder))
            for rival in rivals:
                figures[rival.name].append(rival.run())
    print(f"tokens/s, median of {a.repeat} (lowest - highest); {a.prompt_tokens} tokens of prompt, {a.new_tokens} steps, {a.threads} threads\n")
    print("| engine | prefill | decode |\n|---|---|---|")
    medians = {}
    for name, samples in figures.items():
        columns = list(zip(*samples))
        medians[name] = [statistics.median(c) for c in columns]
        print(f"| {name} | " + " | ".join(f"{statistics.median(c):.1f} ({min(c):.1f} - {max(c):.1f})" for c in columns) + " |")
    for rival in rivals:
        ratios = [ours / theirs for ours, theirs in zip(medians["xkv"], medians[rival.name])]
        print(f"| xkv / {rival.name.split()[0]} | {ratios[0]:.2f} | {ratios[1]:.2f} |")


main()
