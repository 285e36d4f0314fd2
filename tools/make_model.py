#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a model folder of a known geometry with random weights, for measuring speed and memory.

What such a model says means nothing: config.json is marked `"xkv_random_weights": true`, and every result that xkv
shows says so. There is no tokenizer: prompts are token ids. Needs numpy.

usage: make_model.py OUT_DIR [--geometry NAME] [--layers N] [--dtype bf16|fp16|fp32] [--shard-mib N] [--seed N]
"""
import argparse
import json
import math
import os
import struct

import numpy as np

LLAMA = dict(model_type="llama", hidden_act="silu", rms_norm_eps=1e-5, tie_word_embeddings=False,
             bos_token_id=1, eos_token_id=2)
GEOMETRIES = {
    "llama-3.1-8b": dict(
        LLAMA, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32,
        num_key_value_heads=8, head_dim=128, vocab_size=128256, max_position_embeddings=131072, rope_theta=500000.0,
        rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                          original_max_position_embeddings=8192)),
    "mistral-7b": dict(
        LLAMA, model_type="mistral", hidden_size=4096, intermediate_size=14336, num_hidden_layers=32,
        num_attention_heads=32, num_key_value_heads=8, vocab_size=32768, max_position_embeddings=32768,
        rope_theta=1000000.0, sliding_window=None),
    "qwen2.5-7b": dict(
        LLAMA, model_type="qwen2", hidden_size=3584, intermediate_size=18944, num_hidden_layers=28,
        num_attention_heads=28, num_key_value_heads=4, vocab_size=152064, max_position_embeddings=32768,
        rope_theta=1000000.0, use_sliding_window=False),
    "qwen3-8b": dict(
        LLAMA, model_type="qwen3", hidden_size=4096, intermediate_size=12288, num_hidden_layers=36,
        num_attention_heads=32, num_key_value_heads=8, head_dim=128, vocab_size=151936, max_position_embeddings=40960,
        rope_theta=1000000.0, use_sliding_window=False),
    "deepseek-v2-lite": dict(
        LLAMA, model_type="deepseek_v2", hidden_size=2048, intermediate_size=10944, num_hidden_layers=27,
        num_attention_heads=16, num_key_value_heads=16, vocab_size=102400, max_position_embeddings=163840,
        rope_theta=10000.0, kv_lora_rank=512, q_lora_rank=None, qk_nope_head_dim=128, qk_rope_head_dim=64,
        v_head_dim=128, n_routed_experts=64, n_shared_experts=2, num_experts_per_tok=6, moe_intermediate_size=1408,
        first_k_dense_replace=1, topk_method="greedy", n_group=1, topk_group=1, routed_scaling_factor=1.0,
        norm_topk_prob=False,
        rope_scaling=dict(type="yarn", factor=40, beta_fast=32, beta_slow=1, mscale=0.707, mscale_all_dim=0.707,
                          original_max_position_embeddings=4096)),
}
DTYPES = {"bf16": ("BF16", "bfloat16", 2), "fp16": ("F16", "float16", 2), "fp32": ("F32", "float32", 4)}
POOL = 1 << 22  # random numbers that are used again and again, from another place each time


def attention(c, name):
    """(tensor name, shape) of one layer's attention."""
    hidden, heads = c["hidden_size"], c["num_attention_heads"]
    if c["model_type"] == "deepseek_v2":
        query = heads * (c["qk_nope_head_dim"] + c["qk_rope_head_dim"])
        up = heads * (c["qk_nope_head_dim"] + c["v_head_dim"])
        yield name + "q_proj.weight", (query, hidden)
        yield name + "kv_a_proj_with_mqa.weight", (c["kv_lora_rank"] + c["qk_rope_head_dim"], hidden)
        yield name + "kv_a_layernorm.weight", (c["kv_lora_rank"],)
        yield name + "kv_b_proj.weight", (up, c["kv_lora_rank"])
        yield name + "o_proj.weight", (hidden, heads * c["v_head_dim"])
        return
    head_dim = c.get("head_dim", hidden // heads)
    for part, width in (("q", heads), ("k", c["num_key_value_heads"]), ("v", c["num_key_value_heads"])):
        yield f"{name}{part}_proj.weight", (width * head_dim, hidden)
        if c["model_type"] == "qwen2":
            yield f"{name}{part}_proj.bias", (width * head_dim,)
    if c["model_type"] == "qwen3":
        yield name + "q_norm.weight", (head_dim,)
        yield name + "k_norm.weight", (head_dim,)
    yield name + "o_proj.weight", (hidden, heads * head_dim)


def mlp(name, hidden, middle):
    yield name + "gate_proj.weight", (middle, hidden)
    yield name + "up_proj.weight", (middle, hidden)
    yield name + "down_proj.weight", (hidden, middle)


def feed_forward(c, layer, name):
    hidden = c["hidden_size"]
    if "n_routed_experts" not in c or layer < c["first_k_dense_replace"]:
        yield from mlp(name, hidden, c["intermediate_size"])
        return
    yield name + "gate.weight", (c["n_routed_experts"], hidden)
    for expert in range(c["n_routed_experts"]):
        yield from mlp(f"{name}experts.{expert}.", hidden, c["moe_intermediate_size"])
    yield from mlp(name + "shared_experts.", hidden, c["n_shared_experts"] * c["moe_intermediate_size"])


def tensors(c):
    """(name, shape) of every weight, in the order of the layers."""
    hidden = c["hidden_size"]
    yield "model.embed_tokens.weight", (c["vocab_size"], hidden)
    for layer in range(c["num_hidden_layers"]):
        name = f"model.layers.{layer}."
        yield name + "input_layernorm.weight", (hidden,)
        yield from attention(c, name + "self_attn.")
        yield name + "post_attention_layernorm.weight", (hidden,)
        yield from feed_forward(c, layer, name + "mlp.")
    yield "model.norm.weight", (hidden,)
    if not c["tie_word_embeddings"]:
        yield "lm_head.weight", (c["vocab_size"], hidden)


def shards_of(c, element_bytes, shard_bytes):
    """Runs of tensors of at most shard_bytes each, or of one larger tensor."""
    shard, size = [], 0
    for name, shape in tensors(c):
        num_bytes = math.prod(shape) * element_bytes
        if shard and size + num_bytes > shard_bytes:
            yield shard
            shard, size = [], 0
        shard.append((name, shape, num_bytes))
        size += num_bytes
    yield shard


def as_bytes(values, dtype):
    if dtype == "fp32":
        return values.tobytes()
    if dtype == "fp16":
        return values.astype("<f2").tobytes()
    return ((values.view("<u4") + 0x8000) >> 16).astype("<u2").tobytes()  # rounded to bf16


def write_values(file, name, shape, dtype, pool, rng):
    """Norms near 1; matrices with rows of norm about 1, so that hidden states keep their size."""
    count = math.prod(shape)
    if "norm" in name:
        file.write(as_bytes(np.ones(count, "<f4"), dtype))
        return
    scale = np.float32(1 / math.sqrt(shape[-1])) if len(shape) > 1 else np.float32(0.1)
    while count > 0:
        start = int(rng.integers(0, POOL // 2))
        part = pool[start : start + min(count, POOL - start)]
        file.write(as_bytes(part * scale, dtype))
        count -= len(part)


def write_shard(path, shard, dtype, pool, rng):
    header, offset = {}, 0
    for name, shape, num_bytes in shard:
        header[name] = dict(dtype=DTYPES[dtype][0], shape=list(shape), data_offsets=[offset, offset + num_bytes])
        offset += num_bytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 64)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape, _ in shard:
            write_values(file, name, shape, dtype, pool, rng)
    return offset


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--geometry", choices=sorted(GEOMETRIES), default="llama-3.1-8b")
    parser.add_argument("--layers", type=int, help="fewer layers than the geometry has")
    parser.add_argument("--dtype", choices=sorted(DTYPES), default="bf16")
    parser.add_argument("--shard-mib", type=int, default=4768)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    config = dict(GEOMETRIES[args.geometry], torch_dtype=DTYPES[args.dtype][1], xkv_random_weights=True)
    if args.layers:
        config["num_hidden_layers"] = args.layers
    os.makedirs(args.out)  # an existing folder is left alone
    rng = np.random.default_rng(args.seed)
    pool = rng.standard_normal(POOL, dtype="<f4")
    shards = list(shards_of(config, DTYPES[args.dtype][2], args.shard_mib << 20))
    weight_map, total = {}, 0
    for i, shard in enumerate(shards):
        name = f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors"
        total += write_shard(os.path.join(args.out, name), shard, args.dtype, pool, rng)
        weight_map.update({tensor: name for tensor, _, _ in shard})
        print(f"{name}: {len(shard)} tensors, {total / 1e9:.2f} GB so far", flush=True)
    with open(os.path.join(args.out, "model.safetensors.index.json"), "w") as file:
        json.dump(dict(metadata=dict(total_size=total), weight_map=weight_map), file, indent=1)
    with open(os.path.join(args.out, "config.json"), "w") as file:
        json.dump(config, file, indent=1)


if __name__ == "__main__":
    main()
