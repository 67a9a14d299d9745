from blockform.v1 import constraint_pb2 as _constraint_pb2
from google.protobuf import any_pb2 as _any_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FinishReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINISH_REASON_UNSPECIFIED: _ClassVar[FinishReason]
    FINISH_REASON_COMPLETE: _ClassVar[FinishReason]
    FINISH_REASON_LENGTH: _ClassVar[FinishReason]
    FINISH_REASON_STOPPED: _ClassVar[FinishReason]
FINISH_REASON_UNSPECIFIED: FinishReason
FINISH_REASON_COMPLETE: FinishReason
FINISH_REASON_LENGTH: FinishReason
FINISH_REASON_STOPPED: FinishReason

class GenerateRequest(_message.Message):
    __slots__ = ("model", "text", "constraint", "max_tokens", "max_steps", "seed", "request_id", "unconstrained", "prefix", "suffix", "template", "max_thinking_tokens")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_STEPS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    UNCONSTRAINED_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    SUFFIX_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    MAX_THINKING_TOKENS_FIELD_NUMBER: _ClassVar[int]
    model: str
    text: str
    constraint: _constraint_pb2.Constraint
    max_tokens: int
    max_steps: int
    seed: int
    request_id: str
    unconstrained: bool
    prefix: str
    suffix: str
    template: _constraint_pb2.Template
    max_thinking_tokens: int
    def __init__(self, model: _Optional[str] = ..., text: _Optional[str] = ..., constraint: _Optional[_Union[_constraint_pb2.Constraint, _Mapping]] = ..., max_tokens: _Optional[int] = ..., max_steps: _Optional[int] = ..., seed: _Optional[int] = ..., request_id: _Optional[str] = ..., unconstrained: bool = ..., prefix: _Optional[str] = ..., suffix: _Optional[str] = ..., template: _Optional[_Union[_constraint_pb2.Template, _Mapping]] = ..., max_thinking_tokens: _Optional[int] = ...) -> None: ...

class GenerateResponse(_message.Message):
    __slots__ = ("text", "token_ids", "finish_reason", "steps", "num_blocks", "log_z", "seed", "timings", "diagnostics", "request_id", "model", "thinking", "certificate")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_IDS_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASON_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    NUM_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    LOG_Z_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    THINKING_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    text: str
    token_ids: _containers.RepeatedScalarFieldContainer[int]
    finish_reason: FinishReason
    steps: int
    num_blocks: int
    log_z: float
    seed: int
    timings: Timings
    diagnostics: _constraint_pb2.Diagnostics
    request_id: str
    model: str
    thinking: str
    certificate: float
    def __init__(self, text: _Optional[str] = ..., token_ids: _Optional[_Iterable[int]] = ..., finish_reason: _Optional[_Union[FinishReason, str]] = ..., steps: _Optional[int] = ..., num_blocks: _Optional[int] = ..., log_z: _Optional[float] = ..., seed: _Optional[int] = ..., timings: _Optional[_Union[Timings, _Mapping]] = ..., diagnostics: _Optional[_Union[_constraint_pb2.Diagnostics, _Mapping]] = ..., request_id: _Optional[str] = ..., model: _Optional[str] = ..., thinking: _Optional[str] = ..., certificate: _Optional[float] = ...) -> None: ...

class Timings(_message.Message):
    __slots__ = ("queue_ms", "compile_ms", "encode_ms", "denoise_ms", "constraint_ms", "validate_ms", "total_ms")
    QUEUE_MS_FIELD_NUMBER: _ClassVar[int]
    COMPILE_MS_FIELD_NUMBER: _ClassVar[int]
    ENCODE_MS_FIELD_NUMBER: _ClassVar[int]
    DENOISE_MS_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINT_MS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_MS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_MS_FIELD_NUMBER: _ClassVar[int]
    queue_ms: float
    compile_ms: float
    encode_ms: float
    denoise_ms: float
    constraint_ms: float
    validate_ms: float
    total_ms: float
    def __init__(self, queue_ms: _Optional[float] = ..., compile_ms: _Optional[float] = ..., encode_ms: _Optional[float] = ..., denoise_ms: _Optional[float] = ..., constraint_ms: _Optional[float] = ..., validate_ms: _Optional[float] = ..., total_ms: _Optional[float] = ...) -> None: ...

class StreamGenerateRequest(_message.Message):
    __slots__ = ("request", "include_canvas")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_CANVAS_FIELD_NUMBER: _ClassVar[int]
    request: GenerateRequest
    include_canvas: bool
    def __init__(self, request: _Optional[_Union[GenerateRequest, _Mapping]] = ..., include_canvas: bool = ...) -> None: ...

class StreamGenerateResponse(_message.Message):
    __slots__ = ("started", "canvas", "committed", "completed")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    CANVAS_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    started: Started
    canvas: CanvasFrame
    committed: Committed
    completed: GenerateResponse
    def __init__(self, started: _Optional[_Union[Started, _Mapping]] = ..., canvas: _Optional[_Union[CanvasFrame, _Mapping]] = ..., committed: _Optional[_Union[Committed, _Mapping]] = ..., completed: _Optional[_Union[GenerateResponse, _Mapping]] = ...) -> None: ...

