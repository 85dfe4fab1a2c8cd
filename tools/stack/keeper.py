"""Runs a command for as long as the process that started it lives: `python keeper.py COMMAND ...`.

Its standard input is a pipe from that process. When the pipe closes, however that came (even by SIGKILL), the
whole process group is killed, so a test run that dies leaves no server behind. It has to lead that group.
"""

import os
import signal
import subprocess
import sys
import threading


def _exit_with(child: "subprocess.Popen[bytes]") -> None:
    os._exit(child.wait() & 0xFF)


if __name__ == "__main__":
    running = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, close_fds=False)
    threading.Thread(target=_exit_with, args=(running,), daemon=True).start()
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)
