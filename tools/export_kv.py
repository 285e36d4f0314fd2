#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the KV cache of a prompt from a Hugging Face causal LM, for `xkv analyse`.

    tools/export_kv.py --model DIR_OR_NAME --prompt TEXT --out cache.safetensors
    tools/export_kv.py --model DIR_OR_NAME --prompt-file needle.txt --dtype fp32 --out cache.safetensors

Needs PyTorch, transformers and safetensors. Per layer the file has key.{l} (before RoPE; after k_norm where
the model has one) and value.{l}, (seq_len, num_kv_heads, head_dim); of latent attention (DeepSeek-V2)
latent.{l} (before kv_a_layernorm) and rope_key.{l} (before RoPE), (seq_len, width); input_ids (seq_len); and
in its metadata under xkv_cache what the model is called and the text of each token.
"""

import argparse
import json
import os
import sys
from pathlib import Path

DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="a folder, or a name on the Hugging Face Hub")
    prompt = parser.add_mutually_exclusive_group(required=True)
    prompt.add_argument("--prompt", help="the text")
    prompt.add_argument("--prompt-file", type=Path, help="a UTF-8 file with the text; one newline at its end is dropped")
    prompt.add_argument("--prompt-ids", help="token ids, used as they are: 5,7,9")
    parser.add_argument("--dtype", choices=DTYPES, default="bf16", help="of weights, activations and cache")
    parser.add_argument("--out", required=True, type=Path, help="the file to write")
    return parser.parse_args()


def fail(sentence):
    sys.exit(f"export_kv.py: {sentence}")


def prompt_ids(arguments):
    """Token ids and the text of each; no texts where the ids were given."""
    if arguments.prompt_ids:
        return [int(one) for one in arguments.prompt_ids.split(",")], []
    from transformers import AutoTokenizer

    text = arguments.prompt
    if arguments.prompt_file:
        text = arguments.prompt_file.read_text(encoding="utf-8").removesuffix("\n")
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    ids = tokenizer(text)["input_ids"]
    return ids, [tokenizer.decode([one]) for one in ids]


class Rows:
    """Hooks that keep what each layer's attention would cache."""

    def __init__(self, model):
        self.tensors = {}
        self.handles = []
        for number, layer in enumerate(model.base_model.layers):
            self.watch(number, layer.self_attn, model.config)

    def watch(self, number, attention, config):
        if hasattr(attention, "kv_a_proj_with_mqa"):
            self.hook(attention.kv_a_proj_with_mqa, lambda out: self.keep_latent(number, out, config.kv_lora_rank))
            return
        if not (hasattr(attention, "k_proj") and hasattr(attention, "v_proj")):
            fail(f"layer {number}: {type(attention).__name__} has neither k_proj and v_proj nor kv_a_proj_with_mqa")
        head_dim = attention.head_dim
        keys = getattr(attention, "k_norm", attention.k_proj)
        self.hook(keys, lambda out: self.keep_heads(f"key.{number}", out, head_dim))
        self.hook(attention.v_proj, lambda out: self.keep_heads(f"value.{number}", out, head_dim))

    def hook(self, module, keep):
        self.handles.append(module.register_forward_hook(lambda _module, _inputs, output: keep(output)))

    def keep_heads(self, name, output, head_dim):
        # (1, seq_len, kv_dim), or from k_norm (1, seq_len, num_kv_heads, head_dim)
        self.keep(name, output.reshape(output.shape[1], -1, head_dim))

    def keep_latent(self, number, output, rank):
        # (1, seq_len, kv_lora_rank + qk_rope_head_dim)
        self.keep(f"latent.{number}", output[0, :, :rank])
        self.keep(f"rope_key.{number}", output[0, :, rank:])

    def keep(self, name, rows):
        self.tensors[name] = rows.detach().to("cpu", copy=True).contiguous()


def capture(arguments, ids):
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=getattr(torch, DTYPES[arguments.dtype]))
    model.eval()
    if not hasattr(model.base_model, "layers"):
        fail(f"{type(model.base_model).__name__} has no list of decoder layers")
    rows = Rows(model)
    with torch.inference_mode():
        model.base_model(torch.tensor([ids]), use_cache=False)
    return model, rows.tensors


def rope_of(config):
    """rope_theta and rope_type, as transformers 5 (rope_parameters) or 4 spells them."""
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    theta = rope.get("rope_theta", getattr(config, "rope_theta", None))
    return {"rope_theta": theta, "rope_type": rope.get("rope_type", rope.get("type", "default"))}


def model_header(model, name, dtype):
    config = model.config
    names = {
        "hidden_size": "hidden_size",
        "intermediate_size": "intermediate_size",
        "num_heads": "num_attention_heads",
        "num_kv_heads": "num_key_value_heads",
        "vocab_size": "vocab_size",
        "max_position_embeddings": "max_position_embeddings",
        "tie_word_embeddings": "tie_word_embeddings",
        "kv_lora_rank": "kv_lora_rank",
        "qk_rope_head_dim": "qk_rope_head_dim",
        "qk_nope_head_dim": "qk_nope_head_dim",
        "v_head_dim": "v_head_dim",
        "num_experts": "n_routed_experts",
    }
    header = {"name": name, "model_type": config.model_type, "weight_dtype": dtype, **rope_of(config)}
    header.update({ours: getattr(config, theirs, None) for ours, theirs in names.items()})
    if getattr(config, "use_sliding_window", True):
        header["sliding_window"] = getattr(config, "sliding_window", None)
    header["num_layers"] = config.num_hidden_layers
    header["num_parameters"] = sum(one.numel() for one in model.parameters())
    return {key: value for key, value in header.items() if value is not None}


def write(path, tensors, header):
    """Beside `path` and renamed at the end: `path` holds all or is not touched."""
    from safetensors.torch import save_file

    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        save_file(tensors, part, metadata={"format": "pt", "xkv_cache": json.dumps(header)})
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def main():
    arguments = parse_arguments()
    try:
        import torch
        import transformers
    except ImportError as problem:
        fail(f"{problem.name} is needed: pip install torch transformers safetensors")
    ids, tokens = prompt_ids(arguments)
    if not ids:
        fail("the prompt has no tokens")
    model, tensors = capture(arguments, ids)
    tensors["input_ids"] = torch.tensor(ids, dtype=torch.int64)
    name = Path(arguments.model).resolve().name if Path(arguments.model).exists() else arguments.model
    header = {
        "version": 1,
        "model": model_header(model, name, arguments.dtype),
        "source": {"program": "transformers", "version": transformers.__version__},
        "tokens": tokens,
    }
    write(arguments.out, tensors, header)
    print(f"wrote {arguments.out}: {len(ids)} tokens, {model.config.num_hidden_layers} layers")


if __name__ == "__main__":
    main()
