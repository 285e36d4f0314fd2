#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains a small Llama-architecture model that finds needles and follows variables in a text.

    tools/train_demo_model.py --out DIR [--steps N] [--seed S] [--seq-len T]

Needs PyTorch 2.9 or newer and nothing else; the text is generated, no data is downloaded. DIR gets
config.json, tokenizer.json and model.safetensors (bf16) as Hugging Face transformers writes them.
The same arguments on the same machine give the same model.
"""

import argparse
import json
import math
import random
import re
import struct
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

# ------------------------------------------------------------------ words

SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]
PAD, BOS, EOS, UNK = range(4)
DIGITS = list("0123456789")
GLUE = ". , : ? Q A let = the a is are in of and code codes what which variables have value".split()
NOISE = ["the grass is green .", "the sky is blue .", "the sun is yellow .", "here we go .",
         "there and back again ."]
NAMES = "anna boris clara david emma felix greta henry".split()
ADJECTIVES = "small large quiet happy tired young clever brave gentle lazy hungry curious".split()
ANIMALS = "cat dog fox bear wolf rabbit farmer baker sailor teacher doctor painter".split()
VERBS = "sees likes follows helps finds visits watches calls greets chases meets hears".split()
PLACES = "park house barn school market shop field lake hill street yard room".split()
KEYS = """
apple river stone cloud bread chair table lamp horse tiger eagle whale piano violin drum flute
castle bridge tower temple garden forest desert island valley canyon meadow harbor anchor rocket
engine wheel hammer ladder mirror candle basket bottle button carpet curtain pillow blanket
jacket helmet saddle ribbon needle thread cotton velvet silver copper bronze marble granite
crystal diamond emerald ruby pearl coral amber ivory lemon cherry mango peach grape melon onion
garlic pepper ginger honey butter cheese coffee sugar paper pencil ruler letter stamp ticket
poster banner compass magnet battery circuit signal planet comet galaxy meteor thunder
""".split()
VARIABLES = [a + b for a in "BCDFGHJK" for b in "ABCDEFGH"]

TOKEN_PATTERN = r"<[a-z]+>|[A-Za-z]+|[0-9]|[^\sA-Za-z0-9]"


def build_vocabulary():
    noise_words = " ".join(NOISE).split()
    groups = [SPECIAL, DIGITS, GLUE, noise_words, NAMES, ADJECTIVES, ANIMALS, VERBS, PLACES, KEYS,
              VARIABLES]
    return list(dict.fromkeys(word for group in groups for word in group))


VOCABULARY = build_vocabulary()
ID_OF = {word: i for i, word in enumerate(VOCABULARY)}


def encode(text):
    return [ID_OF.get(word, UNK) for word in re.findall(TOKEN_PATTERN, text)]


# ------------------------------------------------------------------ documents

ANSWER_WEIGHT = 1.0   # what the model must look up
CONTEXT_WEIGHT = 0.1  # grammar, which keeps the hidden states those of a language model
NO_WEIGHT = 0.0       # random content: nothing can be learned from it


class Document:
    """Words with the weight that each has as a target."""

    def __init__(self):
        self.words = ["<bos>"]
        self.weights = [NO_WEIGHT]

    def add(self, words, weight):
        self.words += words
        self.weights += [weight] * len(words)

    def tensors(self, length):
        """Ids and weights of exactly `length` tokens."""
        self.add(["<eos>"], CONTEXT_WEIGHT)
        pad = max(0, length - len(self.words))
        ids = [ID_OF[word] for word in self.words[:length]] + [PAD] * pad
        return ids, self.weights[:length] + [NO_WEIGHT] * pad


def digits(rng, count=4):
    return [rng.choice(DIGITS) for _ in range(count)]


def grammar_sentence(rng):
    animal, place = rng.choice(ANIMALS), rng.choice(PLACES)
    return rng.choice([
        ["the", rng.choice(ADJECTIVES), animal, rng.choice(VERBS), "the", rng.choice(ANIMALS), "."],
        [rng.choice(NAMES), rng.choice(VERBS), "the", animal, "in", "the", place, "."],
        ["the", animal, "is", rng.choice(ADJECTIVES), "."],
        [rng.choice(NAMES), "is", "in", "the", place, "."],
    ])


def filler(rng, num_words):
    """Sentences of at most num_words in all, either the fixed ones in a circle or grammar."""
    fixed = rng.random() < 0.5
    start, total, sentences = rng.randrange(len(NOISE)), 0, []
    while True:
        next_fixed = NOISE[(start + len(sentences)) % len(NOISE)].split()
        sentence = next_fixed if fixed else grammar_sentence(rng)
        total += len(sentence)
        if total > num_words:
            return sentences
        sentences.append(sentence)


def scatter(rng, sentences, statements):
    """Puts the statements between the sentences; statements of one chain keep their order."""
    placed = []
    for chain in statements:
        for place, statement in zip(sorted(rng.random() for _ in chain), chain):
            placed.append((place, NO_WEIGHT, statement))
    for i, sentence in enumerate(sentences):
        placed.append(((i + 0.5) / len(sentences), CONTEXT_WEIGHT, sentence))
    return [(weight, words) for _, weight, words in sorted(placed, key=lambda item: item[0])]


def needle(key, value):
    return ["the", "code", "of", key, "is", *value, "."]


def needle_question(keys, values):
    """(question, answer) for one or several keys."""
    if len(keys) == 1:
        question = ["Q", ":", "what", "is", "the", "code", "of", keys[0], "?", "A", ":"]
        return question, [keys[0], *values[0], "."]
    asked, answer = [keys[0]], [keys[0], *values[0]]
    for i in range(1, len(keys)):
        asked += ["and" if i == len(keys) - 1 else ",", keys[i]]
        answer += [",", keys[i], *values[i]]
    return ["Q", ":", "what", "are", "the", "codes", "of", *asked, "?", "A", ":"], answer + ["."]


def variable_chain(rng, names):
    """`let BA = 4 7 1 2 . let CD = BA .` and the question for all names of the chain."""
    statements = [["let", names[0], "=", *digits(rng), "."]]
    statements += [["let", name, "=", before, "."] for before, name in zip(names, names[1:])]
    question = [*"Q : which variables have the value of".split(), names[0], "?", "A", ":"]
    return statements, (question, [*names, "."])


def lookup_document(rng, length):
    """Pairs, then the same pairs in other orders over and over: teaches looking up fastest."""
    doc = Document()
    num_digits = rng.choice([1, 2, 4])
    most = min(len(KEYS), length // (3 * (num_digits + 2)))
    keys = rng.sample(KEYS, rng.randint(2, max(2, most)))
    values = {key: digits(rng, num_digits) for key in keys}
    before = rng.choice([[], ["code"], ["the", "code", "of"]])
    between = ["is"] if before else []
    for key in keys:
        doc.add([*before, key, *between, *values[key], "."], NO_WEIGHT)
    while len(doc.words) < length:
        rng.shuffle(keys)
        for key in keys:
            doc.add([*before, key, *between], NO_WEIGHT)
            doc.add([*values[key], "."], ANSWER_WEIGHT)
    return doc


def assignment_document(rng, length):
    """`let B = A .` pairs, then `A B .` in other orders: teaches following an assignment."""
    doc = Document()
    count = rng.randint(2, max(2, min(len(VARIABLES) // 2, length // 16)))
    names = rng.sample(VARIABLES, 2 * count)
    pairs = list(zip(names[:count], names[count:]))
    for left, right in pairs:
        doc.add(["let", left, "=", right, "."], NO_WEIGHT)
    while len(doc.words) < length:
        rng.shuffle(pairs)
        for left, right in pairs:
            doc.add([right], NO_WEIGHT)
            doc.add([left, "."], ANSWER_WEIGHT)
    return doc


def haystack_document(rng, length):
    """Needles and chains scattered in filler, then questions about them."""
    doc = Document()
    keys, names = rng.sample(KEYS, len(KEYS)), rng.sample(VARIABLES, len(VARIABLES))
    fill = int(length * rng.choice([0, 0.2, 0.4, 0.6]))
    limit = rng.choice([1, 2, 4, 8, 100])
    budget, statements, questions = length - 2 - fill, [], []
    while len(questions) < limit and keys and len(names) > 5:
        if rng.random() < 0.4:
            count = rng.randint(2, 5)
            chain, qa = variable_chain(rng, names[:count])
            names = names[count:]
        else:
            asked = [keys.pop() for _ in range(min(len(keys), rng.choice([1, 1, 2, 3])))]
            values = [digits(rng) for _ in asked]
            chain = [needle(key, value) for key, value in zip(asked, values)]
            qa = needle_question(asked, values)
        budget -= sum(map(len, chain)) + len(qa[0]) + len(qa[1])
        if budget < 0:
            break
        statements.append(chain)
        questions.append(qa)
    for weight, words in scatter(rng, filler(rng, fill), statements):
        doc.add(words, weight)
    rng.shuffle(questions)
    for question, answer in questions:
        doc.add(question, NO_WEIGHT)
        doc.add(answer, ANSWER_WEIGHT)
    return doc


def training_batch(rng, batch, length, progress):
    """Ids (batch, length + 1) and target weights; look-up documents fade as training goes on."""
    share = 0.75 * (1 - progress) + 0.2 * progress
    ids, weights = [], []
    for _ in range(batch):
        kind = rng.random()
        if kind < share * 0.6:
            doc = lookup_document(rng, length)
        elif kind < share:
            doc = assignment_document(rng, length)
        else:
            doc = haystack_document(rng, length)
        doc_ids, doc_weights = doc.tensors(length + 1)
        ids.append(doc_ids)
        weights.append(doc_weights)
    return torch.tensor(ids), torch.tensor(weights)


# ------------------------------------------------------------------ model


@dataclass
class Shape:
    hidden_size: int = 128
    intermediate_size: int = 320
    num_layers: int = 8
    num_heads: int = 4
    num_kv_heads: int = 2
    head_dim: int = 32
    vocab_size: int = -(-len(VOCABULARY) // 16) * 16
    max_position_embeddings: int = 1024
    rms_norm_eps: float = 1e-5
    rope_theta: float = 1e5


def rotate(x, cos, sin):
    """x (batch, heads, T, head_dim): the halves of a head form the rotated pairs."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class Attention(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        q_dim, kv_dim = shape.num_heads * shape.head_dim, shape.num_kv_heads * shape.head_dim
        self.q_proj = nn.Linear(shape.hidden_size, q_dim, bias=False)
        self.k_proj = nn.Linear(shape.hidden_size, kv_dim, bias=False)
        self.v_proj = nn.Linear(shape.hidden_size, kv_dim, bias=False)
        self.o_proj = nn.Linear(q_dim, shape.hidden_size, bias=False)

    def forward(self, x, cos, sin):
        batch, length, _ = x.shape

        def heads(y):
            return y.view(batch, length, -1, self.shape.head_dim).transpose(1, 2)

        q, k, v = heads(self.q_proj(x)), heads(self.k_proj(x)), heads(self.v_proj(x))
        out = F.scaled_dot_product_attention(rotate(q, cos, sin), rotate(k, cos, sin), v,
                                             is_causal=True, enable_gqa=True)
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, -1))


