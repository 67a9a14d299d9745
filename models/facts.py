"""All the facts that business texts state, and the lists they may hold."""

from __future__ import annotations

from models import values as v
from models.fact import Fact
from models.inferred import INFERRED
from models.stated import STATED
from models.values import Maker

FACTS: dict[str, Fact] = STATED | INFERRED

GENERIC_CLAUSES = (
    "the {l} is {v}", "{l}: {v}", "{l} {v}", "{l} is {v}", "with {l} {v}", "{v} is the {l}",
    "{l} = {v}", "as {l} please note {v}", "for {l} put {v}", "the {l} would be {v}",
)  # fmt: skip

LISTS: dict[str, tuple[str, Maker, str, str]] = {
    "attendees": ("attendees participants people names guests members", v.person,
                  "Attendees|Participants|Guests|Present",
                  "with {v}|{v} will attend|present were {v}|participants are {v}"),
    "tags": ("tags labels keywords topics categories", v.word,
             "Tags|Labels|Keywords", "tagged {v}|keywords are {v}|labels {v}"),
    "skills": ("skills requirements qualifications required_skills", v.word,
               "Skills|Requirements", "you know {v}|skills in {v} are needed|we expect {v}"),
    "products": ("items products articles goods item_names", v.product,
                 "Items|Products|Contents", "it contains {v}|we order {v}|inside are {v}"),
    "codes": ("codes references serial_numbers ids", v.any_code,
              "Codes|References|Serials", "with codes {v}|references {v}|see {v}"),
    "cities": ("stops cities locations places route", v.city,
               "Stops|Cities|Route", "via {v}|we visit {v}|stops in {v}"),
}  # fmt: skip
