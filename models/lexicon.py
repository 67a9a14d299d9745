"""Plain words that values are made of."""

from __future__ import annotations

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
NUMBER_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
)  # fmt: skip
CURRENCIES = {
    "EUR": ("€{}", "{} €", "EUR {}", "{} EUR", "{} euros"),
    "USD": ("${}", "USD {}", "{} USD", "US${}", "{} dollars"),
    "GBP": ("£{}", "GBP {}", "{} GBP", "{} pounds"),
    "CHF": ("CHF {}", "{} CHF"),
    "JPY": ("¥{}", "JPY {}", "{} yen"),
    "SEK": ("{} SEK", "SEK {}"),
    "PLN": ("{} PLN", "PLN {}"),
    "CAD": ("CAD {}", "{} CAD"),
    "INR": ("₹{}", "INR {}", "{} rupees"),
}
MATERIALS = (
    "steel", "wooden", "leather", "cotton", "glass", "ceramic", "wireless", "portable", "blue",
    "red", "green", "black", "white", "grey", "large", "small", "slim", "heavy-duty", "foldable",
    "electric", "organic", "vintage", "compact", "digital", "outdoor", "solar", "stainless",
    "rubber", "silver", "yellow", "waterproof", "ergonomic", "industrial", "mini", "double",
    "premium",
)  # fmt: skip
THINGS = (
    "chair", "desk", "lamp", "keyboard", "monitor", "headset", "cable", "printer", "router",
    "notebook", "pen", "mug", "bottle", "jacket", "shirt", "boots", "helmet", "drill", "hammer",
    "wrench", "ladder", "pump", "valve", "filter", "bracket", "hinge", "bolt", "panel", "battery",
    "charger", "adapter", "camera", "tripod", "speaker", "kettle", "toaster", "blender", "pan",
    "knife", "towel", "pillow", "blanket", "mattress", "shelf", "cabinet", "mirror", "clock",
    "rug", "curtain", "candle", "basket", "tent", "rope", "gloves", "mask", "scanner", "tablet",
    "phone", "case", "backpack", "suitcase", "umbrella", "bicycle", "tyre", "engine", "sensor",
    "switch", "toner", "paper", "envelope", "stapler", "folder", "whiteboard", "marker",
    "projector", "screen", "microphone", "coffee", "tea", "flour",
)  # fmt: skip
TROUBLES = (
    "does not start", "keeps crashing", "shows a blank page", "arrived broken", "is leaking",
    "makes a loud noise", "was never delivered", "stopped working", "is too slow", "overheats",
    "cannot connect", "loses its settings", "prints nothing", "rejects my password",
    "shows the wrong total", "is missing a part", "freezes", "will not charge",
    "smells of burning", "sends duplicate emails", "fails with error {n}", "returns {n}",
)  # fmt: skip
MAIL_HOSTS = (
    "example.com", "mail.com", "gmail.com", "post.de", "inbox.net", "webmail.org", "firma.eu",
    "office.io",
)  # fmt: skip
