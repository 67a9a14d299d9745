"""Trains the default model on generated cases: `python -m models.train --out runs/x --minutes 30`.

Resumable: weights, optimisers, stream position and random state are written every few minutes.
A phase that goes on from another run's weights, with a schedule of its own, takes `--start RUN`.
"""

from __future__ import annotations

import argparse
import shutil
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from engine.prompt import with_outline
from models.architecture import Shape, model_config, new_model
from models.batches import Batch, Batches, Plan
from models.corpus import examples
from models.evaluate import answers
from models.losses import Losses, losses_of
from models.optimizer import build_optimizers
from models.scoring import score
from models.settings import Settings
from models.tokenizer import train_tokenizer

CHECKPOINT = "checkpoint.pt"
TOKENIZER = "tokenizer"
TOKENIZER_CASES = 20_000
EVALUATED = 16
SHOWN = 2
EVALUATION_SEED = 99
SMOOTHING = 0.05
LEAST_RATE = 0.05


@dataclass(slots=True)
class Progress:
    """Where a run stands: steps and minutes of this phase, and the next case of the stream."""

    step: int = 0
    minutes: float = 0.0
    index: int = 0


def rate(progress: Progress, settings: Settings) -> float:
    """Returns the factor on the learning rate: warm-up, steady, then down to a twentieth."""
    part = progress.minutes / settings.minutes
    fall = (1 - part) / (1 - settings.steady)
    return min(1.0, (progress.step + 1) / settings.warmup, max(LEAST_RATE, fall))


def case_size(progress: Progress, settings: Settings) -> float:
    """Returns the scale of the records: from the first size to the last, never more than 1."""
    first, last = settings.size
    return min(1.0, first + (last - first) * progress.minutes / settings.minutes)


