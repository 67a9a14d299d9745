"""Grammars of the kinds that users bring, each with texts of it; see `test_realistic.py`."""

from dataclasses import dataclass

from constraints.spec import LarkLexer, LarkParser

Modes = tuple[tuple[LarkParser, LarkLexer], ...]


@dataclass(frozen=True)
class Example:
    name: str
    text: str
    members: tuple[str, ...]
    modes: Modes = (
        ("lalr", "contextual"),
        ("lalr", "basic"),
        ("earley", "dynamic"),
        ("earley", "basic"),
    )


LALR: Modes = (("lalr", "contextual"), ("lalr", "basic"))
CONTEXTUAL: Modes = (("lalr", "contextual"), ("earley", "dynamic"))
EARLEY: Modes = (("earley", "dynamic"), ("earley", "dynamic_complete"), ("earley", "basic"))
DYNAMIC: Modes = (("earley", "dynamic"), ("earley", "dynamic_complete"))

EXAMPLES = (
    Example(
        "ini",
        r"""
start: _NL? section+
section: "[" NAME "]" _NL item*
item: NAME "=" VALUE? _NL
NAME.2: /[A-Za-z_][A-Za-z0-9_.-]*/
VALUE: /[^\n\[\]=;#]+/
COMMENT: /[;#][^\n]*/
_NL: /(\r?\n[ \t]*)+/
%ignore /[ \t]+/
%ignore COMMENT
""",
        ("[a]\nx=1 2 3\ny=\n", "[main]\nname = Ortiz\n[b.c]\nq=7\n"),
        CONTEXTUAL,
    ),
    Example(
        "toml",
        r"""
start: (pair | table | _NL)*
table: "[" key "]" _NL
pair: key "=" value _NL
key: (BARE | ESCAPED_STRING) ("." (BARE | ESCAPED_STRING))*
?value: ESCAPED_STRING | SIGNED_NUMBER -> number | "true" | "false" | array | inline | DATE
array: "[" [value ("," value)* [","]] "]"
inline: "{" [BARE "=" value ("," BARE "=" value)*] "}"
DATE.3: /\d{4}-\d{2}-\d{2}/
BARE: /[A-Za-z0-9_-]+/
_NL: /(\r?\n)+/
%import common.ESCAPED_STRING
%import common.SIGNED_NUMBER
%ignore /[ \t]/
%ignore /#[^\n]*/
""",
        ("a = 1\n[t.x]\nb = [1, 2,]\n", 'k = "v"\nd = 2024-01-31\ni = {x = true}\n'),
        CONTEXTUAL,
    ),
    Example(
        "s_expression",
        r"""
start: expr*
?expr: atom | "(" expr* ")" -> list | "'" expr -> quote | "#(" expr* ")" -> vector
atom: SYMBOL | NUMBER | STRING
NUMBER.1: /[+-]?\d+(\.\d+)?/
SYMBOL: /[a-zA-Z+\-*\/<>=!?_][a-zA-Z0-9+\-*\/<>=!?_]*/
STRING: /"(\\.|[^"\\])*"/s
%ignore /[ \n\t]+/
%ignore /;[^\n]*/
""",
        ("(define (f x) (+ x 1))", '\'(a "b\\n" -2.5) #(1 2) ; end'),
    ),
    Example(
        "csv_quoted",
        r"""
start: row (_NL row)* _NL?
row: field (";" field)*
field: QUOTED | PLAIN |
QUOTED: /"([^"]|"")*"/
PLAIN: /[^;"\r\n]+/
_NL: /\r?\n/
""",
        ('a;"b ""c""";;d\n1;2', ";;\n", ""),
        EARLEY,
    ),
    Example(
        "arithmetic_functions",
        r"""
start: sum
?sum: product | sum "+" product -> add | sum "-" product -> sub
?product: power | product "*" power | product "/" power
?power: atom ["^" power]
?atom: NUMBER | "-" atom | NAME | NAME "(" [sum ("," sum)*] ")" -> call | "(" sum ")"
NAME: CNAME
%import common.CNAME
%import common.NUMBER
%import common.WS_INLINE
%ignore WS_INLINE
""",
        ("sin(x) + 2*max(1, -y)^2", "((a))/(f())"),
    ),
    Example(
        "graphql",
        r"""
start: operation+
operation: ("query" | "mutation") NAME? variables? selection | selection
variables: "(" variable+ ")"
variable: "$" NAME ":" type ["=" value] ","?
type: (NAME | "[" type "]") "!"?
selection: "{" field+ "}"
field: [NAME ":"] NAME arguments? directive* selection? | "..." "on" NAME selection | "..." NAME
arguments: "(" (NAME ":" value ","?)+ ")"
directive: "@" NAME arguments?
?value: "$" NAME | INT | FLOAT | STRING | "true" | "false" | "null" | "[" value* "]" | NAME
NAME: /[_A-Za-z][_0-9A-Za-z]*/
INT: /-?(0|[1-9]\d*)/
FLOAT: /-?\d+\.\d+/
STRING: /"[^"\\\n]*"/
%ignore /[\s,]+/
%ignore /#[^\n]*/
""",
        (
            "query Q($id: [ID!]! = 1) { user(id: $id) { n: name ... on Admin { level } } }",
            "{ a b }",
        ),
        (("lalr", "contextual"), ("earley", "dynamic")),
    ),
    Example(
        "log_line",
        r"""
start: (line _NL)+
line: STAMP " " LEVEL " [" THREAD "] " LOGGER " - " MESSAGE?
STAMP: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}/
LEVEL: "INFO" | "WARN" | "ERROR" | "DEBUG"
THREAD: /[\w-]+/
LOGGER: /[a-z]+(\.[A-Za-z]+)*/
MESSAGE: /[^\n]+/
_NL: "\n"
""",
        ("2024-01-02 03:04:05,678 INFO [main-1] com.a.B - Started in 3 s\n",),
        CONTEXTUAL,
    ),
    Example(
        "markdown_table",
        r"""
start: row rule row+
row: "|" (CELL "|")+ _NL
rule: "|" (DASHES "|")+ _NL
DASHES.2: / *:?-+:? */
CELL: /[^|\n]+/
_NL: "\n"
""",
        ("|a|b|\n|-|:-:|\n|1| x |\n",),
    ),
    Example(
        "chess_pgn",
        r"""
start: tag* game
tag: "[" WORD STRING "]"
game: turn+ RESULT
turn: NUMBER "." SAN SAN? COMMENT?
SAN: /([KQRBN]?[a-h]?[1-8]?x?[a-h][1-8](=[QRBN])?|O-O(-O)?)[+#]?/
RESULT: "1-0" | "0-1" | "1/2-1/2" | "*"
NUMBER: /[1-9][0-9]{0,2}/
WORD: /[A-Z][A-Za-z]*/
STRING: /"[^"\n]*"/
COMMENT: /\{[^}]*\}/
%ignore /\s+/
""",
        ('[Event "x"]\n1. e4 e5 2. Nf3 Nc6 {good} 3. O-O-O exd8=Q# 1/2-1/2', "1. d4 *"),
        CONTEXTUAL,
    ),
    Example(
        "dot",
        r"""
start: "strict"i? ("graph"i | "digraph"i) id? "{" stmt* "}"
stmt: (node | edge | attribute | sub) ";"?
node: id attributes?
edge: (id | sub) (("->" | "--") (id | sub))+ attributes?
attribute: id "=" id
attributes: "[" (id "=" id ","?)* "]"
sub: ("subgraph"i id?)? "{" stmt* "}"
id: NAME | NUMBER | STRING
NAME: /[A-Za-z_][A-Za-z_0-9]*/
NUMBER: /-?(\.\d+|\d+(\.\d*)?)/
STRING: /"(?:[^"\\]|\\.)*"/
%ignore /\s+/
%ignore "//" /[^\n]*/
""",
        ('digraph G { a -> b -> { c d } [label="x", w=1.5]; rank=same }', "STRICT graph {a--b}"),
    ),
    Example(
        "config_blocks",
        r"""
start: block+
block: IDENT STRING* "{" (block | setting)* "}"
setting: IDENT "=" value
?value: STRING | NUMBER | BOOL | list | reference
list: "[" (value ("," value)* ","?)? "]"
reference: IDENT ("." IDENT)+
BOOL.2: "true" | "false"
IDENT: /[a-z_][a-z0-9_]*/
NUMBER: /\d+/
STRING: /"[^"\n]*"/
%import common.WS
%import common.SH_COMMENT
%ignore WS
%ignore SH_COMMENT
""",
        ('resource "a" "b" {\n  n = 3 # c\n  l = [true, x.y,]\n  t { }\n}',),
        LALR,
    ),
    Example(
        "http_request",
        r"""
start: METHOD " " PATH " HTTP/" VERSION _CRLF (HEADER ": " FIELD _CRLF)* _CRLF
METHOD: "GET" | "POST" | "PUT" | "DELETE"
PATH: /\/[!-~]*/
VERSION: "1." ("0".."1")
HEADER: /[A-Za-z][A-Za-z-]*/
FIELD: /[^\r\n]+/
_CRLF: "\r\n"
""",
        ("GET /a?b=1 HTTP/1.1\r\nHost: x.org\r\nA-B: c d\r\n\r\n",),
        CONTEXTUAL,
    ),
    Example(
        "semver_ranges",
        r"""
start: comparator (_SEP? "||" _SEP? comparator)*
comparator: [OP] version | version " - " version
version: INT "." INT "." INT ["-" label] ["+" label]
label: PART ("." PART)*
OP: ">=" | "<=" | ">" | "<" | "~" | "^"
INT: "0" | ("1".."9") ("0".."9")~0..5
PART: /[0-9A-Za-z]+/
_SEP: " "
""",
        ("^1.2.3", "1.0.0-rc.1+b7||2.0.0 - 3.0.0"),
        EARLEY[:1],
    ),
    Example(
        "priorities_of_terminals",
        r"""
start: (KEY | NAME | HEX | DEC)+
KEY.3: /if|then|fi/
HEX.2: /0x[0-9a-f]+/
DEC.1: /\d+/
NAME: /[a-z0-9]+/
%ignore " "
""",
        ("if ab then 0x1f 12 fi", "ifx 0xg 12a"),
    ),
    Example(
        "flags",
        r"""
start: (A | B | C | D)+
A: /select(?= )/i
B: /x . y/x
C: /<.*?>/s
D: "End"i
%ignore /[ ]+/
""",
        ("SELECT xay <a\nb> END", "select End"),
    ),
    Example(
        "templates",
        r"""
start: _list{pair, ";"} | _wrapped{_list{NUMBER, ","}}
_list{item, sep}: item (sep item)*
_wrapped{x}: "<" x ">" | "<<" _wrapped{x} ">>"
pair: NAME "=" _wrapped{NUMBER}
NAME: /[a-z]+/
NUMBER: /\d+/
""",
        ("a=<1>;b=<<<2>>>", "<1,2,3>"),
        CONTEXTUAL,
    ),
    Example(
        "override_extend",
        r"""
%import common.NUMBER
%import common (WORD, INT)
start: item+
item: WORD | NUMBER
%extend item: "!" INT
%override start: item ("," item)*
""",
        ("a,12,!3", "x"),
        CONTEXTUAL,
    ),
    Example(
        "repeats",
        r"""
start: a~2..3 b~2 c?
a: "a"~1..2 "."
b: ("x" | "yy")~3
c: "c"+ | "d"~0..1 "e"
""",
        ("a.aa.xyyxxxx", "a.a.a.yyyyyyxxxccc", "a.a.xxxxxxde"),
        DYNAMIC,
    ),
    Example(
        "ambiguous_else",
        r"""
start: stmt
?stmt: "if" cond "then" stmt | "if" cond "then" stmt "else" stmt | NAME ":=" NAME
cond: NAME
NAME: /[a-z]+/
%ignore " "
""",
        ("if a then if b then x := y else x := z", "p := q"),
    ),
    Example(
        "kept_tokens",
        r"""
!start: "let" NAME ("," NAME)* "in" !inner | "end"
!?inner: "(" inner ")" | NAME
NAME: /\w+/
%ignore /\s/
""".replace("!inner |", "inner |"),
        ("let a, b in ((c))", "end"),
    ),
    Example(
        "unicode_words",
        r"""
start: (WORD | PUNCT)+
WORD: /[^\W\d_]+/
PUNCT: /[.,;:!?…«»]/
%ignore /\s+/
""",
        ("Größe, naïve … «été»", "日本語!"),
    ),
    Example(
        "string_escapes",
        r"""
start: STR ("+" STR)*
STR: /"(?:\\["\\\/bfnrt]|\\u[0-9a-fA-F]{4}|[^"\\\x00-\x1f])*"/
%ignore " "
""",
        ('"a\\n\\u00e9" + ""', '"\\\\"'),
    ),
    Example(
        "comments_nested_by_kind",
        r"""
start: (WORD ";")*
WORD: /\w+/
%import common.C_COMMENT
%import common.CPP_COMMENT
%import common.WS
%ignore C_COMMENT
%ignore CPP_COMMENT
%ignore WS
""",
        ("a; /* x ** y */ b; // end\nc;", ""),
    ),
    Example(
        "cypher",
        r"""
start: "MATCH" pattern ("WHERE" condition)? "RETURN" NAME ("." NAME)? ("LIMIT" INT)?
pattern: node (edge node)*
node: "(" NAME? (":" NAME)? ")"
edge: "-" "[" ":" NAME "]" "->" | "<-" "[" ":" NAME "]" "-"
condition: NAME "." NAME OP (INT | STRING) (("AND" | "OR") condition)?
OP: "=" | "<>" | "<" | ">"
NAME: /[A-Za-z_]\w*/
INT: /\d+/
STRING: /'[^']*'/
%ignore /\s+/
""",
        ("MATCH (a:User)-[:KNOWS]->(b) WHERE a.age > 3 AND b.n = 'x' RETURN b.n LIMIT 5",),
        CONTEXTUAL,
    ),
    Example(
        "cron",
        r"""
start: field " " field " " field " " field " " field
field: part ("," part)*
part: ("*" | NUM ["-" NUM] | NAME) ["/" NUM]
NUM: /\d{1,2}/
NAME: /[A-Z]{3}/
""",
        ("*/5 0-12 1,15 * MON", "0 0 * JAN *"),
        DYNAMIC,
    ),
    Example(
        "regex_syntax",
        r"""
start: alt
alt: seq ("|" seq)*
seq: piece*
piece: atom /[*+?]/?
atom: /[a-z0-9]/ | "." | "(" alt ")" | "[" "^"? CHAR+ "]"
CHAR: /[a-z0-9]/
""",
        ("a*(b|c)?[^ab]", "", "|"),
        (("lalr", "contextual"), ("earley", "dynamic")),
    ),
    Example(
        "chat_tags",
        r"""
start: (TEXT | "<b>" start "</b>" | "<i>" start "</i>" | "&" NAME ";")*
NAME: /[a-z]+/
TEXT: /[^<>&]+/
""",
        ("a <b>c <i>d</i></b> &amp;", ""),
        CONTEXTUAL,
    ),
    Example(
        "assembler",
        r"""
start: (line? _NL)*
line: [LABEL ":"] OPCODE [operand ("," operand)*] | LABEL ":"
operand: REGISTER | "#" INT | "[" REGISTER ["+" INT] "]" | LABEL
REGISTER.2: /r\d{1,2}/i
OPCODE.1: "mov"i | "add"i | "jmp"i | "ret"i
LABEL: /[a-z_]\w*/i
INT: /-?\d+|0x[0-9a-f]+/i
_NL: /[ \t]*(;[^\n]*)?\n/
%ignore /[ \t]+/
""",
        ("loop: MOV r1, #5 ; x\nadd R2,[r1+4]\njmp loop\n", "\n"),
        CONTEXTUAL,
    ),
    Example(
        "poly_lookahead",
        r"""
start: (INT | FLOAT | RANGE | NAME)+
INT: /\d+(?![\d.]|\.\d)/
FLOAT: /\d+\.\d+/
RANGE: ".."
NAME: /[a-z]+(?![a-z(])/
%ignore " "
""",
        ("1 ..2 3.5 ab", "10"),
        CONTEXTUAL,
    ),
    Example(
        "makefile_like",
        r"""
start: (rule | assign)*
rule: TARGET ":" TARGET* _NL (_TAB COMMAND _NL)*
assign: TARGET ("=" | ":=" | "?=") TEXT? _NL
TARGET: /[\w.%\/-]+/
COMMAND: /[^\n]+/
TEXT: /[^\n=:?\t][^\n]*/
_TAB: "\t"
_NL: /\n+/
%ignore " "
""",
        ("CC = gcc\nall: a.o b.o\n\tcc -o x\n",),
        DYNAMIC[:1],
    ),
    Example(
        "anchored_earley",
        r"""
start: word (" " word)*
word: PRE? STEM SUF?
PRE: "un" | "re"
STEM: /[a-z]+?/
SUF: "ing" | "ed" | "s"
""",
        ("unaing reas", "a"),
        DYNAMIC,
    ),
    Example(
        "unary_chain",
        r"""
start: or_
?or_: and_ ("or" and_)*
?and_: not_ ("and" not_)*
?not_: "not" not_ | cmp
?cmp: NAME (("==" | "!=" | "<" | "in" | "not" "in") NAME)*
NAME: /(?!(?:or|and|not|in)\b)[a-z]+/
%ignore " "
""",
        ("not a == b and c not in d or e", "x"),
        LALR,
    ),
)
