"""What a camera says of its pictures, by ONVIF's device and media services."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from zeep import Client, Settings
from zeep.exceptions import Fault, TransportError
from zeep.helpers import serialize_object
from zeep.transports import Transport
from zeep.wsdl import Document
from zeep.wsdl.utils import etree_to_string
from zeep.wsse.username import UsernameToken

from mainstream_runner.finding.bounded_http import bounded_client
from mainstream_runner.finding.probe import Answer

WITHIN_S = 15.0
"""for everything that one camera is asked"""
_MOST_PROFILES = 32
_DEVICE = ("devicemgmt.wsdl", "{http://www.onvif.org/ver10/device/wsdl}DeviceBinding")
_MEDIA = ("media.wsdl", "{http://www.onvif.org/ver10/media/wsdl}MediaBinding")
_MEDIA_2 = "http://www.onvif.org/ver20/media/wsdl"
_OWN_DESCRIPTION = Path(__file__).with_name("media2.wsdl")
_SETTINGS = Settings(strict=False)
"""cameras leave out what the schema asks for"""
_STREAM = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


class CameraError(Exception):
    """Why a camera that answered cannot be used, and the way out, in one sentence without its name."""


@dataclass(frozen=True)
class CameraLogin:
    """Shown to every camera that answers, never in clear."""

    user: str
    password: str


class Size(BaseModel):
    """Of a picture."""

    width: int = Field(alias="Width", ge=16, le=16384)
    height: int = Field(alias="Height", ge=16, le=16384)


class RateControl(BaseModel):
    """How fast frames come, at most."""

    frames_per_second: float = Field(alias="FrameRateLimit", gt=0, le=240)


class Encoder(BaseModel):
    """How a profile's pictures are sent."""

    encoding: str = Field(alias="Encoding", max_length=32)
    resolution: Size = Field(alias="Resolution")
    rate: RateControl | None = Field(None, alias="RateControl")


class VideoSource(BaseModel):
    """The lens that a profile shows."""

    token: str = Field(alias="SourceToken", max_length=200)


class Profile(BaseModel):
    """One of the streams that a camera offers."""

    model_config = ConfigDict(frozen=True)

    token: str = Field(max_length=200)
    source: VideoSource = Field(alias="VideoSourceConfiguration")
    encoder: Encoder = Field(alias="VideoEncoderConfiguration")
    url: str = Field("", max_length=2048)
    """where it is played; asked for afterwards"""


def ask(answer: Answer, login: CameraLogin | None, within_s: float = WITHIN_S) -> list[Profile]:
    """The profiles of a camera with their URLs, those that cannot be used left out; raises `CameraError`."""
    try:
        with bounded_client(within_s, None if login is None else httpx.DigestAuth(login.user, login.password)) as http:
            return _Camera(answer.address, _endpoint(answer), login, http).profiles()
    except CameraError:
        raise
    except (Fault, TransportError) as error:
        raise CameraError(_refusal(error, login)) from error
    except httpx.HTTPError as error:
        why = str(error) or type(error).__name__
        raise CameraError(f"does not answer to ONVIF ({why}); is ONVIF switched on in its settings?") from error
    except Exception as error:  # a stranger's XML may make the library say anything
        raise CameraError(
            f"gives answers that are no ONVIF ({type(error).__name__}); write its VideoStream by hand"
        ) from error


