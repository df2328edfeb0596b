"""The options written beside a grader, against the signature of its function: all problems at the eval file's place."""

from __future__ import annotations

from collections.abc import Mapping

from callgate.concepts import Json, Place, Problem
from callgate.files import did_you_mean

_WORDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    tuple: "a list",
}


def checked(
    name: str, given: Mapping[str, Json], known: Mapping[str, Json], place: Place
) -> tuple[dict[str, Json], list[Problem]]:
    """The options that hold, with defaults for the rest, and a problem for each that is unknown or of a wrong type.

    `known` maps each option to its default, whose type the value must have; a default of None takes anything.
    """
    options, problems = dict(known), []
    for key, value in given.items():
        if key not in known:
            problems.append(
                Problem(place, f"{name} has no option {key!r}{did_you_mean(key, known) or '; it has none'}")
            )
        elif not fits_type(value, known[key]):
            wanted = _WORDS.get(type(known[key]), type(known[key]).__name__)
            problems.append(Problem(place, f"{name}: {key} wants {wanted}, not {value!r}"))
        else:
            options[key] = tuple(value) if isinstance(value, list) else value
    return options, problems


def fits_type(value: Json, default: Json) -> bool:
    """Whether a value can stand where the default does: an int for a float, a list for a tuple, no bool for an int."""
    if default is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float) and value == value and abs(value) != float("inf")  # noqa: PLR0124  # NaN
    if isinstance(default, list | tuple):
        return isinstance(value, list | tuple)
    return isinstance(value, type(default))
