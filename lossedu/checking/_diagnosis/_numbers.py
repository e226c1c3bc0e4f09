"""Why a number is wrong: its relation to the right one, or to one that is known to be wrong."""

import math

from lossedu.checking._diagnosis._evidence import Diagnosis, both_names
from lossedu.exercises.relations import (
    BITS,
    DECIMAL,
    NATS,
    NUMBER_RELATIONS,
    ONE_LESS,
    ONE_MORE,
    PERCENT,
    SIGN,
    limit_of,
    rounded,
)
from lossedu.language import say

SMALL = 50  # whole numbers below stand in many relations by chance
MANY = 100  # times what rounding may change
OF_LISTED = (SIGN, PERCENT)


def diagnose_number(exercise, number):
    """Return the `Diagnosis` of a wrong number; None if no single relation explains it."""
    right = float(exercise.answer)
    rtol = relative_tolerance(exercise)
    digits = rounded(number, right, rtol)
    if digits:
        relation, fields = digits
        return Diagnosis(relation.name, say(relation.fact, **fields), say(relation.hint))
    relations = telling(exercise, right, number)
    atol = exercise.tolerance if abs(number) > MANY * exercise.tolerance else 0.0  # else much is within the rounding
    found = [each for each in relations if each.holds(number, right, rtol)]
    found = found or [each for each in relations if each.holds(number, right, rtol, atol)]
    if len(found) == 1:
        return Diagnosis(found[0].name, say(found[0].fact), say(found[0].hint))
    limit = limit_of(exercise.unit, number)
    if limit:
        fact, hint = limit
        return Diagnosis("impossible value", say(fact), say(hint))
    return None if found else of_listed(exercise, number)


def telling(exercise, right, number):
    """The relations that are no mere chance for such numbers."""
    counted = "whole number" in exercise.unit
    if not (is_small(right) and is_small(number)):
        by_chance = () if counted else (ONE_MORE, ONE_LESS)
        if "degrees" in exercise.unit:  # no logarithm has a hand in an angle
            by_chance += (BITS, NATS, DECIMAL)
        return [each for each in NUMBER_RELATIONS if each not in by_chance]
    return [SIGN, ONE_MORE, ONE_LESS] if counted else [SIGN]


def relative_tolerance(exercise):
    """How far off, as a share, a number may be that stands in a relation: about what the digits asked for allow."""
    return min(max(exercise.tolerance / max(abs(exercise.answer), 1e-9), 1e-4), 0.01)


def is_small(number):
    """Tell whether a number is a small whole one."""
    return abs(number) < SMALL and math.isclose(number, round(number), abs_tol=1e-9)


def of_listed(exercise, number):
    """A number that is known to be wrong, with the wrong sign or in percent."""
    found, rtol = [], relative_tolerance(exercise)
    for known in exercise.misconceptions:
        for relation in OF_LISTED:
            if not is_small(known.answer) and relation.holds(number, known.answer, rtol):
                also = say("the sign is wrong." if relation is SIGN else "your number is in percent.")
                fact = say("{first} Also, {second}", first=say(known.fact), second=also)
                found.append(Diagnosis(fact=fact, hint=say(known.hint), **both_names(known, relation)))
    return found[0] if len(found) == 1 else None
