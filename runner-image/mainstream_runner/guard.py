"""Keeps one child process from outliving whoever wanted it: `python guard.py FOLDER POLITE_S COMMAND...`.

The guard's standard input is a pipe that its parent holds open. When the pipe ends, because the parent closed it or
died of whatever (kill -9 included), the guard ends the child's whole process group, politely and after POLITE_S by
force, removes FOLDER ('-' for none), and goes. If the child ends by itself, the folder stays for the parent to read.
If the guard itself is killed, the kernel kills the child. It starts in a session of its own, so that a terminal's
Ctrl-C reaches only the parent, which then closes the pipe.

Standard library only, and few modules of it: it starts before everything and stays for as long.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1


def main(folder: str, polite_s: float, command: list[str]) -> int:
    """Run the command until it ends or standard input does; its exit code (128 + signal if it was killed)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    wanted = _wait_for_end(child)
    _end(child, polite_s)
    if not wanted:
        _remove(folder)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _wait_for_end(child: "subprocess.Popen[bytes]") -> bool:
    """Return when the child has ended (true: its parent may want to read why) or the parent is gone (false)."""
    exited = os.pidfd_open(child.pid)
    poll = select.poll()
    poll.register(exited, select.POLLIN)
    poll.register(0, select.POLLIN | select.POLLHUP)
    while True:
        ready = {fd for fd, _ in poll.poll()}
        if 0 in ready and not os.read(0, 4096):
            return False
        if exited in ready:
            return True


def _end(child: "subprocess.Popen[bytes]", polite_s: float) -> None:
    """End the group; members of it may outlive the child itself."""
    _signal(child.pid, signal.SIGTERM)
    deadline_s = time.monotonic() + polite_s
    while time.monotonic() < deadline_s:
        child.poll()
        if not _alive(child.pid):
            break
        time.sleep(0.02)
    _signal(child.pid, signal.SIGKILL)
    child.wait()


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _remove(folder: str) -> None:
    if folder != "-":
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3:]))
