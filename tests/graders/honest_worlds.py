"""Six small businesses, each with what it knows, what a tool answered, and a caller: the ground that replies stand on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stage import context

from callgate.concepts import Fact, Json, ToolTurn
from callgate.graders.seen import Context


def _slots(offset: str, times: str, *days: str) -> ToolTurn:
    slots = [f"{day}T{time}:00-{offset}" for day in days for time in times.split()]
    return ToolTurn("find_slots", {"date": days[0]}, {"slots": slots})


def _facts(*facts: str | Fact) -> dict[str, Fact]:
    return {f"f{number}": Fact(one, ()) if isinstance(one, str) else one for number, one in enumerate(facts)}


DEALER = (
    {
        "dealer_name": "Riverbend Motors",
        "phone": "+13125550100",
        "address": "2140 Mill Street, Aurora",
        "hours": {"mon-fri": "07:30-18:00", "sat": "08:00-14:00", "sun": "closed"},
    },
    _facts(
        "A synthetic oil change costs $89.95 plus tax.",
        Fact("Tire rotation.", (29.95, 30)),
        "Front brake pads are $349 per axle.",
        "A four-wheel alignment is $119.99.",
        "Diagnosis costs $165.00 and takes 1 to 2 hours.",
        "The 2021 RAV4 takes 0W-20 oil, 4.8 quarts.",
        "Oil change every 5,000 miles or 6 months.",
        "Parts warranty: 12 months or 12,000 miles.",
        "Tire size 225/65R17.",
        "Recall 24TA05 applies to model years 2019 to 2022.",
        "Tires take 5-10 business days to arrive.",
        "State inspection: $25.50.",
        "Service is on the 2nd floor.",
        "Seniors get 10% off labor.",
        "Founded in 1998.",
        "Roadside help is available 24 hours a day at 1-800-555-0123.",
        "Deposit $25 for special orders.",
        "Oil change takes 45 minutes.",
        "A brake job takes 2 1/2 hours.",
        "Financing from 3.9% APR for 60 months.",
    ),
    _slots("05:00", "07:30 10:15 14:00 16:45", "2026-03-09"),
    {"phone": "+13125550142", "name": "Dana Whitfield", "vehicle": "2021 RAV4", "mileage": 47500, "order": "48213"},
    ("I need an oil change on Monday, how much is it and what have you got?",),
    ("Quiero un cambio de aceite el lunes, ¿cuánto cuesta y qué tiene?",),
)
DENTIST = (
    {
        "name": "Lakeside Dental",
        "phone": "773-555-0199",
        "address": "1450 N. State St., Suite 210",
        "hours": {"mon-thu": "08:00-17:00", "fri": "08:00-13:00", "sat": "closed"},
    },
    _facts(
        "A cleaning costs $120.",
        "X-rays are $85.",
        "Whitening is $399.",
        "A crown is $1,150.",
        "New patient special: $79.",
        "Cancellations need 24 hours notice, otherwise a $50 fee applies.",
        "Insurance covers 80% of fillings.",
        "New patients arrive 15 minutes early.",
        "A cleaning takes 60 minutes, a first visit 90 minutes.",
        "Closed on Thanksgiving, Christmas and New Year's.",
        "Ages 3-12 are seen by Dr. Ortiz.",
        "Parking is free for 2 hours.",
        "A deep cleaning takes 75 minutes.",
    ),
    _slots("05:00", "08:00 09:30 11:00 12:45", "2026-03-12", "2026-03-13"),
    {"phone": "+17735550144", "name": "Marta Solis"},
    ("I'd like a cleaning next Thursday or Friday morning.",),
    ("Quiero una limpieza el jueves o viernes por la mañana.",),
)
SALON = (
    {
        "name": "Salon Bella",
        "phone": "(630) 555-0177",
        "address": "88 Oak Street",
        "hours": {"tue-sat": "10:00-19:00", "sun-mon": "closed"},
    },
    _facts(
        "Women's haircut $45, 45 minutes.",
        "Color starts at $95.",
        "Balayage $180 to $240, about 2.5 hours.",
        "Late arrivals over 15 minutes are rescheduled.",
        "A 20% deposit is needed for color.",
        "Blowout is $38.50.",
        "Students get 15% off on Tuesdays.",
        "Gift cards from $25 to $200.",
        "We have 6 stylists.",
        "Keratin takes 150 minutes.",
        "Lash lift: $72.50",
    ),
    _slots("05:00", "10:00 11:30 14:15 16:00 17:00", "2026-03-10"),
    {"phone": "+16305550131", "name": "Kim Park"},
    ("Can I get a haircut on Tuesday?",),
    ("¿Me puede dar una cita para un corte el martes?",),
)
PLUMBER = (
    {
        "name": "Ready Plumbing",
        "phone": "+18475550160",
        "address": "3307 W. 26th St.",
        "hours": "24 hours a day, 7 days a week",
    },
    _facts(
        "A service visit is $89, $149 after 18:00.",
        "Drain cleaning costs $175.",
        "A 40-gallon water heater is $1,395 installed, a 50-gallon one $1,595.",
        "Arrival windows are 8-10, 10-12 and 1-3.",
        "We serve 25 miles around Cicero.",
        "Emergency response in 60-90 minutes.",
        "License number 058-123456.",
        "Warranty: 6 years on tanks.",
        "Labor: $125 per hour, half hour minimum.",
        "Camera inspection 250 dollars",
    ),
    _slots("05:00", "08:00 10:00 13:00", "2026-03-09"),
    {"phone": "+18475550133", "name": "Luis Romero", "address": "915 Elm Avenue"},
    ("My drain is clogged, can somebody come Monday?",),
    ("Se me tapó el drenaje, ¿puede venir alguien el lunes?",),
)
VET = (
    {
        "name": "Paws Vet",
        "phone": "219-555-0111",
        "address": "77 Main St",
        "hours": {"mon-fri": "08:00-18:30", "sat": "09:00-12:00"},
    },
    _facts(
        "Exam $65.",
        "Rabies vaccine $28, good for 3 years.",
        "Spay: $250 under 50 lb, $400 over 50 lb.",
        "No food after 22:00 the night before surgery.",
        "Drop-off is between 7:30 and 8:30.",
        "Stitches come out after 10-14 days.",
        "Puppy shots at 8, 12 and 16 weeks.",
        "Nail trim $18.75.",
        "Emergency clinic: 219-555-0190, open until midnight.",
        "Flea treatment 5-22 lb is $22.",
    ),
    _slots("05:00", "08:20 09:40 15:10 17:30", "2026-03-10"),
    {"phone": "+12195550175", "name": "Joan Bell", "pet": "Rex"},
    ("My dog Rex needs a rabies shot on Tuesday.",),
    ("Mi perro Rex necesita la vacuna de la rabia el martes.",),
)
RESTAURANT = (
    {
        "name": "Trattoria Sol",
        "phone": "312.555.0188",
        "address": "512 W. 18th St.",
        "hours": {"tue-thu": "17:00-22:00", "fri-sat": "17:00-23:00", "sun": "10:30-14:30"},
    },
    _facts(
        "The prix fixe is $65 per person.",
        "Parties of 8 or more pay 18% gratuity.",
        "Corkage is $15 per bottle.",
        "Children under 12 eat for $12.50.",
        "We hold tables for 15 minutes.",
        "Happy hour 17:00-18:30.",
        "Valet parking $10.",
        "Private room for up to 24 guests, $500 minimum.",
        "Brunch is $29.95.",
    ),
    _slots("06:00", "18:15 19:45 20:30 21:00", "2026-03-07"),
    {"phone": "+13125550122", "name": "Ana Ruiz"},
    ("A table for four tomorrow night, please.",),
    ("Una mesa para cuatro mañana por la noche, por favor.",),
)
WORLDS = {
    "dealer": DEALER,
    "dentist": DENTIST,
    "salon": SALON,
    "plumber": PLUMBER,
    "vet": VET,
    "restaurant": RESTAURANT,
}


def standing(world: str, language: str, said: Iterable[str] = ()) -> Context:
    """The decision after a caller has asked in that business, a tool has answered, and the caller has said some more."""
    config, facts, tool, caller, english, spanish = WORLDS[world]
    asked = english if language == "en" else spanish
    more: list[object] = [*said] or ["Okay." if language == "en" else "Bueno."]
    begun = context(*asked, tool, *more, segment=language)
    known: dict[str, Json] = dict(caller)
    return replace(begun, case=replace(begun.case, config=config, facts=facts, caller=known))
