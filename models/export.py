"""Writes a run's checkpoint as a model folder: `python -m models.export --run runs/x`."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from models.architecture import OWN_KEYS, Shape, model_config
from models.evaluate import MAX_STEPS
from models.train import CHECKPOINT, TOKENIZER

DEFAULT = Path(__file__).parent / "default"
MAX_BYTES = 24_000_000
SAMPLER = {
    "max_denoising_steps": MAX_STEPS,
    "max_new_tokens": 256,
    "t_min": 0.4,
    "t_max": 0.8,
    "stability_threshold": 1,
    "confidence_threshold": 0.005,
    "sampler_config": {"_cls_name": "EntropyBoundSamplerConfig", "entropy_bound": 0.1},
}


def export(run: Path, target: Path = DEFAULT, tokenizer_folder: Path | None = None) -> None:
    """Writes config, float16 weights, generation settings and tokenizer; keeps the card.

    Every file is written beside its place and then moved, so that a reader never sees half.

    Args:
        run: The folder of a training run.
        target: The model folder; made if missing.
        tokenizer_folder: The tokenizer that the run was trained with; None takes the run's own.

    Raises:
        ValueError: A weight does not fit float16, or the folder would be too large to commit.
    """
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tokenizer_folder or run / TOKENIZER)
    model = load_checkpoint(run / CHECKPOINT, tokenizer).half()
    if not all(bool(weight.isfinite().all()) for weight in model.parameters()):
        raise ValueError("a weight does not fit float16")
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        folder = Path(name)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        _write_generation_config(folder, tokenizer)
        _mark(folder / "config.json")
        _publish(folder, target)


def load_checkpoint(
    path: Path, tokenizer: PreTrainedTokenizerBase
) -> DiffusionGemmaForBlockDiffusion:
    """Returns the model of a checkpoint, in float32; of the default shape if it names none."""
    state = torch.load(path, weights_only=True, mmap=True)
    ids: Any = (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id)
    if "config" in state:
        config = DiffusionGemmaConfig.from_dict(state["config"])
    else:
        config = model_config(Shape(), len(tokenizer), *ids)
    model = DiffusionGemmaForBlockDiffusion(config)
    model.load_state_dict(state["model"])
    return model.eval()


def _write_generation_config(folder: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    ids = {
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
    }
    (folder / "generation_config.json").write_text(json.dumps({**ids, **SAMPLER}, indent=2) + "\n")


def _mark(path: Path) -> None:
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, **OWN_KEYS}, indent=2) + "\n")


def _publish(folder: Path, target: Path) -> None:
    files = sorted(folder.iterdir())
    size = sum(file.stat().st_size for file in files)
    if size > MAX_BYTES:
        raise ValueError(f"the model takes {size} bytes, more than {MAX_BYTES}")
    for file in files:
        file.chmod(0o644)
        file.replace(target / file.name)


def main() -> None:
    """Parses the command line and exports."""
    parser = argparse.ArgumentParser(description="Exports a run as a model folder.")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--target", type=Path, default=DEFAULT)
    parser.add_argument("--tokenizer", type=Path, help="a tokenizer's folder; the run's by default")
    parsed = parser.parse_args()
    export(parsed.run, parsed.target, parsed.tokenizer)


if __name__ == "__main__":
    main()
