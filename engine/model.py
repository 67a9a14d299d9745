"""Loading a DiffusionGemma checkpoint: by name, from a folder, or from the Hugging Face hub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from huggingface_hub import snapshot_download
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoTokenizer,
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    DynamicCache,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from constraints import Vocabulary
from constraints.errors import SpecError
from engine.backend import DEFAULT_CONTEXT, Kernels, choose, head_of, install, stacked_layers
from engine.channel import CLOSES, OPENS, TITLE, Channel
from engine.compressed import Compressed, format_of
from engine.errors import ModelError
from engine.expert_weights import Format
from engine.head import Head, Width
from engine.hub import located
from engine.info import DEFAULT_MODEL, ModelInfo
from engine.placement import check_room, place_
from engine.prompt import DEFAULT_STYLE, LAYOUTS, Style
from engine.quantise import check_format, num_quantised
from engine.schedule import TOLD, Schedule

if TYPE_CHECKING:
    from engine.kv_cache import Place
    from engine.stacked import Stacked

MODEL_TYPE = "diffusion_gemma"
STYLE_KEY = "blockform_prompt"
SELF_CONDITIONING_KEY = "blockform_self_conditioning"
PLACE = "\ue000"
"""Stands for the prompt while the chat template is rendered; a private-use character."""
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model ready to run, with all that the engine asks of its checkpoint.

    Attributes:
        name: The name it was loaded by.
        network: The weights, in evaluation mode.
        tokenizer: A fast tokenizer.
        vocabulary: As wide as the logits; what the tokenizer does not name is never text.
        schedule: What the generation config asks for, and a key of the config (`_schedule`).
        head: The two products with the vocabulary.
        style: The prompt style the checkpoint was trained for.
        stacked: Its layers on our kernels; None where it runs on torch's.
    """

    name: str
    network: DiffusionGemmaForBlockDiffusion
    tokenizer: PreTrainedTokenizerBase
    vocabulary: Vocabulary
    schedule: Schedule
    head: Head
    style: Style = DEFAULT_STYLE
    stacked: Stacked | None = None

    @classmethod
    def assemble(
        cls,
        name: str,
        network: DiffusionGemmaForBlockDiffusion,
        tokenizer: PreTrainedTokenizerBase,
        style: str = DEFAULT_STYLE,
        stacked: Stacked | None = None,
        width: Width = "auto",
    ) -> LoadedModel:
        """Puts a network and its tokenizer together; sets the network to evaluation mode.

        Args:
            name: What to call it.
            network: On its device.
            tokenizer: A fast one.
            style: The prompt style that the network was trained for.
            stacked: Its layers on our kernels; None runs it on torch's.
            width: See `engine.head.Head`.

        Raises:
            ModelError: They do not belong together, or the engine knows no such prompt style.
        """
        text_config: Any = network.config.text_config
        if style not in LAYOUTS:
            raise ModelError(f"model {name!r} asks for the unknown prompt style {style!r}")
        return cls(
            name=name,
            network=network.eval(),
            tokenizer=tokenizer,
            vocabulary=_vocabulary(
                name, tokenizer, text_config.vocab_size, _end_ids(network, tokenizer)
            ),
            schedule=_schedule(name, network),
            head=head_of(network, width, fused=stacked is not None),
            style=cast(Style, style),
            stacked=stacked,
        )

    @property
    def width(self) -> int:
        """V, the number of columns of the logits."""
        return self.vocabulary.size

    @property
    def canvas_length(self) -> int:
        """The longest canvas the model was trained for, in tokens."""
        return self.network.config.canvas_length or 256

    @property
    def max_positions(self) -> int:
        """Tokens of prompt and answer together at most."""
        most = self.text_config.max_position_embeddings
        return most if self.stacked is None else min(most, self.stacked.positions)

    @property
    def text_config(self) -> Any:
        """The config of the language model."""
        return self.network.config.text_config

    def new_cache(self) -> DynamicCache | Place:
        """Returns what the keys and values of a new text go into."""
        if self.stacked is not None:
            return self.stacked.open()
        # Never a static cache: it is wrong once the context reaches the sliding window
        # (Transformers 5.23, reference/diffusiongemma.md section 2).
        return DynamicCache(config=self.text_config)

    def encode(self, token_ids: Sequence[int], cache: DynamicCache | Place) -> None:
        """Runs the encoder.

        Args:
            token_ids: At least one.
            cache: Of what stands before them; they are added.
        """
        if self.stacked is not None:
            self.stacked.encode(cast("Place", cache), token_ids)
            return
        ids = torch.tensor([list(token_ids)], device=self.device)
        self.network.model.encoder(input_ids=ids, past_key_values=cast("DynamicCache", cache))

    @property
    def attends_eagerly(self) -> bool:
        """Whether attention is computed by the model itself, with masks that are added."""
        return self.text_config._attn_implementation == "eager"

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.network.model.decoder.device

    @property
    def channel(self) -> Channel | None:
        """How the model marks what it thinks; None where its tokenizer has no marks for it."""
        opens, closes = (self.tokenizer.get_vocab().get(mark) for mark in (OPENS, CLOSES))
        if opens is None or closes is None:
            return None
        return Channel((opens, *self._encoded(TITLE, add_special_tokens=False)), closes)

    def token_ids(self, prompt: str) -> list[int]:
        """Returns the tokens of a rendered prompt, in the turn that a chat model expects.

        A control token spelled out in the prompt is text like any other: only the chat template
        and the tokenizer itself put control tokens in.
        """
        if self.tokenizer.chat_template is None:
            return self._encoded(prompt, split_special_tokens=True)
        turn: Any = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": PLACE}], tokenize=False, add_generation_prompt=True
        )
        before, after = turn.split(PLACE)
        within = self._encoded(prompt, add_special_tokens=False, split_special_tokens=True)
        return [
            *self._encoded(before, add_special_tokens=False),
            *within,
            *self._encoded(after, add_special_tokens=False),
        ]

    def _encoded(
        self, text: str, *, add_special_tokens: bool = True, split_special_tokens: bool = False
    ) -> list[int]:
        encoded: Any = self.tokenizer(
            text,
            add_special_tokens=add_special_tokens,
            split_special_tokens=split_special_tokens,
            verbose=False,
        )
        return encoded["input_ids"]

    @property
    def info(self) -> ModelInfo:
        """The figures a caller may want to know."""
        return ModelInfo(
            name=self.name,
            canvas_length=self.canvas_length,
            max_input_tokens=self.max_positions - self.canvas_length,
            vocabulary_size=self.vocabulary.size,
            num_parameters=sum(weight.numel() for weight in self.network.parameters())
            + num_quantised(self.network),
            max_steps=self.schedule.max_steps,
            device=str(self.device),
            dtype=str(self.network.dtype).removeprefix("torch."),
        )


