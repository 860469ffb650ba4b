"""How many of something, as sentences say it."""


def counted(number: float, thing: str) -> str:
    """`0 events`, `1 event`, `2.5 events`, `3 deliveries`: a number, and what there is so many of."""
    text = str(number) if isinstance(number, int) else f"{number:.3g}"
    if text == "1":
        return f"1 {thing}"
    many = f"{thing[:-1]}ies" if thing.endswith("y") and thing[-2] not in "aeiou" else f"{thing}s"
    return f"{text} {many}"