class Started(_message.Message):
    __slots__ = ("request_id", "canvas_length", "queue_ms")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CANVAS_LENGTH_FIELD_NUMBER: _ClassVar[int]
    QUEUE_MS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    canvas_length: int
    queue_ms: float
    def __init__(self, request_id: _Optional[str] = ..., canvas_length: _Optional[int] = ..., queue_ms: _Optional[float] = ...) -> None: ...

class CanvasFrame(_message.Message):
    __slots__ = ("block", "step", "pieces", "entropy", "accepted", "overridden")
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    PIECES_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    OVERRIDDEN_FIELD_NUMBER: _ClassVar[int]
    block: int
    step: int
    pieces: _containers.RepeatedScalarFieldContainer[str]
    entropy: _containers.RepeatedScalarFieldContainer[float]
    accepted: _containers.RepeatedScalarFieldContainer[bool]
    overridden: _containers.RepeatedScalarFieldContainer[bool]
    def __init__(self, block: _Optional[int] = ..., step: _Optional[int] = ..., pieces: _Optional[_Iterable[str]] = ..., entropy: _Optional[_Iterable[float]] = ..., accepted: _Optional[_Iterable[bool]] = ..., overridden: _Optional[_Iterable[bool]] = ...) -> None: ...

class Committed(_message.Message):
    __slots__ = ("block", "text")
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    block: int
    text: str
    def __init__(self, block: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class BatchGenerateRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[GenerateRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[GenerateRequest, _Mapping]]] = ...) -> None: ...

class BatchGenerateResponse(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[BatchItem]
    def __init__(self, items: _Optional[_Iterable[_Union[BatchItem, _Mapping]]] = ...) -> None: ...

class BatchItem(_message.Message):
    __slots__ = ("response", "error")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    response: GenerateResponse
    error: ItemError
    def __init__(self, response: _Optional[_Union[GenerateResponse, _Mapping]] = ..., error: _Optional[_Union[ItemError, _Mapping]] = ...) -> None: ...

class ItemError(_message.Message):
    __slots__ = ("code", "message", "details")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    details: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., details: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class CheckConstraintRequest(_message.Message):
    __slots__ = ("model", "constraint", "request_id", "text", "prefix", "suffix", "template")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    SUFFIX_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    model: str
    constraint: _constraint_pb2.Constraint
    request_id: str
    text: str
    prefix: str
    suffix: str
    template: _constraint_pb2.Template
    def __init__(self, model: _Optional[str] = ..., constraint: _Optional[_Union[_constraint_pb2.Constraint, _Mapping]] = ..., request_id: _Optional[str] = ..., text: _Optional[str] = ..., prefix: _Optional[str] = ..., suffix: _Optional[str] = ..., template: _Optional[_Union[_constraint_pb2.Template, _Mapping]] = ...) -> None: ...

class CheckConstraintResponse(_message.Message):
    __slots__ = ("diagnostics", "fewest_tokens", "compile_ms", "request_id", "accepted")
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    FEWEST_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COMPILE_MS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    diagnostics: _constraint_pb2.Diagnostics
    fewest_tokens: int
    compile_ms: float
    request_id: str
    accepted: bool
    def __init__(self, diagnostics: _Optional[_Union[_constraint_pb2.Diagnostics, _Mapping]] = ..., fewest_tokens: _Optional[int] = ..., compile_ms: _Optional[float] = ..., request_id: _Optional[str] = ..., accepted: bool = ...) -> None: ...

class GetModelInfoRequest(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: str
    def __init__(self, model: _Optional[str] = ...) -> None: ...

class GetModelInfoResponse(_message.Message):
    __slots__ = ("model", "canvas_length", "max_input_tokens", "vocabulary_size", "num_parameters", "max_steps", "device", "dtype", "limits", "constraint_kinds", "version")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CANVAS_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_SIZE_FIELD_NUMBER: _ClassVar[int]
    NUM_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    MAX_STEPS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINT_KINDS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    model: str
    canvas_length: int
    max_input_tokens: int
    vocabulary_size: int
    num_parameters: int
    max_steps: int
    device: str
    dtype: str
    limits: Limits
    constraint_kinds: _containers.RepeatedScalarFieldContainer[str]
    version: str
    def __init__(self, model: _Optional[str] = ..., canvas_length: _Optional[int] = ..., max_input_tokens: _Optional[int] = ..., vocabulary_size: _Optional[int] = ..., num_parameters: _Optional[int] = ..., max_steps: _Optional[int] = ..., device: _Optional[str] = ..., dtype: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., constraint_kinds: _Optional[_Iterable[str]] = ..., version: _Optional[str] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("constraint_bytes", "text_bytes", "batch_items", "queue_length", "max_tokens", "max_steps", "message_bytes", "batch_size")
    CONSTRAINT_BYTES_FIELD_NUMBER: _ClassVar[int]
    TEXT_BYTES_FIELD_NUMBER: _ClassVar[int]
    BATCH_ITEMS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_STEPS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    constraint_bytes: int
    text_bytes: int
    batch_items: int
    queue_length: int
    max_tokens: int
    max_steps: int
    message_bytes: int
    batch_size: int
    def __init__(self, constraint_bytes: _Optional[int] = ..., text_bytes: _Optional[int] = ..., batch_items: _Optional[int] = ..., queue_length: _Optional[int] = ..., max_tokens: _Optional[int] = ..., max_steps: _Optional[int] = ..., message_bytes: _Optional[int] = ..., batch_size: _Optional[int] = ...) -> None: ...
