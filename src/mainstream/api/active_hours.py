"""When an app runs, or a camera may be looked at: windows of the week, by the clock on the wall."""

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from mainstream.api.model import ApiModel, cel

Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
DAYS: tuple[Day, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _quoted(value: object) -> object:
    """YAML 1.1 reads 10:00 without quotes as the number 600."""
    if isinstance(value, int):
        raise ValueError("is a number; write the time in quotes, such as '10:00'")
    return value


Clock = Annotated[
    str, Field(max_length=5, pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"), BeforeValidator(_quoted)
]


class ActiveWindow(ApiModel):
    """From one time of day to another, on some days of the week; past midnight where it ends before it begins."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            "self.from != self.to && self.from != '24:00'", "a window from a time to itself never opens"
        )
    )

    days: tuple[Day, ...] = Field(
        DAYS, min_length=1, max_length=7, description="Days on which it opens; every day where left out."
    )
    opens: Clock = Field("00:00", alias="from", description="When it opens, HH:MM.")
    closes: Clock = Field("24:00", alias="to", description="When it closes, HH:MM; on the next day if not later.")

    @model_validator(mode="after")
    def _opens_at_all(self) -> Self:
        if self.opens == self.closes or self.opens == "24:00":
            raise ValueError(
                f"a window from {self.opens} to {self.closes} never opens; leave both out for whole days, or let it "
                "end at another time"
            )
        return self


class ActiveHours(ApiModel):
    """The week's windows; outside of all of them nothing runs, and what it would take is free for others."""

    time_zone: str = Field(
        max_length=64,
        pattern=r"^[A-Za-z][-+_/A-Za-z0-9]*$",
        description="Name in the IANA database: Europe/Berlin, UTC.",
    )
    windows: tuple[ActiveWindow, ...] = Field(min_length=1, max_length=32, description="When it runs.")

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, time_zone: str) -> str:
        try:
            ZoneInfo(time_zone)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"there is no time zone {time_zone!r}; name one such as Europe/Berlin, or UTC") from error
        return time_zone
