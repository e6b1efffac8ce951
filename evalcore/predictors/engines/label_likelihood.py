"""The log-probability of every label as the answer to a prompt.

`TrieScorer` computes all of them in one pass: prompts share their prefix, and the labels' tokens follow a prompt as a
tree, in which each token attends to the prompt and to its ancestors. `ForwardScorer` appends each label to each prompt
and runs the whole text; it is the reference, and runs models whose attention cannot be replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evalcore.predictors.engines import shared_prefix_attention
from evalcore.predictors.engines.memory import Shortage, in_memory
from evalcore.predictors.engines.packed import PackedModel, PrefixGroup
from evalcore.predictors.engines.prefixes import Node, trie

if TYPE_CHECKING:
    from transformers import PreTrainedModel

LabelScores = NDArray[np.float32]

MOST_LOGITS_BYTES = 1 << 30
"""Largest logits of one pass; more rows are run in several passes."""


class _Tree:
    """The answers' tokens as a tree that follows a prompt.

    Attributes:
        tokens: shape (n_nodes,): tokens that other tokens follow. The last token of an answer need not be an input.
        depths: shape (n_nodes,): 1 for an answer's first token.
        visible: shape (n_nodes, n_nodes), True where a node may see another: itself and its ancestors.
        at: shape (n_edges,): the place whose logits decide a token: 0 is the prompt's last token, 1 + i is node i.
        token: shape (n_edges,): that token.
        paths: shape (n_answers, n_edges), 1 for the edges of an answer.
    """

    def __init__(self, answers: Sequence[Sequence[int]]) -> None:
        self.tokens: list[int] = []
        self.depths: list[int] = []
        self.at: list[int] = []
        self.token: list[int] = []
        parents: list[int] = []
        edges: dict[tuple[int, int], int] = {}

        def walk(node: Node, place: int, depth: int) -> None:
            for token, child in node.items():
                edges[place, token] = len(edges)
                self.at.append(place)
                self.token.append(token)
                if child:
                    self.tokens.append(token)
                    self.depths.append(depth)
                    parents.append(place)
                    walk(child, len(self.tokens), depth + 1)

        walk(trie(answers), 0, 1)
        self.visible = torch.eye(len(self.tokens), dtype=torch.bool)
        for node, parent in enumerate(parents):
            if parent:
                self.visible[node] |= self.visible[parent - 1]
        self.paths = torch.zeros(len(answers), len(edges), dtype=torch.float64)
        place_of = {
            (parent, token): node + 1 for node, (parent, token) in enumerate(zip(parents, self.tokens, strict=True))
        }
        for number, answer in enumerate(answers):
            place = 0
            for token in answer:
                self.paths[number, edges[place, token]] = 1
                place = place_of.get((place, token), -1)


class TrieScorer:
    """Scores all answers in one pass over each prompt.

    Args:
        packed: the model.
        answers: token ids of each, with its end token.
    """

    def __init__(self, packed: PackedModel, answers: Sequence[Sequence[int]]) -> None:
        self.packed = packed
        self.shortage = Shortage()
        self._tree = _Tree(answers)

    def score(self, prompts: Sequence[list[int]]) -> list[LabelScores]:
        """Log-probabilities of the answers after each prompt, each of shape (n_answers,).

        Raises:
            RuntimeError: if not even one prompt fits into the memory.
        """
        out: list[LabelScores] = [np.empty(0, np.float32)] * len(prompts)
        per_row = 4 * self.packed.vocabulary * (1 + len(self._tree.tokens))
        at_once = max(1, MOST_LOGITS_BYTES // per_row)
        for group in self.packed.groups(prompts):
            for start in range(0, len(group.members), at_once):
                tails = group.tails[start : start + at_once]
                with self.packed.replaced():
                    device = self.packed.model.device
                    score = partial(self._score, group)
                    scored = in_memory(tails, score, device, self._bytes_for, self.shortage)
                for index, scores in zip(group.members[start : start + at_once], scored, strict=True):
                    out[index] = scores
        return out

    def _bytes_for(self, tails: Sequence[list[int]]) -> float:
        """An estimate of the memory for a pass: what a layer holds, attention among a row's own tokens, and logits."""
        width = max(map(len, tails)) + len(self._tree.tokens)
        heads = self.packed.model.config.get_text_config().num_attention_heads
        attention = 3 * 4 * heads * len(tails) * width**2
        logits = 4 * len(tails) * (1 + len(self._tree.tokens)) * self.packed.vocabulary
        return self.packed.bytes_of(len(tails) * width) + attention + 2 * logits

    def _score(self, group: PrefixGroup, tails: Sequence[list[int]]) -> list[LabelScores]:
        tree = self._tree
        rows = shared_prefix_attention.Rows(
            group.prefix, group.shared, len(tails), max(map(len, tails)) + len(tree.tokens)
        )
        rows.layout = _lay_out(tails, tree.visible, self.packed.model.device)
        starts = [0, *accumulate(len(tail) + len(tree.tokens) for tail in tails)]
        logits = self.packed.forward(
            rows,
            [token for tail in tails for token in (*tail, *tree.tokens)],
            [
                group.shared + position
                for tail in tails
                for position in (*range(len(tail)), *(len(tail) - 1 + depth for depth in tree.depths))
            ],
            [
                start + len(tail) - 1 + place
                for start, tail in zip(starts, tails, strict=False)
                for place in range(1 + len(tree.tokens))
            ],
        )
        shaped = logits.view(len(tails), 1 + len(tree.tokens), -1).float()
        wanted = shaped[:, tree.at, tree.token] - shaped.logsumexp(-1)[:, tree.at]
        return list((wanted.double().cpu() @ tree.paths.T).float().numpy())


