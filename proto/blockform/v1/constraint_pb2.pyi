from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Whitespace(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WHITESPACE_UNSPECIFIED: _ClassVar[Whitespace]
    WHITESPACE_COMPACT: _ClassVar[Whitespace]
    WHITESPACE_SPACED: _ClassVar[Whitespace]
    WHITESPACE_INDENTED: _ClassVar[Whitespace]
    WHITESPACE_FLEXIBLE: _ClassVar[Whitespace]
    WHITESPACE_ANY: _ClassVar[Whitespace]

class Enforcement(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENFORCEMENT_UNSPECIFIED: _ClassVar[Enforcement]
    ENFORCEMENT_EXACT: _ClassVar[Enforcement]
    ENFORCEMENT_NARROWED: _ClassVar[Enforcement]
    ENFORCEMENT_ANNOTATION: _ClassVar[Enforcement]
WHITESPACE_UNSPECIFIED: Whitespace
WHITESPACE_COMPACT: Whitespace
WHITESPACE_SPACED: Whitespace
WHITESPACE_INDENTED: Whitespace
WHITESPACE_FLEXIBLE: Whitespace
WHITESPACE_ANY: Whitespace
ENFORCEMENT_UNSPECIFIED: Enforcement
ENFORCEMENT_EXACT: Enforcement
ENFORCEMENT_NARROWED: Enforcement
ENFORCEMENT_ANNOTATION: Enforcement

class Constraint(_message.Message):
    __slots__ = ("json_schema", "regex", "choice", "lark", "sql")
    JSON_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    REGEX_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    LARK_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    json_schema: JsonSchema
    regex: Regex
    choice: Choice
    lark: Lark
    sql: Sql
    def __init__(self, json_schema: _Optional[_Union[JsonSchema, _Mapping]] = ..., regex: _Optional[_Union[Regex, _Mapping]] = ..., choice: _Optional[_Union[Choice, _Mapping]] = ..., lark: _Optional[_Union[Lark, _Mapping]] = ..., sql: _Optional[_Union[Sql, _Mapping]] = ...) -> None: ...

class JsonSchema(_message.Message):
    __slots__ = ("text", "documents", "whitespace", "open_objects", "annotate_formats")
    class DocumentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    WHITESPACE_FIELD_NUMBER: _ClassVar[int]
    OPEN_OBJECTS_FIELD_NUMBER: _ClassVar[int]
    ANNOTATE_FORMATS_FIELD_NUMBER: _ClassVar[int]
    text: str
    documents: _containers.ScalarMap[str, str]
    whitespace: Whitespace
    open_objects: bool
    annotate_formats: bool
    def __init__(self, text: _Optional[str] = ..., documents: _Optional[_Mapping[str, str]] = ..., whitespace: _Optional[_Union[Whitespace, str]] = ..., open_objects: bool = ..., annotate_formats: bool = ...) -> None: ...

class Regex(_message.Message):
    __slots__ = ("pattern",)
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    pattern: str
    def __init__(self, pattern: _Optional[str] = ...) -> None: ...

class Choice(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, options: _Optional[_Iterable[str]] = ...) -> None: ...

class Lark(_message.Message):
    __slots__ = ("grammar", "start", "parser", "lexer", "imports")
    class ImportsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    GRAMMAR_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    PARSER_FIELD_NUMBER: _ClassVar[int]
    LEXER_FIELD_NUMBER: _ClassVar[int]
    IMPORTS_FIELD_NUMBER: _ClassVar[int]
    grammar: str
    start: str
    parser: str
    lexer: str
    imports: _containers.ScalarMap[str, str]
    def __init__(self, grammar: _Optional[str] = ..., start: _Optional[str] = ..., parser: _Optional[str] = ..., lexer: _Optional[str] = ..., imports: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Sql(_message.Message):
    __slots__ = ("dialect", "catalog")
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    CATALOG_FIELD_NUMBER: _ClassVar[int]
    dialect: str
    catalog: str
    def __init__(self, dialect: _Optional[str] = ..., catalog: _Optional[str] = ...) -> None: ...

class Template(_message.Message):
    __slots__ = ("literals",)
    LITERALS_FIELD_NUMBER: _ClassVar[int]
    literals: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, literals: _Optional[_Iterable[str]] = ...) -> None: ...

class Diagnostics(_message.Message):
    __slots__ = ("keywords", "num_states", "num_edges", "num_atoms", "stages")
    KEYWORDS_FIELD_NUMBER: _ClassVar[int]
    NUM_STATES_FIELD_NUMBER: _ClassVar[int]
    NUM_EDGES_FIELD_NUMBER: _ClassVar[int]
    NUM_ATOMS_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    keywords: _containers.RepeatedCompositeFieldContainer[Diagnostic]
    num_states: int
    num_edges: int
    num_atoms: int
    stages: _containers.RepeatedCompositeFieldContainer[StageTime]
    def __init__(self, keywords: _Optional[_Iterable[_Union[Diagnostic, _Mapping]]] = ..., num_states: _Optional[int] = ..., num_edges: _Optional[int] = ..., num_atoms: _Optional[int] = ..., stages: _Optional[_Iterable[_Union[StageTime, _Mapping]]] = ...) -> None: ...

class Diagnostic(_message.Message):
    __slots__ = ("pointer", "keyword", "enforcement", "message")
    POINTER_FIELD_NUMBER: _ClassVar[int]
    KEYWORD_FIELD_NUMBER: _ClassVar[int]
    ENFORCEMENT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    pointer: str
    keyword: str
    enforcement: Enforcement
    message: str
    def __init__(self, pointer: _Optional[str] = ..., keyword: _Optional[str] = ..., enforcement: _Optional[_Union[Enforcement, str]] = ..., message: _Optional[str] = ...) -> None: ...

class StageTime(_message.Message):
    __slots__ = ("name", "duration_ms")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    name: str
    duration_ms: float
    def __init__(self, name: _Optional[str] = ..., duration_ms: _Optional[float] = ...) -> None: ...