def load_model(
    name: str = DEFAULT_MODEL,
    device: str = "cpu",
    kernels: Kernels = "auto",
    weights: Format = "plain",
    context: int = DEFAULT_CONTEXT,
    width: Width = "auto",
) -> LoadedModel:
    """Loads a checkpoint; float32 on a CPU, bfloat16 elsewhere, whatever the file holds.

    Args:
        name: `default`, a folder, or a hub id `org/name`; only the last may use the network.
        device: A torch device.
        kernels: See `engine.backend.choose`.
        weights: Number format of the layers' matrices; `plain` is that of the others.
        context: Tokens of a text at most, prompt and answer; our kernels reserve room for them.
        width: Which columns of the vocabulary a step computes; see `engine.head.Head`.

    Raises:
        ModelError: The name is unknown, the architecture another, a file is missing or broken, or
            there is no such device.
        EngineError: What was asked for by name does not run here, or there is no room for it.
    """
    place = _place(device)
    chosen = choose(kernels, place)
    check_format(weights, chosen, place)
    source, is_local = _source(name)
    config = read_config(name)
    saved = format_of(config)
    if saved != "plain":
        weights = _as_saved(name, saved, weights)
        check_format(weights, chosen, place)
    check_room(config, place, weights, context)
    try:
        with _no_progress_bar():
            network = _network(name, source, config, is_local=is_local, place=place, saved=saved)
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=is_local)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"model {name!r} cannot be loaded: {_first_line(error)}") from error
    place_(network, place, weights if saved == "plain" else "plain")
    install(network, chosen)
    stacked = stacked_layers(network, context) if chosen == "triton" else None
    return LoadedModel.assemble(name, network, tokenizer, _style(network), stacked, width)


def _as_saved(name: str, saved: Format, asked: Format) -> Format:
    if asked not in ("plain", saved):
        raise ModelError(
            f"model {name!r} has {saved} weights already; they cannot become {asked}",
            hint=f"leave the weights as they are, or load the plain checkpoint as {asked}",
        )
    return saved


def _network(
    name: str, source: str, config: Any, *, is_local: bool, place: torch.device, saved: Format
) -> DiffusionGemmaForBlockDiffusion:
    """Loads the weights; what is quantised in the checkpoint goes to its device at once."""
    options: dict[str, Any] = {
        "dtype": torch.float32 if place.type == "cpu" else torch.bfloat16,
        "local_files_only": is_local,
        "output_loading_info": True,
    }
    if saved == "plain":
        loaded: Any = DiffusionGemmaForBlockDiffusion.from_pretrained(source, **options)
        network, report = loaded
    else:
        compressed = Compressed.of(_folder_of(source, is_local=is_local), saved)
        network, report = compressed.loaded(source, config, options)
        compressed.place_(network, place)
    if missing := sorted(report["missing_keys"]):  # Transformers would leave these at random
        raise ModelError(f"model {name!r} lacks {len(missing)} weights, {missing[0]} among them")
    return network


