"""Facts that must be inferred from what a text says: truths and options."""

from __future__ import annotations

from models.fact import Fact, option, truth

INFERRED: dict[str, Fact] = {
    "paid": truth(
        "paid is_paid settled payment_received already_paid",
        "Paid|Settled|Payment received",
        "it has already been paid|i paid yesterday|the bill is settled|payment has been received"
        "|we paid in advance|payment done",
        "it is still outstanding|payment is still open|we have not paid yet|it remains unpaid"
        "|not paid so far|payment has not arrived",
    ),
    "urgent": truth(
        "urgent is_urgent rush express_handling expedite asap",
        "Urgent|Rush|Express",
        "this is urgent|please hurry|we need it as soon as possible|it cannot wait"
        "|rush it please|asap please",
        "there is no rush|take your time|it is not urgent|whenever it suits you|no hurry"
        "|it can wait",
    ),
    "gift": truth(
        "gift is_gift gift_wrap gift_wrapping present",
        "Gift|Gift wrap|Gift wrapping",
        "it is a gift|please wrap it as a present|gift wrapping please|it is a birthday present",
        "no gift wrapping needed|it is not a gift|no need to wrap it|plain packaging is fine",
    ),
    "remote": truth(
        "remote is_remote remote_possible work_from_home online virtual",
        "Remote|Remote possible|Online|Virtual",
        "you can work from home|fully remote|it happens online|remote work is possible"
        "|join by video link",
        "on site only|presence in the office is required|no remote work|in person only"
        "|everybody meets on location",
    ),
    "fragile": truth(
        "fragile is_fragile handle_with_care breakable",
        "Fragile|Handle with care",
        "handle with care|the contents are fragile|it breaks easily|careful, it is breakable",
        "nothing fragile inside|the contents are robust|no special care needed|not fragile",
    ),
    "insured": truth(
        "insured insurance has_insurance covered under_warranty warranty",
        "Insured|Insurance|Warranty",
        "it is fully insured|insurance is included|it is covered|still under warranty",
        "without insurance|it is not insured|no insurance was taken|the warranty has expired",
    ),
    "confirmed": truth(
        "confirmed is_confirmed accepted approved signed agreed",
        "Confirmed|Accepted|Approved|Signed",
        "this is confirmed|i hereby confirm it|it has been approved|we agreed to it|all signed",
        "this is not confirmed yet|confirmation is pending|nobody approved it so far"
        "|we are still waiting for approval|it was not signed",
    ),
    "returning": truth(
        "returning_customer existing_customer repeat_customer is_member has_account known_customer",
        "Returning customer|Existing customer|Member",
        "i have ordered from you before|a long-standing customer|we are regular customers"
        "|not my first order",
        "this is my first order|i am a new customer|i never bought from you before"
        "|first time customer",
    ),
    "refund": truth(
        "refund_requested refund wants_refund money_back return_requested",
        "Refund requested|Refund|Money back",
        "i want my money back|please refund me|i request a refund|we expect a full refund",
        "i do not want a refund|a replacement would be fine|no refund needed|just repair it",
    ),
    "damaged": truth(
        "damaged is_damaged packaging_damaged broken",
        "Damaged|Broken",
        "it was damaged|the box arrived crushed|there are visible damages|parts were broken",
        "everything arrived intact|no damage at all|it came in perfect condition|nothing broken",
    ),
    "parking": truth(
        "parking has_parking parking_available garage",
        "Parking|Garage",
        "parking is available|with its own garage|a parking space is included|you can park there",
        "there is no parking|no garage|street parking only|parking is not included",
    ),
    "pets": truth(
        "pets_allowed pets pet_friendly animals_allowed",
        "Pets|Pets allowed",
        "pets are welcome|dogs are allowed|pet friendly|you may bring your cat",
        "no pets|animals are not allowed|sorry, no dogs|pets cannot be accepted",
    ),
    "furnished": truth(
        "furnished is_furnished fully_furnished",
        "Furnished",
        "it comes fully furnished|furnished|all furniture is included",
        "unfurnished|it is empty, bring your furniture|no furniture included",
    ),
    "reproducible": truth(
        "reproducible always_happens can_reproduce repeatable",
        "Reproducible|Can reproduce",
        "it happens every time|i can reproduce it|it is always the same|fully reproducible",
        "it happened only once|i cannot reproduce it|it occurs at random|never saw it again",
    ),
    "newsletter": truth(
        "newsletter subscribe opt_in marketing_consent subscribed",
        "Newsletter|Subscribe|Marketing",
        "please add me to the newsletter|keep me posted on offers|i would like your newsletter",
        "no newsletter please|do not send me advertising|no marketing mails",
    ),
    "breakfast": truth(
        "breakfast breakfast_included with_breakfast meals_included catering",
        "Breakfast|Breakfast included|Catering",
        "breakfast is included|with breakfast|we would like breakfast|food is provided",
        "without breakfast|breakfast is not included|no meals|room only",
    ),
    "priority": option(
        "priority urgency importance ticket_priority prio",
        "Priority|Urgency|Prio",
        low="no rush at all|it is a minor thing|whenever you find the time"
            "|low priority|not important",
        medium="reasonably soon would be nice|normal priority"
               "|please look at it this week|medium priority",
        high="this is important|high priority|we need it quickly|please treat it as important",
        urgent="we are completely blocked|this is an emergency|drop everything"
               "|needs fixing right now"
        "|nobody can work",
    ),
    "ticket_category": option(
        "category type topic department queue area",
        "Category|Type|Topic|Queue",
        billing="i was charged twice|the invoice is wrong|the amount on my bill is incorrect"
        "|my card was debited again",
        technical="the app crashes|i get an error message|the software does not respond"
        "|the page will not load",
        shipping="the parcel never arrived|my package is late|the courier went to a wrong address"
        "|delivery is overdue",
        account="i cannot log in|my password does not work|please change my profile"
        "|my account is locked",
        other="i just have a general question|i wanted to give some feedback"
              "|what are your opening hours",
    ),
    "sentiment": option(
        "sentiment tone mood feeling attitude",
        "Sentiment|Tone|Mood",
        positive="i love it|great service, thank you|we are very happy"
                 "|excellent work|it is wonderful",
        neutral="it is okay|nothing special|just for your information|neither good nor bad",
        negative="i am very disappointed|this is unacceptable|terrible experience|we are angry"
        "|the worst service ever",
    ),
    "payment_method": option(
        "payment_method payment paid_with payment_type pay_method",
        "Payment|Payment method|Paid with",
        card="paid by credit card|charged to my visa|i used my mastercard|by card",
        cash="paid in cash|cash on delivery|i handed over the cash|in notes and coins",
        bank_transfer="paid by bank transfer|wired from our bank|by wire transfer"
                      "|via bank transfer",
        paypal="paid with paypal|through paypal|my paypal was used",
        check="paid by check|a check is in the mail|by cheque",
    ),
    "payment_status": option(
        "status payment_status invoice_status state",
        "Status|State|Payment status",
        paid="the money arrived|it has been paid in full|fully settled|paid",
        pending="payment is on its way|we are waiting for the money|still pending|awaiting payment",
        overdue="it should have been paid weeks ago|payment is overdue|the deadline has passed"
        "|second reminder",
        cancelled="it was cancelled|please void it|we cancelled it|called off",
        refunded="the money was returned|it was refunded|the amount was paid back",
    ),
    "delivery_status": option(
        "status delivery_status shipment_status state parcel_status",
        "Status|State|Delivery status",
        delivered="it was handed over|it arrived safely|delivered|it has been received",
        in_transit="it is on its way|in transit|it left the warehouse|currently on the road",
        delayed="it is running late|held up at customs|delayed by snow|later than planned",
        lost="nobody can find it|the parcel is lost|it vanished|gone missing",
        returned="it was sent back|returned to sender|it came back to us",
    ),
    "shipping_method": option(
        "shipping_method shipping delivery_method service delivery_type",
        "Shipping|Delivery method|Service",
        standard="standard shipping is fine|regular mail|the usual delivery",
        express="express delivery please|send it express|by express",
        overnight="overnight shipping|it must be there tomorrow morning|next-day delivery",
        pickup="i will collect it myself|store pickup|i pick it up at your counter",
    ),
    "severity": option(
        "severity level impact bug_severity",
        "Severity|Level|Impact",
        minor="only a cosmetic flaw|a small annoyance|minor|hardly anybody notices",
        major="a main function is affected|major|it hurts many users|a serious defect",
        critical="data is being lost|critical|the system is down|production is down",
    ),
    "employment": option(
        "employment_type contract_type job_type type engagement",
        "Type|Employment|Contract|Job type",
        full_time="a full-time position|forty hours a week|full time",
        part_time="part time|twenty hours a week|a part-time position|half days",
        contract="on a contract basis|a freelance assignment|fixed-term project work",
        internship="an internship|for students in their last year|intern wanted",
    ),
    "property_type": option(
        "property_type type kind building_type",
        "Type|Property type|Property",
        apartment="a flat on the third floor|a bright apartment|apartment",
        house="a detached house|a family home with a garden|house",
        studio="a one-room studio|a small studio|studio",
        office="office space|commercial premises with desks|an office",
    ),
    "seat_class": option(
        "travel_class cabin class seat_class fare_class",
        "Class|Cabin|Travel class",
        economy="in economy|the cheapest seats|coach class|economy class",
        business="business class please|in business|a business seat",
        first="first class|in first|the most luxurious cabin",
    ),
    "expense_category": option(
        "category expense_type expense_category type kind",
        "Category|Expense type|Type",
        meals="lunch with a client|dinner during the trip|for food|a team lunch",
        travel="a train ticket|the taxi to the airport|the flight|mileage for my car",
        lodging="two nights at the hotel|hotel costs|the room in the inn",
        software="a software licence|the yearly subscription of a tool|licence renewal",
        office_supplies="paper and toner|stationery|pens and folders",
    ),
    "channel": option(
        "channel source contact_channel received_via medium",
        "Channel|Source|Received via",
        email="received by email|they wrote an email|it came by e-mail",
        phone="the customer phoned|by telephone|she called the hotline",
        chat="over the chat|in the chat window|via live chat",
        web="through the web form|on the website|via the online form",
    ),
    "size": option(
        "size product_size box_size variant",
        "Size",
        small="in small|the smallest one|size small",
        medium="in medium|the middle size|size medium",
        large="in large|the big one|size large",
    ),
    "condition": option(
        "condition state item_condition",
        "Condition",
        new="brand new|never used|still sealed|in its original box",
        used="used but fine|second hand|it shows some wear|used for two years",
        refurbished="professionally refurbished|overhauled by the maker|refurbished",
    ),
    "visit_type": option(
        "visit_type appointment_type type reason purpose",
        "Type|Visit type|Reason",
        checkup="a routine checkup|the yearly examination|a general check",
        follow_up="a follow-up visit|to discuss the results of last time|a second look",
        vaccination="a flu shot|a vaccination|to get vaccinated",
        blood_test="to have blood drawn|a blood test|laboratory work",
    ),
}  # fmt: skip