class Run:
    """A training run: model, optimisers, stream and where they stand, kept in one folder."""

    def __init__(
        self,
        out: Path,
        settings: Settings,
        shape: Shape,
        *,
        resume: bool = False,
        start: Path | None = None,
    ) -> None:
        """Starts afresh, goes on with the folder's checkpoint, or starts from another run's.

        Args:
            out: The folder of the run; made if missing.
            settings: The settings of this phase.
            shape: The sizes of the model; the canvas may differ from the checkpoint's.
            resume: Whether to go on with the checkpoint in `out`, if there is one.
            start: The folder of a run whose weights, optimisers and tokenizer to start from.
        """
        self.out, self.settings = out, settings
        resumed = resume and (out / CHECKPOINT).exists()
        torch.manual_seed(settings.seed)
        self.tokenizer = _tokenizer(out, settings.seed, out if resumed else start)
        self.model = _model(shape, self.tokenizer, settings.seed)
        self.optimizers = build_optimizers(self.model, settings.lr)
        self.base_rates = [group["lr"] for group in self._groups()]
        self.progress = Progress()
        self.averages = torch.full((3,), torch.nan)
        if resumed:
            self._load(out, whole=True)
        elif start is not None:
            self._load(start, whole=False)
        plan = Plan(seed=settings.seed, job_weights=settings.job_weights, tokens=settings.tokens)
        self.batches = Batches(self.tokenizer, plan, self.progress.index)

    def train(self) -> None:
        """Trains until the minutes are used up; saves and evaluates every few of them."""
        saved = self.progress.minutes
        while self.progress.minutes < self.settings.minutes:
            for batch in self.batches.stream(case_size(self.progress, self.settings)):
                self.step(batch)
                if self.progress.minutes >= saved + self.settings.every_minutes:
                    saved = self.progress.minutes
                    self._finish()
                if self.progress.minutes >= self.settings.minutes:
                    break
        self._finish()

    def step(self, batch: Batch) -> None:
        """Trains on one batch; its time is the run's time."""
        started = time.monotonic()
        factor = rate(self.progress, self.settings)
        for group, base in zip(self._groups(), self.base_rates, strict=True):
            group["lr"] = base * factor
        causal_only = bool(torch.rand(()) < self.settings.causal_share)
        with torch.autocast("cpu", torch.bfloat16):
            losses = losses_of(self.model, batch, self.settings, causal_only=causal_only)
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.progress.step += 1
        self.progress.minutes += (time.monotonic() - started) / 60
        self._log(losses)

    def save(self) -> None:
        """Writes the checkpoint beside its place, then moves it there."""
        self.progress.index = self.batches.index
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": asdict(self.progress),
            "random": torch.get_rng_state(),
            "config": self.model.config.to_dict(),
        }
        temporary = self.out / (CHECKPOINT + ".part")
        torch.save(state, temporary)
        temporary.replace(self.out / CHECKPOINT)

    def _groups(self) -> list[dict[str, Any]]:
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def _finish(self) -> None:
        self.save()
        cases = list(examples(EVALUATION_SEED, "held_out", EVALUATED, job="record"))
        found = answers(self.model, self.tokenizer, cases, constrained=True)
        self.model.train()
        _print(f"EVAL step {self.progress.step} ({len(cases)}): {score(cases, found)}")
        for case, answer in list(zip(cases, found, strict=True))[:SHOWN]:
            _print(f"  want {case.answer}\n  got  {answer.text}")

    def _log(self, losses: Losses) -> None:
        figures = torch.stack([losses.denoising, losses.causal, losses.repaired])
        self.averages = averaged(self.averages, figures)
        if self.progress.step % 25 == 0:
            _print(
                f"step {self.progress.step} minutes {self.progress.minutes:.1f} "
                "denoising {:.3f} causal {:.3f} repaired {:.3f}".format(*self.averages.tolist())
            )

    def _load(self, folder: Path, *, whole: bool) -> None:
        """Loads weights and optimisers; with `whole` also where the run stands, if it says so."""
        state = torch.load(folder / CHECKPOINT, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        kept = state.get("progress", {})
        self.progress = Progress(**kept) if whole else Progress(index=kept.get("index", 0))
        if whole and "random" in state:
            torch.set_rng_state(state["random"])


def averaged(averages: Tensor, figures: Tensor) -> Tensor:
    """Returns running means; a figure that is not a number leaves its mean as it was."""
    moved = torch.where(averages.isnan(), figures, torch.lerp(averages, figures, SMOOTHING))
    return torch.where(figures.isnan(), averages, moved)


def _tokenizer(out: Path, seed: int, source: Path | None) -> PreTrainedTokenizerBase:
    """Returns the run's tokenizer; trains one only where no weights depend on another.

    Raises:
        FileNotFoundError: The run that the weights come from has no tokenizer.
    """
    folder = out / TOKENIZER
    if source is not None and not (source / TOKENIZER).exists():
        raise FileNotFoundError(f"{source} has a checkpoint but no {TOKENIZER} folder")
    if source is not None and source != out:
        shutil.copytree(source / TOKENIZER, folder, dirs_exist_ok=True)
    if not folder.exists():
        cases = examples(seed, "train", TOKENIZER_CASES)
        texts = (part for c in cases for part in (with_outline(c.text, c.outline), c.answer))
        train_tokenizer(texts).save_pretrained(folder)
    return PreTrainedTokenizerFast.from_pretrained(folder)


def _model(shape: Shape, tokenizer: PreTrainedTokenizerBase, seed: int) -> Any:
    ids: Any = (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id)
    model = new_model(model_config(shape, len(tokenizer), *ids), seed)
    model.set_attn_implementation("eager")  # on a CPU a quarter faster than sdpa
    return model


def _print(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


def parser() -> argparse.ArgumentParser:
    """The command line: the run, the shape, and an option for each setting."""
    result = argparse.ArgumentParser(description="Trains the default model.")
    result.add_argument("--out", type=Path, required=True)
    result.add_argument("--resume", action="store_true", help="go on with the checkpoint in --out")
    result.add_argument("--start", type=Path, help="a run whose weights to start a phase from")
    result.add_argument("--threads", type=int, default=2)
    for field in fields(Shape):
        option = f"--{field.name.replace('_', '-')}"
        result.add_argument(option, type=int, default=field.default)
    for field in fields(Settings):
        default: Any = field.default
        option = f"--{field.name.replace('_', '-')}"
        if isinstance(default, tuple):
            kind, count = type(default[0]), len(default)
            result.add_argument(option, type=kind, nargs=count, default=default)
        else:
            result.add_argument(option, type=type(default), default=default)
    return result


def main() -> None:
    """Parses the command line and trains."""
    parsed = vars(parser().parse_args())
    shape = Shape(**{field.name: parsed[field.name] for field in fields(Shape)})
    chosen: dict[str, Any] = {field.name: parsed[field.name] for field in fields(Settings)}
    for name in ("size", "job_weights"):
        chosen[name] = tuple(chosen[name])
    torch.set_num_threads(parsed["threads"])
    Run(
        parsed["out"],
        Settings(**chosen),
        shape,
        resume=parsed["resume"],
        start=parsed["start"],
    ).train()


if __name__ == "__main__":
    main()