def _folder_of(source: str, *, is_local: bool) -> Path:
    return Path(source if is_local else snapshot_download(source))


def read_config(name: str = DEFAULT_MODEL) -> DiffusionGemmaConfig:
    """Returns the config of a checkpoint, without its weights.

    Args:
        name: As for `load_model`.

    Raises:
        ModelError: The name is unknown or the architecture another.
    """
    source, is_local = _source(name)
    try:
        config: Any = AutoConfig.from_pretrained(source, local_files_only=is_local)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"model {name!r} cannot be loaded: {_first_line(error)}") from error
    if config.model_type != MODEL_TYPE:
        raise ModelError(
            f"model {name!r} is of type {config.model_type!r}, not {MODEL_TYPE!r}",
            hint="the engine runs DiffusionGemma checkpoints only",
        )
    return config


def _schedule(name: str, network: Any) -> Schedule:
    """The generation config's schedule; it takes no key of ours, so the config has that one."""
    schedule = Schedule.from_generation_config(network.generation_config)
    told = getattr(network.config, SELF_CONDITIONING_KEY, schedule.self_conditioning)
    if told not in TOLD:
        raise ModelError(
            f"model {name!r} asks for the unknown self-conditioning {told!r}",
            hint=f"{SELF_CONDITIONING_KEY} in config.json is one of {', '.join(TOLD)}",
        )
    return replace(schedule, self_conditioning=told)


def _place(device: str) -> torch.device:
    try:
        place = torch.device(device)
    except RuntimeError as error:
        raise ModelError(
            f"there is no device {device!r}", hint="name cpu, cuda or cuda:0, as torch does"
        ) from error
    if place.type == "cuda" and not torch.cuda.is_available():
        raise ModelError(
            f"this machine or this build of torch has no device {device!r}",
            hint="use --device cpu, or install torch for your GPU (README, Set up)",
        )
    return place


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Keeps Transformers' bar off a terminal that shows answers, and puts the setting back."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _source(name: str) -> tuple[str, bool]:
    folder = _default_folder() if name == DEFAULT_MODEL else Path(name).expanduser()
    if folder.is_dir():
        _check_folder(name, folder)
        return str(folder), True
    if name != DEFAULT_MODEL and _HUB_ID.fullmatch(name) and not name.startswith("."):
        return located(name)
    raise ModelError(
        f"there is no model {name!r}",
        hint=f"name {DEFAULT_MODEL!r}, a checkpoint's folder, or a hub id like org/name",
    )


def _default_folder() -> Path:
    try:
        return Path(str(files("models") / "default"))
    except ModuleNotFoundError as error:
        raise ModelError("the default model is not installed") from error


def _check_folder(name: str, folder: Path) -> None:
    try:
        config: Any = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"model {name!r} has no readable config.json: {_first_line(error)}"
        ) from error
    found = config.get("model_type") if isinstance(config, dict) else None
    if found != MODEL_TYPE:
        raise ModelError(
            f"model {name!r} is of type {found!r}, not {MODEL_TYPE!r}",
            hint="the engine runs DiffusionGemma checkpoints only",
        )
    if not any((folder / file).exists() for file in ("tokenizer.json", "tokenizer_config.json")):
        raise ModelError(f"model {name!r} has no tokenizer.json")


def _style(network: DiffusionGemmaForBlockDiffusion) -> str:
    return getattr(network.config, STYLE_KEY, DEFAULT_STYLE)


def _end_ids(
    network: DiffusionGemmaForBlockDiffusion, tokenizer: PreTrainedTokenizerBase
) -> list[int]:
    """The generation config's ends (a chat model ends a turn by other tokens than a document)."""
    named: Any = network.generation_config.eos_token_id
    named = tokenizer.eos_token_id if named is None else named
    return [] if named is None else [named] if isinstance(named, int) else list(named)


def _vocabulary(
    name: str, tokenizer: PreTrainedTokenizerBase, width: int, end_ids: list[int]
) -> Vocabulary:
    if len(tokenizer) > width:
        raise ModelError(
            f"model {name!r} scores {width} tokens, its tokenizer has {len(tokenizer)}",
            hint="the tokenizer belongs to another checkpoint",
        )
    if not end_ids:
        raise ModelError(f"model {name!r} names no end-of-text token")
    try:
        return Vocabulary.from_tokenizer(tokenizer, size=width, eos_ids=end_ids)
    except (SpecError, ValueError, AttributeError) as error:
        raise ModelError(f"the tokenizer of model {name!r} cannot be read: {error}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
