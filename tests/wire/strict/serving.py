"""Listening, and /_strict/fork: a copy of this server with all it holds, on a port of its own.

A fork costs milliseconds where a new server and a new world cost seconds. The copy has the same accounts,
ids and keys; it ends with its own /_strict/stop, or with the stdin that the first server was given.
"""

import logging
import os
import signal
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from . import (autoscaling, classic, console, control, denials, dry_run, ebs_direct, groups, health, identity, images, instances,  # noqa: F401
               interfaces, keys, launch, locks, network, paging, profiles, sharing, snapshots, tagging, targets, volumes)
from . import log
from .knobs import EFFECT
from .server import application

logging.getLogger("werkzeug").setLevel(logging.ERROR)


class Quiet(MotoRequestHandler):
    """No line per request: the log is at /_strict/calls."""

    def log_request(self, code="-", size="-"):
        pass


class Server:
    """A listening server and how to copy it."""

    def __init__(self, host):
        self.host = host
        self.app = application(DomainDispatcherApplication(create_backend_app), self.fork)

    def listen(self, port):
        """A socket that is bound and listens; port 0 takes a free one."""
        return make_server(self.host, port, self.app, threaded=True, request_handler=Quiet)

    def run(self, listener):
        """Serve until the process ends."""
        threading.Thread(target=health.watch, daemon=True).start()
        listener.serve_forever()

    def fork(self, data):
        """POST: {"port", "pid"} of a copy of this server as it is now."""
        listener = self.listen(0)
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            listener.server_close()
            return {"port": listener.port, "pid": pid}
        self.become_copy(listener)

    def become_copy(self, listener):
        """In the child: this thread is the only one; free its locks, leave the parent's connections alone, serve."""
        try:
            EFFECT._at_fork_reinit()
            log.LOCK._at_fork_reinit()
            keep = {0, 1, 2, listener.fileno()}
            for name in os.listdir("/proc/self/fd"):
                if int(name) not in keep:
                    close(int(name))
            threading.Thread(target=read_to_end, daemon=True).start()
            self.run(listener)
        finally:
            os._exit(1)


def close(descriptor):
    try:
        os.close(descriptor)
    except OSError:  # the listing's own descriptor is gone already
        return


def read_to_end():
    """A copy ends with the stdin of the first server."""
    if "--stay" in sys.argv:
        return
    while os.read(0, 4096):
        continue
    os._exit(0)


def serve(host, port):
    """Listen, say where, and serve."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # copies that end are not waited for
    server = Server(host)
    listener = server.listen(port)
    os.environ.setdefault("MOTO_PORT", str(listener.port))
    print(f"listening on {host}:{listener.port}", flush=True)
    server.run(listener)

