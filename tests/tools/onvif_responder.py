"""ONVIF cameras on this machine's loopback addresses: they answer WS-Discovery, then say what a test has them say.

Each has an address of its own (127.0.0.N), as cameras have. The answers are those of ONVIF's device and media services,
reduced to what a finder asks for.
"""

import base64
import hashlib
import re
import socket
import struct
import threading
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from xml.sax.saxutils import escape

GROUP, PORT = "239.255.255.250", 3702
_SOAP = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error">'
    "<s:Body>{}</s:Body></s:Envelope>"
)
_REFUSED = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">Sender not authorized</s:Text></s:Reason></s:Fault>'
)
_UNKNOWN = (
    "<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>ter:ActionNotSupported</s:Value></s:Subcode>"
    '</s:Code><s:Reason><s:Text xml:lang="en">No such service</s:Text></s:Reason></s:Fault>'
)
_MEDIA_2 = "http://www.onvif.org/ver20/media/wsdl"
_MATCH = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<s:Header><a:MessageID>{identity}</a:MessageID><a:RelatesTo>{asked}</a:RelatesTo>
<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></s:Header>
<s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>{identity}</a:Address></a:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/type/video_encoder {name}</d:Scopes>
<d:XAddrs>{endpoint}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body>
</s:Envelope>"""


@dataclass(frozen=True)
class Offer:
    """A profile."""

    path: str
    width: int
    height: int
    fps: int | None = 25
    encoding: str = "H264"
    lens: str = "lens-1"


@dataclass
class OnvifCamera:
    """What a camera is asked for, and how it answers."""

    address: str
    name: str
    offers: Sequence[Offer] = (Offer("main", 1920, 1080), Offer("sub", 640, 360, fps=10))
    password: str | None = None
    """of its user admin"""
    by_http: bool = False
    """wants it as HTTP's digest (RFC 7616), and knows nothing of tokens"""
    clock_off: timedelta = timedelta()
    video_at: str | None = None
    """`scheme://user:word@host` of its pictures, where that is not its own"""
    endpoint: str | None = None
    """what it says of itself; its own where left out"""
    body: bytes | None = None
    """what it answers to whatever it is asked; None: what is right"""
    first_media: Literal["there", "empty", "missing", "refused"] = "there"
    """how it answers to who asks for ONVIF's first media service; the second has the pictures, where that has none"""
    endless: bool = False
    silent: bool = False
    """takes connections, and says nothing"""
    asked: list[str] = field(default_factory=list)
    """requests, as they came"""
    _server: Any = None

    def start(self) -> None:
        """Listen."""
        camera = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                camera._serve(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the base class
                """Nobody reads it."""

        self._server = ThreadingHTTPServer((self.address, 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.endpoint = self.endpoint or f"http://{self.address}:{self._server.server_port}/onvif/device_service"

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        request = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        self.asked.append(request)
        if self.silent:
            threading.Event().wait(30)
            return
        if self.endless:
            handler.send_response(200)
            handler.send_header("Content-Type", "application/soap+xml")
            handler.end_headers()
            with suppress(OSError):
                while True:
                    handler.wfile.write(b"<more>" * 4096)
            return
        if self.by_http and not self._is_digest(handler.headers.get("Authorization", "")):
            handler.send_response(401)
            handler.send_header("WWW-Authenticate", 'Digest realm="camera", nonce="n1", qop="auth", algorithm=MD5')
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        content = self._answer(request).encode() if self.body is None else self.body
        handler.send_response(200)
        handler.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _answer(self, request: str) -> str:
        if "GetSystemDateAndTime" in request:
            return _SOAP.format(_clock(datetime.now(UTC) + self.clock_off))
        if self.password is not None and not self.by_http and not self._is_allowed(request):
            return _SOAP.format(_REFUSED)
        if "GetCapabilities" in request:
            return _SOAP.format(self._capabilities())
        if "GetServices" in request:
            service = f"<tds:Namespace>{_MEDIA_2}</tds:Namespace><tds:XAddr>{self.endpoint}</tds:XAddr>"
            version = "<tds:Version><tt:Major>19</tt:Major><tt:Minor>12</tt:Minor></tds:Version>"
            services = f"<tds:Service>{service}{version}</tds:Service>" if self.first_media != "there" else ""
            return _SOAP.format(f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>")
        if _MEDIA_2 in request:
            return _SOAP.format(self._second_media(request))
        if "GetProfiles" in request:
            offers = self.offers if self.first_media == "there" else ()
            profiles = "".join(_profile(number, offer) for number, offer in enumerate(offers))
            return _SOAP.format(f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>")
        return _SOAP.format(
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{self._played_at(request)}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
            "<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>"
        )

    def _capabilities(self) -> str:
        if self.first_media == "refused":
            return _UNKNOWN
        there = self.first_media != "missing"
        media = f"<tt:Media><tt:XAddr>{self.endpoint}</tt:XAddr></tt:Media>" if there else ""
        capabilities = f"<tds:Capabilities>{media}</tds:Capabilities>"
        return f"<tds:GetCapabilitiesResponse>{capabilities}</tds:GetCapabilitiesResponse>"

    def _second_media(self, request: str) -> str:
        if "GetProfiles" in request:
            profiles = "".join(_second_profile(number, offer) for number, offer in enumerate(self.offers))
            return f"<tr2:GetProfilesResponse>{profiles}</tr2:GetProfilesResponse>"
        return f"<tr2:GetStreamUriResponse><tr2:Uri>{self._played_at(request)}</tr2:Uri></tr2:GetStreamUriResponse>"

    def _played_at(self, request: str) -> str:
        number = int(re.search(r"ProfileToken>profile-(\d+)<", request)[1])  # type: ignore[index]
        base = self.video_at or f"rtsp://{self.address}:554"
        return escape(f"{base}/{self.offers[number].path}")

    def _is_allowed(self, request: str) -> bool:
        """A digest as WS-Security's UsernameToken Profile 1.0 says, made within a minute of its own clock."""
        parts = {
            name: found[1]
            for name in ("Username", "Password", "Nonce", "Created")
            if (found := re.search(rf"<[\w:]*{name}\b[^>]*>([^<]+)<", request))
        }
        if len(parts) < 4:
            return False
        made = datetime.fromisoformat(parts["Created"])
        wanted = hashlib.sha1(  # noqa: S324 - as the profile says
            base64.b64decode(parts["Nonce"]) + parts["Created"].encode() + str(self.password).encode()
        ).digest()
        is_fresh = abs(made - (datetime.now(UTC) + self.clock_off)) < timedelta(minutes=1)
        return is_fresh and parts["Username"] == "admin" and base64.b64decode(parts["Password"]) == wanted

    def _is_digest(self, header: str) -> bool:
        parts = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^ ,]+))', header)}
        if parts.get("username") != "admin":
            return False
        who, what = (_md5(f"admin:camera:{self.password}"), _md5(f"POST:{parts['uri']}"))
        return parts["response"] == _md5(f"{who}:n1:{parts['nc']}:{parts['cnonce']}:auth:{what}")


class Network:
    """Cameras that hear the multicast on this machine's loopback; a context in which they answer."""

    def __init__(self, *cameras: OnvifCamera, noise: Sequence[bytes] = ()) -> None:
        """`noise` is sent to whoever asks, before any camera answers."""
        self._cameras, self._noise = cameras, noise
        self._over = threading.Event()
        self._listener = threading.Thread(target=self._answer, daemon=True)
        self._heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._heard.settimeout(0.05)
        self._heard.bind((GROUP, PORT))
        membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
        self._heard.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)

    def __enter__(self) -> "Network":
        for camera in self._cameras:
            camera.start()
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.join()
        self._heard.close()
        for camera in self._cameras:
            camera.close()

    def _answer(self) -> None:
        while not self._over.is_set():
            try:
                question, asker = self._heard.recvfrom(1 << 16)
            except TimeoutError:
                continue
            asked = re.search(rb"MessageID>\s*([^<\s]+)", question)
            if asked is None or b"Probe" not in question:
                continue
            for noise in self._noise:
                self._say("127.0.0.99", noise, asker)
            for camera in self._cameras:
                identity = uuid.uuid5(uuid.NAMESPACE_URL, camera.address).urn
                name = "" if not camera.name else f"onvif://www.onvif.org/name/{camera.name.replace(' ', '%20')}"
                match = _MATCH.format(identity=identity, asked=asked[1].decode(), name=name, endpoint=camera.endpoint)
                self._say(camera.address, match.encode(), asker)

    def _say(self, address: str, datagram: bytes, asker: tuple[str, int]) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
            mouth.bind((address, 0))
            mouth.sendto(datagram, asker)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - as HTTP's digest says


def _profile(number: int, offer: Offer) -> str:
    rate = (
        ""
        if offer.fps is None
        else f"<tt:RateControl><tt:FrameRateLimit>{offer.fps}</tt:FrameRateLimit>"
        "<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>"
    )
    return (
        f'<trt:Profiles token="profile-{number}" fixed="true"><tt:Name>{offer.path}</tt:Name>'
        f'<tt:VideoSourceConfiguration token="source-{number}"><tt:Name>video</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:SourceToken>{offer.lens}</tt:SourceToken>"
        f'<tt:Bounds x="0" y="0" width="{offer.width}" height="{offer.height}"/></tt:VideoSourceConfiguration>'
        f'<tt:VideoEncoderConfiguration token="encoder-{number}"><tt:Name>video</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:Encoding>{offer.encoding}</tt:Encoding><tt:Resolution><tt:Width>{offer.width}</tt:Width>"
        f"<tt:Height>{offer.height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality>{rate}"
        "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration></trt:Profiles>"
    )


def _second_profile(number: int, offer: Offer) -> str:
    """As ONVIF's second media service has it, with parts that a finder does not read."""
    rate = (
        ""
        if offer.fps is None
        else f'<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>{offer.fps}</tt:FrameRateLimit>'
        "<tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>"
    )
    return (
        f'<tr2:Profiles token="profile-{number}" fixed="true"><tr2:Name>{offer.path}</tr2:Name><tr2:Configurations>'
        f'<tr2:VideoSource token="source-{number}"><tt:Name>video</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:SourceToken>{offer.lens}</tt:SourceToken>"
        f'<tt:Bounds x="0" y="0" width="{offer.width}" height="{offer.height}"/></tr2:VideoSource>'
        '<tr2:AudioSource token="audio"><tt:Name>audio</tt:Name><tt:UseCount>1</tt:UseCount>'
        "<tt:SourceToken>microphone</tt:SourceToken></tr2:AudioSource>"
        f'<tr2:VideoEncoder token="encoder-{number}" GovLength="50" Profile="Main"><tt:Name>video</tt:Name>'
        f"<tt:UseCount>1</tt:UseCount><tt:Encoding>{offer.encoding}</tt:Encoding><tt:Resolution>"
        f"<tt:Width>{offer.width}</tt:Width><tt:Height>{offer.height}</tt:Height></tt:Resolution>{rate}"
        "<tt:Quality>4</tt:Quality></tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>"
    )


def _clock(now: datetime) -> str:
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
        "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
        f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
        "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )
