"""Checkpoints that compressed-tensors has quantised: their matrices are taken as they lie there."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn
from transformers import DiffusionGemmaForBlockDiffusion
from transformers.models.diffusion_gemma.modeling_diffusion_gemma import DiffusionGemmaTextExperts

from engine.errors import ModelError
from engine.expert_weights import ExpertMatrix, Format
from engine.quantise import decoder_linears, twin_layers

FORMATS: Mapping[str, Format] = {"pack-quantized": "int4", "float-quantized": "fp8"}
"""What compressed-tensors calls a layout, and what it is here."""

SMALLEST_GROUP = 32
LAYERS = "model.decoder.layers"
_EXPERT = re.compile(r"(.+\.experts)\.(\d+)\.(gate|up|down)_proj")


def format_of(config: Any) -> Format:
    """Returns the number format of a checkpoint's matrices.

    Args:
        config: A `DiffusionGemmaConfig`, with `quantization_config` where it is quantised.

    Raises:
        ModelError: Somebody else's format, or a kind of compressed-tensors' that no kernel reads.
    """
    said: Any = getattr(config, "quantization_config", None)
    if said is None:
        return "plain"
    said = said if isinstance(said, dict) else said.to_dict()
    method = said.get("quant_method")
    if method != "compressed-tensors":
        raise _unread(f"weights quantised by {method!r}")
    name = said.get("format")
    if name not in FORMATS:
        raise _unread(f"the format {name!r} of compressed-tensors")
    for group in said.get("config_groups", {}).values():
        _check_weights(FORMATS[name], group.get("weights") or {})
    return FORMATS[name]


def _check_weights(format_: Format, weights: Mapping[str, Any]) -> None:
    strategy, symmetric = weights.get("strategy"), weights.get("symmetric", True)
    wanted = {"int4": (4, ("group", "channel")), "fp8": (8, ("channel", "tensor"))}[format_]
    if weights.get("num_bits") != wanted[0]:
        raise _unread(f"weights of {weights.get('num_bits')} bits as {format_}")
    if strategy not in wanted[1]:
        raise _unread(f"the strategy {strategy!r} for {format_} weights")
    if not symmetric:
        raise _unread("weights with zero points")
    if weights.get("actorder") not in (None, "weight", "static"):
        raise _unread("groups in the order of activations")


def _unread(what: str) -> ModelError:
    return ModelError(
        f"the checkpoint has {what}, which the engine does not read",
        code="QUANTISATION_UNSUPPORTED",
        hint="it reads compressed-tensors' pack-quantized int4 by group or channel and "
        "float-quantized fp8 by channel or tensor, symmetric; or load the plain checkpoint with "
        "--weights fp8 or int4",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compressed:
    """The quantised matrices of a checkpoint, read when they are asked for.

    Attributes:
        format: Of all of them.
        files: The file of each tensor, by name.
    """

    format: Format
    files: Mapping[str, Path]

    @classmethod
    def of(cls, folder: Path, format_: Format) -> Compressed:
        """Looks a folder's tensors up; reads none.

        Raises:
            ModelError: A file is missing or broken.
        """
        index = folder / "model.safetensors.index.json"
        try:
            if index.exists():
                shards = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
                return cls(format=format_, files={k: folder / v for k, v in shards.items()})
            single = folder / "model.safetensors"
            with safe_open(single, "pt") as file:
                return cls(format=format_, files=dict.fromkeys(file.keys(), single))
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"the checkpoint in {folder} has no readable index: {error}"
            ) from error

    @property
    def modules(self) -> set[str]:
        """Names of the linear modules that are quantised, each expert's own among them."""
        return {
            name.removesuffix(".weight_scale")
            for name in self.files
            if name.startswith(LAYERS) and name.endswith(".weight_scale")
        }

    @property
    def bare(self) -> set[str]:
        """Names of the modules of the network that they take the place of."""
        found = (_EXPERT.fullmatch(name) or name for name in self.modules)
        return {each if isinstance(each, str) else each[1] for each in found}

    def loaded(self, source: str, config: Any, options: Mapping[str, Any]) -> tuple[Any, Any]:
        """Loads all but the quantised matrices; no room is ever taken for them in another format.

        Args:
            source: Folder or hub id.
            config: Of the checkpoint; it is not changed.
            options: For `from_pretrained`, loading info asked for.

        Returns:
            The network, and Transformers' report on its loading.
        """
        plain = copy.deepcopy(config)
        del plain.quantization_config  # or Transformers would ask for the library that made it
        made: Any = _bare_class(self.bare).from_pretrained(source, config=plain, **options)
        return made

    def place_(self, network: DiffusionGemmaForBlockDiffusion, device: torch.device) -> None:
        """Gives a bare network its matrices, a layer at a time; encoder and decoder share them.

        Args:
            network: From `loaded`.
            device: Where the matrices go.

        Raises:
            ModelError: A tensor is missing, or of another shape or type than its layout has.
        """
        bare = self.bare
        with ExitStack() as stack:
            read = _Reader(self.files, stack)
            for index, (layer, twin) in enumerate(twin_layers(network)):
                name = f"{LAYERS}.{index}"
                if f"{name}.experts" in bare:
                    matrices = self._experts(read, f"{name}.experts", layer.experts, device)
                    layer.experts.quantised = twin.experts.quantised = matrices
                pairs = zip(decoder_linears(layer), decoder_linears(twin), strict=True)
                for (path, module), (_, other) in pairs:
                    if f"{name}.{path}" in bare:
                        shape = module.out_features, module.in_features
                        matrix = self._joined([self._part(read, f"{name}.{path}", shape)], device)
                        module.quantised = other.quantised = matrix

    def _experts(
        self, read: _Reader, name: str, module: Any, device: torch.device
    ) -> tuple[ExpertMatrix, ExpertMatrix]:
        hidden, inner = module.hidden_dim, module.intermediate_dim
        numbers = range(module.num_experts)
        first = [
            self._stacked([self._part(read, f"{name}.{e}.{part}_proj", (inner, hidden))
                           for part in ("gate", "up")])
            for e in numbers
        ]  # fmt: skip
        second = [self._part(read, f"{name}.{e}.down_proj", (hidden, inner)) for e in numbers]
        return self._joined(first, device), self._joined(second, device)

    def _part(self, read: _Reader, name: str, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Values and scale of one matrix, as `ExpertMatrix` has them but for their first axis."""
        rows, columns = shape
        scale = read(f"{name}.weight_scale")
        if self.format == "fp8":
            values = read(f"{name}.weight")
            sound = values.dtype == torch.float8_e4m3fn and tuple(values.shape) == shape
            if not sound or scale.numel() not in (1, rows):
                raise _misshapen(name, values, scale)
            return values, scale.reshape(-1, 1).expand(rows, 1)
        values = read(f"{name}.weight_packed")
        sound = values.dtype == torch.int32 and tuple(values.shape) == (rows, columns // 8)
        if not sound or scale.dim() != 2 or len(scale) != rows or columns % scale.shape[1]:
            raise _misshapen(name, values, scale)
        if columns // scale.shape[1] % SMALLEST_GROUP:
            raise _unread(f"groups of {columns // scale.shape[1]} columns")
        return values.contiguous().view(torch.uint8), scale

    def _stacked(self, parts: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        values, scales = zip(*parts, strict=True)
        return torch.cat(values), torch.cat(scales)

    def _joined(self, parts: list[tuple[Tensor, Tensor]], device: torch.device) -> ExpertMatrix:
        values, scales = zip(*parts, strict=True)
        return ExpertMatrix(
            format=self.format,
            values=torch.stack(values).to(device),
            scale=torch.stack(scales).to(device),
        )


class _Reader:
    """Reads tensors by name; keeps files open while its stack is."""

    def __init__(self, files: Mapping[str, Path], stack: ExitStack) -> None:
        self._files, self._stack = files, stack
        self._open: dict[Path, Any] = {}

    def __call__(self, name: str) -> Tensor:
        """Returns a tensor."""
        if name not in self._files:
            raise ModelError(f"the checkpoint lacks {name}")
        path = self._files[name]
        try:
            if path not in self._open:
                self._open[path] = self._stack.enter_context(safe_open(path, "pt"))
            return self._open[path].get_tensor(name)
        except Exception as error:  # SafetensorError is not exported by all versions
            raise ModelError(f"the checkpoint's {path.name} cannot be read: {error}") from error


def _misshapen(name: str, values: Tensor, scale: Tensor) -> ModelError:
    return ModelError(
        f"{name} has values {tuple(values.shape)} of {values.dtype} and a scale "
        f"{tuple(scale.shape)}, which is not its layout"
    )


def _bare_class(names: set[str]) -> type[DiffusionGemmaForBlockDiffusion]:
    """The network's class without the weights of some modules and of the encoder's twins."""
    twins = {each.replace("model.decoder", "model.encoder.language_model", 1) for each in names}

    class Bare(DiffusionGemmaForBlockDiffusion):
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            for name in names | twins:
                _strip_(self.get_submodule(name))
            self._keys_to_ignore_on_load_unexpected = {rf"^{re.escape(each)}\." for each in names}
            left = dict(self.named_parameters(remove_duplicate=False))
            tied = self.all_tied_weights_keys.items()
            self.all_tied_weights_keys = {key: to for key, to in tied if key in left}

        def _init_weights(self, module: nn.Module) -> None:
            if not getattr(module, "stripped", False):
                super()._init_weights(module)

    return Bare


def _strip_(module: nn.Module) -> None:
    names = ("gate_up_proj", "down_proj")
    for name in names if isinstance(module, DiffusionGemmaTextExperts) else ("weight",):
        delattr(module, name)
    module.stripped = True  # type: ignore[assignment]
