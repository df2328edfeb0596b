"""Statistics of the gate: integer scores and changes in; p-values, bounds and prices out. Pure.

`exact` asks whether these calls got worse, `bounds` whether calls like these could be, `multiplicity` pays for having
looked at many segments, `planning` says what it would cost to know. `agreement` says how far a judge sees what people
see, `cards` keeps that, `calibration` how sure an answer must be to go out alone, `drift` since when it has
been getting worse.
"""
