"""Looks from within the runner's container: what listens there, what runs there."""

import ipaddress

from cluster_stage import SYSTEM, Stage

LISTENING = """
import glob, socket, struct
for kind in ("tcp", "tcp6"):
    for line in open(f"/proc/net/{kind}").read().splitlines()[1:]:
        address, state = line.split()[1], line.split()[3]
        if state == "0A":
            host, port = address.split(":")
            words = [struct.pack("<I", int(host[i : i + 8], 16)) for i in range(0, len(host), 8)]
            family = socket.AF_INET if kind == "tcp" else socket.AF_INET6
            print(socket.inet_ntop(family, b"".join(words)), int(port, 16))
"""
"""prints what listens on TCP: address and port a line"""
PROCESSES = """
import glob
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        print(open(path).read().replace("\\0", " "))
    except OSError:
        pass
"""
"""prints the command line of every process"""


def in_runner(stage: Stage, program: str) -> str:
    """What a Python program says that runs in the runner's container."""
    pod = stage.runner_pod()["metadata"]["name"]
    return stage.kubectl("exec", "-n", SYSTEM, pod, "--", "python3", "-c", program)


def is_loopback(host: str) -> bool:
    """Whether nobody outside the pod reaches the address."""
    address = ipaddress.ip_address(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