class Mlp(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.gate_proj = nn.Linear(shape.hidden_size, shape.intermediate_size, bias=False)
        self.up_proj = nn.Linear(shape.hidden_size, shape.intermediate_size, bias=False)
        self.down_proj = nn.Linear(shape.intermediate_size, shape.hidden_size, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(shape.hidden_size, shape.rms_norm_eps)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = nn.RMSNorm(shape.hidden_size, shape.rms_norm_eps)
        self.mlp = Mlp(shape)

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocab_size, shape.hidden_size)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.num_layers))
        self.norm = nn.RMSNorm(shape.hidden_size, shape.rms_norm_eps)


class Llama(nn.Module):
    """Attributes are named so that state_dict() has the names of the checkpoint format."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.model = Decoder(shape)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                # Branches that write to the residual stream start at zero, so depth costs nothing.
                is_output = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(weight, std=0.0 if is_output else 0.05)

    def forward(self, ids):
        """Logits (batch, T, vocab_size); the output matrix is the embedding."""
        half = self.shape.head_dim // 2
        frequency = self.shape.rope_theta ** (-torch.arange(half).float() / half)
        angle = torch.arange(ids.shape[1])[:, None] * frequency
        cos, sin = angle.cos(), angle.sin()
        x = self.model.embed_tokens(ids)
        for layer in self.model.layers:
            x = layer(x, cos, sin)
        return self.model.norm(x) @ self.model.embed_tokens.weight.T


# ------------------------------------------------------------------ training


def make_optimizers(model):
    """Muon for the matrices inside the layers, AdamW for the embedding and the norms."""
    matrices = [p for p in model.model.layers.parameters() if p.dim() == 2]
    inner = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in inner]
    return [(torch.optim.Muon(matrices, lr=0.02, weight_decay=0.0), 0.02),
            (torch.optim.AdamW(rest, lr=3e-3, betas=(0.9, 0.98), weight_decay=0.0), 3e-3)]


def learning_rate_factor(step, steps):
    """A short rise, then half a cosine down to a twentieth."""
    return min(1.0, (step + 1) / 50) * (0.05 + 0.475 * (1 + math.cos(math.pi * step / steps)))


def length_at(step, steps, longest):
    """64 tokens at first, doubled at even steps; the last third has the full length."""
    doublings = max(0, int(math.log2(longest / 64)))
    return min(longest, 64 << min(doublings, int(step / steps * 1.5 * (doublings + 1))))


def train(model, steps, seq_len, tokens_per_step, rng):
    optimizers = make_optimizers(model)
    start, seen = time.time(), 0
    for step in range(steps):
        length = length_at(step, steps, seq_len)
        ids, weights = training_batch(rng, max(1, tokens_per_step // length), length, step / steps)
        logits = model(ids[:, :-1]).flatten(0, 1)
        targets, weight = ids[:, 1:].flatten(), weights[:, 1:].flatten()
        losses = F.cross_entropy(logits, targets, reduction="none")
        loss = (losses * weight).sum() / weight.sum()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, base in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = base * learning_rate_factor(step, steps)
            optimizer.step()
            optimizer.zero_grad()
        seen += ids.numel()
        if step % 10 == 0 or step == steps - 1:
            answers = weight == ANSWER_WEIGHT
            right = (logits.argmax(-1) == targets)[answers].float().mean().item()
            speed = seen / (time.time() - start)
            print(f"step {step} of {steps}: length {length}, loss {loss.item():.3f}, "
                  f"{100 * right:.1f} % of answer tokens right, {speed:.0f} tokens/s", flush=True)


@torch.no_grad()
def exact_match(model, make_question, length, rng, count=32):
    """Share of whole answers that the model gives, each fed its own question."""
    hits = 0
    for _ in range(count):
        statements, (question, answer) = make_question(rng)
        used = sum(map(len, statements)) + len(question) + len(answer) + 1
        placed = scatter(rng, filler(rng, max(0, length - used)), [statements])
        context = ["<bos>"] + [word for _, words in placed for word in words] + question
        ids = torch.tensor([[ID_OF[word] for word in context + answer]])
        best = model(ids)[0].argmax(-1)
        hits += bool((best[len(context) - 1:-1] == ids[0, len(context):]).all())
    return hits / count


def single_needle(rng):
    key, value = rng.choice(KEYS), digits(rng)
    return [needle(key, value)], needle_question([key], [value])


def five_variables(rng):
    return variable_chain(rng, rng.sample(VARIABLES, 5))


# ------------------------------------------------------------------ export


def config_of(shape):
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
        "hidden_size": shape.hidden_size, "intermediate_size": shape.intermediate_size,
        "num_hidden_layers": shape.num_layers, "num_attention_heads": shape.num_heads,
        "num_key_value_heads": shape.num_kv_heads, "head_dim": shape.head_dim,
        "vocab_size": shape.vocab_size, "max_position_embeddings": shape.max_position_embeddings,
        "rms_norm_eps": shape.rms_norm_eps, "rope_theta": shape.rope_theta, "rope_scaling": None,
        "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False,
        "bos_token_id": BOS, "eos_token_id": EOS, "pad_token_id": PAD, "torch_dtype": "bfloat16",
    }


def tokenizer_of():
    added = [{"id": i, "content": word, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for i, word in enumerate(SPECIAL)]
    pattern = TOKEN_PATTERN.removeprefix("<[a-z]+>|")  # special tokens are split off before
    return {
        "version": "1.0", "added_tokens": added, "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed",
                          "invert": True},
        "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": ID_OF, "unk_token": "<unk>"},
    }


def write_safetensors(path, tensors):
    """bf16: an 8-byte length, a JSON header padded with spaces, one tensor behind the other."""
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in sorted(tensors.items()):
        values = tensor.detach().to(torch.bfloat16).contiguous().view(torch.int16)
        blobs.append(bytes(values.untyped_storage()))
        header[name] = {"dtype": "BF16", "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(blobs[-1])]}
        offset += len(blobs[-1])
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def export(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config_of(model.shape), indent=1) + "\n")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_of(), ensure_ascii=False) + "\n")
    write_safetensors(folder / "model.safetensors", model.state_dict())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    parser.add_argument("--steps", type=int, default=7000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seq-len", type=int, default=512, help="longest text in tokens, 64-1024")
    parser.add_argument("--tokens-per-step", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=0, help="0 = all cores")
    args = parser.parse_args()
    longest = Shape.max_position_embeddings
    if args.steps < 1 or args.tokens_per_step < 64 or not 64 <= args.seq_len <= longest:
        parser.error(f"--steps needs at least 1, --tokens-per-step 64, --seq-len 64 to {longest}")

    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    model = Llama(Shape())
    print(f"{sum(p.numel() for p in model.parameters())} parameters, {len(VOCABULARY)} words")
    train(model, args.steps, args.seq_len, args.tokens_per_step, random.Random(args.seed))
    export(model, args.out)
    rng = random.Random(args.seed + 1)
    for name, question in (("needle", single_needle), ("variables", five_variables)):
        share = exact_match(model, question, args.seq_len, rng)
        print(f"{name}, {args.seq_len} tokens: {100 * share:.0f} % of 32 answers exact")


if __name__ == "__main__":
    main()
