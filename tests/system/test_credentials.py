"""The worker and the database normalise alike: thousands of made-up values through both.

What the database takes of what a person types must be the key that the worker gives the same text in a
file; what it cannot know it refuses. tests/unit/credentials.copy has the hard cases, this the rest.
"""

import random
import unicodedata

import pytest
from oneroster import row
from test_stage import database, small, stage, template, worker  # noqa: F401 (fixtures)

ROWS = 5000
# What can turn up in front of, between and behind the letters of a value.
ODD = " \t\n\u00a0\u00ad\u200b\u200e\u202a\u202c\u2060\u2028\u3000\ufeff\u0301\ufe0f@.,;_-+'\"\\/()#:\u3002\uff20\uff0e"
FOLDING = "AZaz09éÉßſKİıﬁΣςǅ\u0345ŉＡ９ⅷ"
# Countries: code, and the beginning and the length of what follows it, right or nearly so.
COUNTRIES = [("44", "20", 10), ("44", "7", 10), ("49", "30", 9), ("49", "15", 11), ("52", "55", 10), ("52", "1", 11), ("54", "9", 11),
             ("7", "9", 10), ("7", "7", 10), ("86", "13", 11), ("91", "9", 10), ("33", "6", 9), ("34", "6", 9), ("39", "06", 10),
             ("39", "3", 10), ("502", "4", 8), ("503", "7", 8), ("504", "9", 8), ("63", "9", 10), ("84", "9", 9), ("1", "876", 10),
             ("61", "4", 9), ("375", "29", 9), ("36", "20", 9), ("370", "6", 8), ("976", "8", 8), ("55", "11", 11), ("81", "90", 10)]


def spoil(dice, text, letters, chance):
    """Now and then one letter is put in, replaced or taken out."""
    while dice.random() < chance:
        at = dice.randint(0, len(text))
        text = text[:at] + dice.choice(["", dice.choice(letters)]) + text[at + dice.randint(0, 1):]
    return text


def an_email(dice):
    local = "".join(dice.choice("abcXYZ019._+-'" + (FOLDING if dice.random() < 0.03 else "")) for _ in range(dice.randint(1, 12)))
    domain = ".".join("".join(dice.choice("abcXYZ019-" + (FOLDING if dice.random() < 0.03 else "")) for _ in range(dice.randint(1, 8)))
                      for _ in range(dice.randint(1, 3))) + dice.choice([".org", ".Example", ".xn--p1ai", ".co.uk", ".1", ""])
    return spoil(dice, f"{local}@{domain}", ODD + FOLDING, 0.25)


def a_number(dice):
    if dice.random() < 0.4:
        code, begin, length = dice.choice(COUNTRIES)
        number = begin + "".join(dice.choice("0123456789") for _ in range(length - len(begin)))
        return spoil(dice, f"+{code}{number}", "0123456789 -()x", 0.2)
    if dice.random() < 0.2:
        return "+" + "".join(dice.choice("0123456789") for _ in range(dice.randint(7, 15)))
    digits = dice.choice(["415", "787", "876", "212", str(dice.randint(200, 999))]) + "".join(dice.choice("0123456789") for _ in range(7))
    shape = dice.choice(["##########", "(###) ###-####", "###-###-####", "1 ### ### ####", "+1##########", "+1 (###) ###-####", "###.###.####"])
    for digit in digits:
        shape = shape.replace("#", digit, 1)
    return spoil(dice, shape, "0123456789 .-()+x\u00a0\u200e\u202c", 0.2)


def a_name(dice, letters):
    return "a" + dice.choice(letters) + dice.choice(["", "\u0301", "\u0327\u0301"]) + dice.choice(letters) + "b"


# Characters that Python (Unicode 14) and with it PostgreSQL 15 knows.
KNOWN = [chr(c) for c in range(1, 0x110000)
         if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co") and not 0x3400 <= c < 0xA000 and not 0x20000 <= c < 0x40000
         and chr(c) not in "\r\n"]


# rule: CRED-3
@pytest.mark.parametrize("region", ["US", "GB"])
def test_worker_and_database_agree(stage, package, region):  # noqa: F811
    dice = random.Random(f"credentials {region}")
    given = [(f"u{n}", a_name(dice, KNOWN), an_email(dice), a_number(dice)) for n in range(ROWS)]
    path = package(small(users=[row("users", sourcedId=i, role="guardian", givenName=name, familyName="B", email=email, sms=number)
                                for i, name, email, number in given]))
    stage.set(phone_region=region)
    assert stage.stage(path)[0] == 0
    told = {i: (name, email, number) for i, name, email, number in stage.rows("person", "sourced_id, given_name, email, sms", "line")}
    assert len(told) == ROWS
    asked = stage.sql("SELECT g.id, sync.normalise_name(g.name), sync.normalise_email(g.email), sync.normalise_phone(g.number, %s) "
                      "FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS g (id, name, email, number)",
                      region, *map(list, zip(*given)))
    texts = {i: rest for i, *rest in given}
    both = [0, 0]
    for i, name, email, number in asked:
        assert told[i][0] == name, ascii(texts[i][0])
        assert email in (None, told[i][1]), ascii((texts[i][1], told[i][1], email))
        assert number in (None, told[i][2]), ascii((texts[i][2], told[i][2], number))
        both[0] += email is not None
        both[1] += number is not None
    assert min(both) > ROWS / 5, both  # or it would have proved little


# rule: CRED-3
def test_a_key_is_its_own_key(stage, package):  # noqa: F811
    """What the worker made is taken by the database as it is, or refused; most of it is taken."""
    dice = random.Random("keys")
    users = [row("users", sourcedId=f"u{n}", role="guardian", givenName="A", familyName="B", email=an_email(dice), sms=a_number(dice))
             for n in range(ROWS)]
    assert stage.stage(package(small(users=users)))[0] == 0
    keys = stage.rows("person", "email, sync.normalise_email(email), sms, sync.normalise_phone(sms, 'GB')", "line")
    assert not [(e, again) for e, again, _, _ in keys if again not in (None, e)]
    assert not [(n, again) for _, _, n, again in keys if again not in (None, n)]
    numbers = [again for _, _, n, again in keys if n is not None]
    assert len(numbers) > ROWS / 3 and sum(n is not None for n in numbers) > 0.8 * len(numbers)
