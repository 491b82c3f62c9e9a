"""TC strings made to order: whatever a test wants one to say, also what none should."""

from hypothesis import strategies as st

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
DAY_DS = 864_000


def bits(number, width):
    return f"{number:0{width}b}" if width else ""


def letters(two):
    return "".join(bits(ord(letter) - 65, 6) for letter in two)


def flags(members, width):
    return "".join("1" if number in members else "0" for number in range(1, width + 1))


def base64url(segment):
    padded = segment + "0" * (-len(segment) % 24)
    return "".join(ALPHABET[int(padded[at : at + 6], 2)] for at in range(0, len(padded), 6))


def ranges(vendors):
    """Return (first, last) for the members of a set."""
    found = []
    for vendor in sorted(vendors):
        if found and found[-1][1] == vendor - 1:
            found[-1] = (found[-1][0], vendor)
        else:
            found.append((vendor, vendor))
    return found


def range_bits(spans):
    entries = [
        "1" + bits(first, 16) + bits(last, 16) if last > first else "0" + bits(first, 16)
        for first, last in spans
    ]
    return bits(len(spans), 12) + "".join(entries)


def vendor_bits(vendors, *, in_ranges):
    highest = max(vendors, default=0)
    if in_ranges:
        return bits(highest, 16) + "1" + range_bits(ranges(vendors))
    return bits(highest, 16) + "0" + flags(vendors, highest)


def core_bits(
    *,
    purposes=(),
    interests=(),
    vendors=(),
    vendor_interests=(),
    features=(),
    restrictions=(),
    policy=4,
    version=2,
    updated_ds=20_000 * DAY_DS,
    cmp_id=300,
    specific=True,
    in_ranges=False,
):
    return (
        bits(version, 6) + bits(updated_ds, 36) * 2 + bits(cmp_id, 12) + bits(2, 12) + bits(1, 6)
        + letters("EN") + bits(120, 12) + bits(policy, 6) + bits(specific, 1) + "0"
        + flags(features, 12) + flags(purposes, 24) + flags(interests, 24) + "0" + letters("DE")
        + vendor_bits(vendors, in_ranges=in_ranges)
        + vendor_bits(vendor_interests, in_ranges=in_ranges)
        + bits(len(restrictions), 12)
        + "".join(
            bits(purpose, 6) + bits(kind, 2) + range_bits(ranges(barred))
            for purpose, kind, barred in restrictions
        )
    )  # fmt: skip


def tc_string(*, disclosed=None, allowed=None, publisher=None, in_ranges=False, **core):
    """Return a TC string; `publisher` is (consents, interests)."""
    parts = [base64url(core_bits(in_ranges=in_ranges, **core))]
    for kind, vendors in ((1, disclosed), (2, allowed)):
        if vendors is not None:
            parts.append(base64url(bits(kind, 3) + vendor_bits(vendors, in_ranges=in_ranges)))
    if publisher is not None:
        consents, interests = publisher
        parts.append(base64url("011" + flags(consents, 24) + flags(interests, 24) + bits(0, 6)))
    return ".".join(parts)


UP_TO_VENDORS = core_bits(purposes={1})[: 6 + 72 + 24 + 6 + 12 + 12 + 6 + 2 + 12 + 48 + 1 + 12]


def naming_everyone(times):
    """Return a short string whose vendors are all there can be, said again and again."""
    vendors = bits(0xFFFF, 16) + "1" + range_bits([(1, 0xFFFF)] * times)
    return base64url(UP_TO_VENDORS + vendors + bits(0, 16) + "0" + bits(0, 12))


VENDORS = st.frozensets(st.integers(1, 90) | st.integers(700, 800), max_size=30)
PURPOSES = st.frozensets(st.integers(1, 24))
RESTRICTIONS = st.lists(st.tuples(st.integers(1, 24), st.integers(0, 2), VENDORS), max_size=4)
TC_STRINGS = st.builds(
    tc_string,
    purposes=PURPOSES,
    interests=PURPOSES,
    vendors=VENDORS,
    vendor_interests=VENDORS,
    features=st.frozensets(st.integers(1, 12)),
    restrictions=RESTRICTIONS,
    policy=st.sampled_from([2, 4, 5]),
    disclosed=st.none() | VENDORS,
    allowed=st.none() | VENDORS,
    publisher=st.none() | st.tuples(PURPOSES, PURPOSES),
    in_ranges=st.booleans(),
)


@st.composite
def mutations(draw, strings=TC_STRINGS):
    """Return a string with a letter changed, lost, repeated or swapped, or cut short."""
    text = draw(strings)
    at = draw(st.integers(0, len(text) - 1))
    letter = draw(st.sampled_from(ALPHABET + ".~=+/ é\0"))
    return draw(
        st.sampled_from(
            [
                text[:at] + letter + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + letter + text[at:],
                text[:at],
                text[at:] + text[:at],
                text[:at] + text,
            ]
        )
    )
