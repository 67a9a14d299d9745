"""Kinds of business texts: which facts each holds, and what its writers also say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of text.

    Attributes:
        name: What a classifier would call it.
        facts: Keys of `FACTS` that it may state.
        lists: Keys of `LISTS` that it may state.
        openings: First sentences, which state nothing.
        has_lines: Whether it may list lines of goods.
    """

    name: str
    facts: tuple[str, ...]
    lists: tuple[str, ...]
    openings: tuple[str, ...]
    has_lines: bool = False


def _kind(name: str, facts: str, lists: str, openings: str, has_lines: bool = False) -> Kind:
    return Kind(
        name, tuple(facts.split()), tuple(lists.split()), tuple(openings.split("|")), has_lines
    )


KINDS: tuple[Kind, ...] = (
    _kind("order", "customer employer email phone street city country postcode order_id product "
          "quantity price total currency order_date delivery_date shipping_method payment_method "
          "urgent gift returning paid sku size", "products tags",
          "I would like to order|Please take the following order|New order|Purchase order"
          "|We hereby order|Could you send us|An order came in", True),
    _kind("invoice", "supplier customer invoice_id order_id total tax discount currency order_date "
          "due_date payment_method payment_status paid account city country email", "products",
          "Please find our invoice|INVOICE|Invoice for services|We have billed you|Bill enclosed"
          "|Reminder", True),
    _kind("support_ticket", "customer email phone ticket_id product issue priority ticket_category "
          "order_date order_id urgent version sentiment channel manager returning", "tags",
          "I need help|Support request|Hello support team|Something is wrong|New ticket"
          "|Can anybody help me?"),
    _kind("contact", "customer employer role email phone street city postcode country website "
          "birth_date newsletter department", "tags",
          "Please save my details|Business card|New contact|Let me introduce myself|My new details"
          "|Address book entry"),
    _kind("shipment", "tracking carrier recipient sender origin destination weight delivery_date "
          "order_date delivery_status shipping_method fragile insured quantity price",
          "cities products",
          "Shipment update|Your parcel|Freight notice|News on the consignment|Dispatch note"),
    _kind("job_posting", "employer role city country price currency employment experience remote "
          "start_date due_date contact email department website", "skills tags",
          "We are hiring|Job offer|Join our team|Vacancy|Career opportunity|Come and work with us"),
    _kind("appointment", "patient doctor order_date time visit_type venue phone email birth_date "
          "confirmed age city insured", "codes",
          "Appointment reminder|Your appointment|I would like to make an appointment"
          "|Medical appointment|Clinic note"),
    _kind("expense", "sender supplier total tax currency order_date expense_category "
          "payment_method "
          "manager confirmed department subject", "attendees",
          "Expense claim|Please reimburse me|Travel expenses|Receipt|My expenses"),
    _kind("product_listing", "product sku price currency condition size weight quantity supplier "
          "city shipping_method website discount", "tags cities",
          "For sale|New in our shop|Offer of the week|Product sheet|I am selling"),
    _kind("property", "property_type street city postcode price currency rooms area start_date "
          "parking pets furnished contact phone email", "tags",
          "To let|For rent|New listing|Beautiful home|Property offer|Looking for tenants"),
    _kind("bug_report", "sender product version issue severity priority reproducible order_date "
          "website manager ticket_id", "tags codes",
          "Bug report|I found a bug|Something broke|Defect|Steps and details below"),
    _kind("booking", "patient reference origin destination start_date end_date seat_class people "
          "total currency venue nights breakfast confirmed email phone", "cities attendees",
          "Booking confirmation|I want to book|Trip details|Reservation|Your journey"),
    _kind("payment", "customer supplier account total currency order_date reference invoice_id "
          "payment_method payment_status", "codes",
          "Payment advice|We have sent you money|Transfer|Payment received|Bank notice"),
    _kind("complaint", "customer order_id product issue order_date refund damaged sentiment email "
          "phone supplier total priority", "codes",
          "I want to complain|I am writing to complain|Not happy|Complaint"
          "|This is about my purchase"),
    _kind("event", "subject order_date time venue city street doctor people price remote contact "
          "email website start_date end_date breakfast", "attendees tags",
          "You are invited|Save the date|Event announcement|Meeting notice|Join us"),
    _kind("delivery_note", "supplier recipient order_id delivery_date carrier quantity weight "
          "street "
          "city tracking damaged confirmed", "products codes",
          "Delivery note|Goods received|Packing slip|Delivered today", True),
    _kind("subscription", "customer email account product price currency start_date end_date "
          "payment_method newsletter discount reference", "tags",
          "Subscription|Your plan|Contract summary|Please change my subscription"),
    _kind("application", "patient role employer email phone city experience start_date birth_date "
          "remote price website", "skills",
          "Job application|I am applying|My application|Candidate profile"),
)  # fmt: skip

DISTRACTORS = (
    "Thanks a lot.", "Please let me know if anything is missing.",
    "Looking forward to your reply.", "I tried to call twice but nobody answered.",
    "Have a nice weekend.", "Sorry for the short notice.", "The weather here is awful.",
    "As discussed on the phone.", "Kind regards to your team.", "We will get back to you soon.",
    "Please confirm receipt of this message.", "Many thanks in advance.",
    "My colleague will take over next week.", "I hope you are doing well.", "See the attachment.",
    "Do not hesitate to ask.", "That is all for now.", "Let us talk about the rest later.",
    "The office is closed on Fridays.", "Nothing else has changed.", "Our usual terms apply.",
    "I have attached a photo.", "You were recommended to us by a friend.",
    "Please keep this confidential.",
)  # fmt: skip
GREETINGS = ("Hi,", "Hello,", "Dear Sir or Madam,", "Good morning,", "Hey there,", "Hi team,", "")
CLOSINGS = ("Best regards", "Thanks", "Cheers", "Kind regards", "Yours sincerely", "BR", "")
