"""The settings of a cluster's console, as the chart writes them into one file."""

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mainstream.files.documents import read_document

SETTINGS_VARIABLE = "MAINSTREAM_CONSOLE_SETTINGS"
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class ProxySettings(_Part):
    """A proxy that logs people in (OIDC) and says in headers who they are; it is believed by its address."""

    networks: tuple[IPv4Network | IPv6Network, ...] = Field(min_length=1)
    """that its connections come from; the same headers from elsewhere are refused"""
    user_header: str = Field("X-Forwarded-User", min_length=1)
    groups_header: str = Field("X-Forwarded-Groups", min_length=1)
    """names with commas between them"""
    user_prefix: str = Field("oidc:", min_length=1)
    """before users and groups, as the API server's own --oidc-username-prefix"""


class ConsoleSettings(_Part):
    """Everything that is not in a resource."""

    hosts: tuple[str, ...] = Field(("localhost", "127.0.0.1"), min_length=1)
    """by which people reach it; it answers by no other name"""
    port: int = Field(8080, ge=1, le=65535)
    operator_url: str = Field(min_length=1)
    """of its desk"""
    operator_token: Path
    """file with what the desk asks for"""
    proxy: ProxySettings | None = None
    secure_cookies: bool = True
    """cookies go over TLS alone, which browsers let pass to localhost, too"""
    api_url: str = Field(default_factory=lambda: _api_url())
    api_token: Path = _SERVICE_ACCOUNT / "token"
    api_certificate: Path | None = _SERVICE_ACCOUNT / "ca.crt"


def read_settings(path: Path | None = None) -> ConsoleSettings:
    """Read the file that the environment names."""
    file = path or Path(os.environ.get(SETTINGS_VARIABLE, "/etc/mainstream/console.json"))
    return read_document(ConsoleSettings, file, way_out=f"name the file in {SETTINGS_VARIABLE}")


def _api_url() -> str:
    host, port = (os.environ.get(f"KUBERNETES_SERVICE_{name}", "") for name in ("HOST", "PORT"))
    return f"https://{f'[{host}]' if ':' in host else host}:{port}"