class _Camera:
    def __init__(self, address: str, endpoint: str, login: CameraLogin | None, http: httpx.Client) -> None:
        self._address = address
        self._login = login
        self._transport = _Transport(http)
        self._off = timedelta()
        self._device = self._service(_DEVICE, endpoint)
        self._off = self._clock_off()
        self._device = self._service(_DEVICE, endpoint)

    def profiles(self) -> list[Profile]:
        """By the first media service; of a camera without it, or that shows nothing there, by the second."""
        endpoint = self._media_endpoint()
        found = [] if endpoint is None else self._by_first(endpoint)
        second = None if found else self._second_media_endpoint()
        return found if second is None else self._by_second(second)

    def _by_first(self, endpoint: str) -> list[Profile]:
        media = self._service(_MEDIA, endpoint)
        found = []
        for plain in serialize_object(media.GetProfiles(), dict)[:_MOST_PROFILES]:
            profile = _profile(plain)
            if profile is not None:
                said = media.GetStreamUri(StreamSetup=_STREAM, ProfileToken=profile.token)
                found.append(_played_at(profile, serialize_object(said, dict)["Uri"]))
        return found

    def _by_second(self, endpoint: str) -> list[Profile]:
        media = self._service((str(_OWN_DESCRIPTION), f"{{{_MEDIA_2}}}Media2Binding"), endpoint)
        found = []
        for plain in serialize_object(media.GetProfiles(Type=["VideoSource", "VideoEncoder"]), dict)[:_MOST_PROFILES]:
            parts = plain["Configurations"] or {}
            source, encoder = parts.get("VideoSource"), parts.get("VideoEncoder")
            known = {"token": plain["token"], "VideoSourceConfiguration": source, "VideoEncoderConfiguration": encoder}
            profile = _profile(known)
            if profile is not None:
                uri = media.GetStreamUri(Protocol="RtspUnicast", ProfileToken=profile.token)
                found.append(_played_at(profile, uri))
        return found

    def _media_endpoint(self) -> str | None:
        try:
            said = serialize_object(self._device.GetCapabilities(Category="Media"), dict)
        except Fault as error:
            if _is_about_login(error):
                raise
            return None
        media = said["Media"] if said else None
        return _own(str(media["XAddr"]), self._address) if media else None

    def _second_media_endpoint(self) -> str | None:
        said = serialize_object(self._device.GetServices(IncludeCapability=False), dict) or []
        found = [str(each["XAddr"]) for each in said if each["Namespace"] == _MEDIA_2]
        return _own(found[0], self._address) if found else None

    def _clock_off(self) -> timedelta:
        """How far its clock is from this one: a token says when it was made. Asked without a login."""
        try:
            said = serialize_object(self._device.GetSystemDateAndTime(), dict)["UTCDateTime"]
            day, time = said["Date"], said["Time"]
            its = datetime(
                day["Year"], day["Month"], day["Day"], time["Hour"], time["Minute"], time["Second"], tzinfo=UTC
            )
        except (Fault, TransportError, KeyError, TypeError, ValueError):
            return timedelta()
        return its - datetime.now(UTC)

    def _service(self, kind: tuple[str, str], endpoint: str) -> Any:
        file, binding = kind
        token = None
        if self._login is not None:
            created = (datetime.now(UTC) + self._off).replace(tzinfo=None)
            token = UsernameToken(
                self._login.user, self._login.password, use_digest=True, created=created, zulu_timestamp=True
            )
        client = Client(_description(file), wsse=token, transport=self._transport, settings=_SETTINGS)
        return client.create_service(binding, endpoint)


def _profile(plain: Mapping[str, Any]) -> Profile | None:
    """None of one without video."""
    try:
        return Profile.model_validate(plain)
    except ValidationError:
        return None


def _played_at(profile: Profile, url: str) -> Profile:
    return Profile.model_validate({**profile.model_dump(by_alias=True), "url": url})


class _Transport(Transport):  # type: ignore[misc]
    """zeep's, over a client that is bounded."""

    def __init__(self, http: httpx.Client) -> None:
        super().__init__()
        self._http = http

    def post(self, address: str, message: str | bytes, headers: dict[str, str]) -> httpx.Response:
        response = self._http.post(address, content=message, headers=headers)
        if response.status_code in (401, 403):
            raise TransportError(status_code=response.status_code)
        return response

    def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> httpx.Response:
        return self.post(address, etree_to_string(envelope), headers)


@cache
def _description(file: str) -> Document:
    """ONVIF's own, as the library ships it; importing that would set up logging for everybody."""
    (folder,) = getattr(find_spec("onvif"), "submodule_search_locations", None) or [""]
    return Document(str(Path(folder, "wsdl", file)), Transport(), settings=_SETTINGS)


def _endpoint(answer: Answer) -> str:
    own = [each for each in answer.endpoints if _is_at(each, answer.address)]
    if not own:
        said = ", ".join(answer.endpoints) or "nothing"
        raise CameraError(f"names {said[:200]} as its address, which is not where it answers from; it was not asked")
    return own[0]


def _own(url: str, address: str) -> str:
    if not _is_at(url, address):
        raise CameraError("sends who asks to another machine; it was not followed")
    return url


def _is_at(url: str, address: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.hostname == address


def _is_about_login(error: Fault | TransportError) -> bool:
    return isinstance(error, Fault) and "auth" in f"{error} {error.subcodes}".lower()


def _refusal(error: Fault | TransportError, login: CameraLogin | None) -> str:
    status = getattr(error, "status_code", None)
    if status in (401, 403) or _is_about_login(error):
        if login is None:
            return "asks for a login; give --user and --password-file"
        return (
            "refuses the login; give the one of an ONVIF user, which some cameras keep apart from those of their page"
        )
    said = "" if status is None else f" with HTTP status {status}"
    return f"gives answers that are no ONVIF ({type(error).__name__}{said}); write its VideoStream by hand"
