"""Facts whose value stands in the text: names, numbers, dates, codes."""

from __future__ import annotations

from models import values as v
from models.fact import DATE, NUMBER, WHOLE, Fact, fact, stated

STATED: dict[str, Fact] = {
    "customer": stated(
        "customer customer_name client buyer name full_name client_name ordered_by purchaser",
        v.person,
        "Customer|Client|Name|Buyer|Ordered by|Customer name|Full name",
        "the customer is {v}|my name is {v}|{v} would like to place this|ordered by {v}|this is {v}"
        "|{v} here|on behalf of {v}|{v} asked for it|the client, {v}, called|hello, {v} speaking",
    ),
    "contact": stated(
        "contact contact_person contact_name person attention representative",
        v.person,
        "Contact|Contact person|Attn|Attention|Person",
        "please ask for {v}|the contact is {v}|talk to {v} about it|{v} is our contact"
        "|for questions reach {v}|attention {v}",
    ),
    "manager": stated(
        "manager approved_by approver supervisor owner assigned_to assignee agent handled_by",
        v.person,
        "Approved by|Manager|Assigned to|Owner|Assignee|Agent|Handled by",
        "approved by {v}|{v} signed it off|{v} is in charge|assigned to {v}|{v} will handle this"
        "|handled by {v}|{v} takes care of it",
    ),
    "supplier": stated(
        "supplier vendor seller company_name company merchant issuer shop store",
        v.company,
        "Supplier|Vendor|Seller|Company|Merchant|From|Shop",
        "bought from {v}|the supplier is {v}|issued by {v}|{v} sent us this|we purchased it at {v}"
        "|supplied by {v}|{v} delivered the goods",
    ),
    "employer": stated(
        "company employer organization organisation firm company_name business",
        v.company,
        "Company|Employer|Organisation|Organization|Firm",
        "i work for {v}|{v} is hiring|at {v}|our company, {v}, is involved|we are {v}|join {v}",
    ),
    "carrier": stated(
        "carrier courier shipping_company transporter forwarder",
        v.company,
        "Carrier|Courier|Shipped with|Transport",
        "shipped with {v}|carried by {v}|the courier is {v}|{v} picks it up|sent via {v}",
    ),
    "recipient": stated(
        "recipient receiver consignee deliver_to addressee ship_to",
        v.person,
        "Recipient|Deliver to|Consignee|Receiver|Ship to",
        "addressed to {v}|it goes to {v}|the recipient is {v}|deliver it to {v}|for {v}",
    ),
    "sender": stated(
        "sender shipper sent_by from_name reported_by reporter submitted_by author",
        v.person,
        "Sender|Reported by|Submitted by|From|Author|Reporter",
        "sent by {v}|{v} reported this|reported by {v}|submitted by {v}|{v} wrote to us"
        "|{v} told us about it|a note from {v}",
    ),
    "patient": stated(
        "patient patient_name guest guest_name traveller passenger tenant applicant candidate",
        v.person,
        "Patient|Guest|Passenger|Traveller|Applicant|Candidate|Tenant",
        "the booking is for {v}|patient {v}|guest name {v}|{v} is travelling|for patient {v}"
        "|{v} applied|{v} will attend",
    ),
    "doctor": stated(
        "doctor physician practitioner specialist speaker host organizer organiser consultant",
        v.person,
        "Doctor|Physician|Speaker|Host|Organiser|Specialist|Consultant",
        "{v} will see you|with {v}|hosted by {v}|the speaker is {v}|organised by {v}|led by {v}",
    ),
    "email": stated(
        "email email_address mail e_mail contact_email reply_to",
        v.email,
        "Email|E-mail|Mail|Email address",
        "you can reach me at {v}|write to {v}|my email is {v}|send it to {v}|reply to {v}"
        "|the address is {v}|mail {v}",
    ),
    "phone": stated(
        "phone phone_number telephone mobile tel contact_phone cell",
        v.phone,
        "Phone|Tel|Telephone|Mobile|Phone number|Cell",
        "call me on {v}|my number is {v}|phone {v}|reachable under {v}|tel {v}|ring {v}",
    ),
    "website": stated(
        "website url link homepage page web",
        v.url,
        "Website|URL|Link|Web|Page",
        "see {v}|more at {v}|the link is {v}|visit {v}|it happens on {v}",
    ),
    "street": stated(
        "street address street_address address_line line1 location_street",
        v.street,
        "Street|Address|Street address",
        "we are at {v}|the address is {v}|it is located at {v}|deliver to {v}|come to {v}",
    ),
    "city": stated(
        "city town location place municipality",
        v.city,
        "City|Town|Location|Place",
        "in {v}|we are based in {v}|located in {v}|it takes place in {v}|the city is {v}",
    ),
    "country": stated(
        "country country_name nation",
        v.country,
        "Country",
        "in {v}|from {v}|the country is {v}|we live in {v}",
    ),
    "postcode": stated(
        "postcode zip zip_code postal_code plz",
        v.code("#####", "####", "##-###", "@@# #@@", "#### @@"),
        "Postcode|ZIP|Postal code|Zip code",
        "postcode {v}|the zip is {v}|zip code {v}",
    ),
    "origin": stated(
        "origin departure departure_city from_city pickup_location source_city from",
        v.city,
        "From|Origin|Departure|Pickup",
        "leaving from {v}|from {v}|departing {v}|picked up in {v}|starting in {v}",
    ),
    "destination": stated(
        "destination arrival_city to_city drop_off target_city to",
        v.city,
        "To|Destination|Arrival|Drop-off",
        "going to {v}|to {v}|bound for {v}|with destination {v}|arriving in {v}|on its way to {v}",
    ),
    "order_id": stated(
        "order_id order_number order_no reference order_ref po_number id",
        v.code("ORD-####", "#####", "PO-#####", "@@-####"),
        "Order|Order number|Order no.|PO|Order ID|Reference",
        "order {v}|my order number is {v}|regarding order {v}|it is about order {v}|PO {v}",
    ),
    "invoice_id": stated(
        "invoice_id invoice_number invoice_no number document_number bill_number",
        v.code("INV-####", "####/##", "RE-#####", "20##-###"),
        "Invoice|Invoice number|Invoice no.|Bill|Invoice #",
        "invoice {v}|our invoice {v}|see invoice {v}|invoice number {v} is attached|bill {v}",
    ),
    "tracking": stated(
        "tracking_number tracking tracking_id tracking_code shipment_id parcel_id consignment",
        v.code("1Z######", "@@#########@@", "TRK#####", "#### #### ####"),
        "Tracking|Tracking number|Tracking no.|Shipment|Parcel",
        "tracking number {v}|you can track it with {v}|parcel {v}|tracking {v}|shipment {v}",
    ),
    "ticket_id": stated(
        "ticket_id ticket case_id case_number issue_id incident reference_number",
        v.code("#####", "TCK-####", "CASE-###", "@@@-###"),
        "Ticket|Case|Ticket ID|Case number|Incident|Issue",
        "ticket {v}|case {v}|regarding ticket {v}|this is case {v}|see issue {v}",
    ),
    "reference": stated(
        "reference booking_reference confirmation_code ref booking_id reservation code",
        v.any_code,
        "Reference|Ref|Booking|Confirmation|Reservation|Code",
        "reference {v}|the code is {v}|booking {v}|our reference is {v}|quote {v}|reservation {v}",
    ),
    "account": stated(
        "account account_number customer_id customer_number iban client_id member_id",
        v.any_code,
        "Account|Account number|Customer ID|Customer no.|Member",
        "account {v}|my customer number is {v}|from account {v}|the account is {v}|member {v}",
    ),
    "sku": stated(
        "sku article_number part_number item_code product_code model serial_number",
        v.any_code,
        "SKU|Article|Part number|Item code|Model|Serial",
        "model {v}|article {v}|part number {v}|the sku is {v}|listed as {v}|serial number {v}",
    ),
    "product": stated(
        "product item product_name article item_name goods device",
        v.product,
        "Product|Item|Article|Goods|Device",
        "i need the {v}|it is about the {v}|we want the {v}|for the {v}|the item is a {v}"
        "|please send the {v}|the {v} in question|selling my {v}",
    ),
    "quantity": fact(
        "quantity qty count amount_ordered units pieces number_of_items",
        WHOLE,
        v.quantity,
        "Quantity|Qty|Pieces|Units|Count",
        "we need {v} of them|{v} pieces|{v} units please|a total of {v} items|quantity {v}"
        "|make it {v}",
    ),
    "people": fact(
        "guests party_size number_of_guests participants seats attendees_count travellers persons",
        WHOLE,
        v.integer(1, 20),
        "Guests|Persons|People|Seats|Participants",
        "for {v} people|{v} guests|a table for {v}|we will be {v} persons|{v} seats",
    ),
    "nights": fact(
        "nights days duration_days num_nights duration",
        WHOLE,
        v.integer(1, 21),
        "Nights|Days|Duration",
        "for {v} days|staying {v} nights|it takes {v} days|{v} nights",
    ),
    "rooms": fact(
        "bedrooms rooms num_rooms number_of_rooms",
        WHOLE,
        v.integer(1, 9),
        "Rooms|Bedrooms",
        "{v} rooms|with {v} bedrooms|it has {v} rooms",
    ),
    "area": fact(
        "area size_sqm square_meters living_area surface",
        WHOLE,
        v.integer(18, 420),
        "Area|Size|Living area",
        "{v} sqm|{v} square metres|an area of {v} m2|measures {v} sqm",
    ),
    "age": fact(
        "age years customer_age patient_age",
        WHOLE,
        v.integer(18, 95),
        "Age",
        "{v} years old|aged {v}|age {v}",
    ),
    "experience": fact(
        "years_of_experience experience min_experience experience_years",
        WHOLE,
        v.integer(1, 15),
        "Experience|Years of experience",
        "{v} years of experience|at least {v} years in the field|{v} years experience required",
    ),
    "total": fact(
        "total total_amount amount amount_due grand_total sum invoice_total total_price value",
        NUMBER,
        v.amount,
        "Total|Amount|Amount due|Sum|Total amount|Grand total",
        "the total is {v}|it comes to {v}|{v} in total|we owe {v}|the amount due is {v}"
        "|altogether {v}|for a sum of {v}|please transfer {v}",
    ),
    "price": fact(
        "price unit_price cost rate fee price_per_unit list_price rent salary",
        NUMBER,
        v.amount,
        "Price|Unit price|Cost|Rate|Fee",
        "it costs {v}|priced at {v}|at {v} each|the price is {v}|for {v}|asking {v}",
    ),
    "tax": fact(
        "tax vat tax_amount vat_amount shipping_cost delivery_fee",
        NUMBER,
        v.amount,
        "Tax|VAT|Tax amount",
        "including {v} tax|plus {v} vat|tax of {v}|the vat is {v}",
    ),
    "discount": fact(
        "discount discount_percent rebate tax_rate vat_rate percentage",
        NUMBER,
        v.percent,
        "Discount|Rebate|Percentage",
        "with a discount of {v}|{v} off|a {v} rebate|we were promised {v}",
    ),
    "currency": stated(
        "currency currency_code", v.currency, "Currency", "all amounts in {v}|paid in {v}"
    ),
    "weight": fact(
        "weight weight_kg gross_weight mass kilograms",
        NUMBER,
        v.decimal,
        "Weight|Gross weight|Weight (kg)",
        "it weighs {v} kg|{v} kg|weight {v} kilos|a weight of {v} kg",
    ),
    "order_date": fact(
        "date order_date created issued_on invoice_date issue_date purchase_date day booked_on",
        DATE,
        v.day,
        "Date|Order date|Invoice date|Issued|Issued on|Purchase date",
        "on {v}|dated {v}|placed on {v}|it was issued on {v}|we bought it on {v}|since {v}",
    ),
    "due_date": fact(
        "due_date due deadline payment_due pay_by expires valid_until closing_date",
        DATE,
        v.day,
        "Due|Due date|Deadline|Payment due|Pay by|Valid until",
        "due on {v}|payable by {v}|the deadline is {v}|no later than {v}|valid until {v}",
    ),
    "delivery_date": fact(
        "delivery_date delivered_on eta arrival arrival_date ship_date "
        "expected_delivery return_date",
        DATE,
        v.day,
        "Delivery|Delivery date|ETA|Arrival|Expected delivery",
        "delivery on {v}|it should arrive on {v}|expected {v}|arriving {v}|to be delivered on {v}",
    ),
    "start_date": fact(
        "start_date start check_in from_date begins_on available_from departure_date event_date",
        DATE,
        v.day,
        "Start|Start date|Check-in|Starts|Available from|Begins",
        "starting {v}|from {v}|it starts on {v}|check-in on {v}|available from {v}|beginning {v}",
    ),
    "end_date": fact(
        "end_date end check_out to_date ends_on until",
        DATE,
        v.day,
        "End|End date|Check-out|Ends|Until",
        "until {v}|it ends on {v}|check-out on {v}|through {v}|to {v}",
    ),
    "birth_date": fact(
        "date_of_birth birth_date dob birthday born",
        DATE,
        v.day,
        "Date of birth|DOB|Born|Birthday",
        "born on {v}|date of birth {v}|born {v}",
    ),
    "time": stated(
        "time start_time at appointment_time hour begins_at departure_time",
        v.clock,
        "Time|Start time|At|Hour",
        "at {v}|we start at {v}|it begins at {v}|the time is {v}|at {v} sharp",
    ),
    "subject": stated(
        "subject title headline event_name event topic summary campaign project",
        v.title,
        "Subject|Title|Topic|Event|Headline|Project",
        "the subject is {v}|titled {v}|about {v}|it is called {v}|under the title {v}|re: {v}",
    ),
    "issue": stated(
        "issue problem description defect complaint error symptom summary issue_description",
        v.trouble,
        "Issue|Problem|Description|Defect|Complaint|Error",
        "the problem: {v}|unfortunately {v}|i noticed that {v}|{v}|since yesterday {v}"
        "|we are writing because {v}|apparently {v}",
    ),
    "role": stated(
        "position job_title role title occupation profession vacancy",
        v.job,
        "Position|Job title|Role|Occupation|Vacancy",
        "we are looking for a {v}|position: {v}|as {v}|i work as {v}|the role of {v}|hiring a {v}",
    ),
    "department": stated(
        "department team division unit group cost_center",
        v.word,
        "Department|Team|Division|Unit",
        "the {v} department|team {v}|in the {v} team|for {v}",
    ),
    "venue": stated(
        "venue room hall meeting_room building location clinic hotel hotel_name",
        v.title,
        "Venue|Room|Location|Hotel|Building|Clinic",
        "the venue is {v}|we meet in {v}|held at {v}|in the {v}|at {v}",
    ),
    "version": stated(
        "version app_version release build software_version",
        v.code("#.#.#", "v#.#", "##.#.##", "#.##"),
        "Version|Build|Release",
        "version {v}|running {v}|on {v}|since release {v}",
    ),
}
