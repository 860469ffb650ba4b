"""Quantities as the API server spells them, so that what is observed compares equal to what is wanted."""

_MEBIBYTES_A_GIBIBYTE = 1024


def cores(number: float) -> str:
    """CPU."""
    thousandths = max(1, round(number * 1000))
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"


def mebibytes(number: int) -> str:
    """Memory or disk."""
    whole, rest = divmod(number, _MEBIBYTES_A_GIBIBYTE)
    if rest or not whole:
        return f"{number}Mi"
    tebibytes, rest = divmod(whole, _MEBIBYTES_A_GIBIBYTE)
    return f"{tebibytes}Ti" if tebibytes and not rest else f"{whole}Gi"


def mebibytes_of(text: str) -> int:
    """The number behind what `mebibytes` wrote; 0 where somebody else wrote otherwise."""
    units = {"Mi": 1, "Gi": _MEBIBYTES_A_GIBIBYTE, "Ti": _MEBIBYTES_A_GIBIBYTE**2}
    number, unit = text[:-2], text[-2:]
    return int(number) * units[unit] if unit in units and number.isdigit() else 0