def _lay_out(tails: Sequence[list[int]], visible: Tensor, device: torch.device) -> shared_prefix_attention.Layout:
    """Rows of a prompt's own tokens and then the tree, whose nodes see the prompt and their ancestors."""
    n_nodes = len(visible)
    counts = [len(tail) + n_nodes for tail in tails]
    layout = shared_prefix_attention.lay_out([0] * len(tails), counts, torch.device("cpu"))
    for row, tail in enumerate(tails):
        end = len(tail) + n_nodes
        layout.hidden[row, len(tail) : end, len(tail) : end] = ~visible
    return layout.to(device)


class ForwardScorer:
    """Scores each answer after each prompt with plain forward passes over the whole text.

    Args:
        model: a causal language model.
        answers: token ids of each, with its end token.
        at_once: number of answers in one pass, padded on the right.
    """

    def __init__(self, model: PreTrainedModel, answers: Sequence[Sequence[int]], *, at_once: int = 1) -> None:
        self._model = model
        self.shortage = Shortage()
        self._answers = [list(answer) for answer in answers]
        self._at_once = at_once

    def score(self, prompts: Sequence[list[int]]) -> list[LabelScores]:
        """Log-probabilities of the answers after each prompt, each of shape (n_answers,)."""
        return [np.array(self._scores(prompt), dtype=np.float32) for prompt in prompts]

    def _scores(self, prompt: list[int]) -> list[float]:
        parts = [self._answers[start : start + self._at_once] for start in range(0, len(self._answers), self._at_once)]
        score, device = partial(self._score, prompt), self._model.device
        return [each for part in parts for each in in_memory(part, score, device, shortage=self.shortage)]

    @torch.inference_mode()
    def _score(self, prompt: list[int], answers: Sequence[list[int]]) -> list[float]:
        width = max(map(len, answers))
        ids = torch.tensor([prompt + answer + [answer[-1]] * (width - len(answer)) for answer in answers])
        mask = torch.tensor([[1] * (len(prompt) + len(a)) + [0] * (width - len(a)) for a in answers])
        device = self._model.device
        out = self._model(
            input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False, logits_to_keep=width + 1
        )
        logprobs = out.logits[:, :-1].float().log_softmax(-1)
        return [
            float(logprobs[row, torch.arange(len(answer)), torch.tensor(answer)].double().sum())
            for row, answer in enumerate(answers)
        ]
