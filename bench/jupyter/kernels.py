"""Starts Jupyter kernels as a front end does and says how long they take. Reads one JSON request per line and answers with one line.

{"cmd": "info"}                                                    versions
{"cmd": "start", "argv": [...] or null, "code": "...", "idle": 5}  argv null: ipykernel; the answer: seconds and CPU seconds to the first result of the code, and CPU seconds used while idle
"""

import json
import os
import sys
import tempfile
import time

import ipykernel
import jupyter_client
from jupyter_client.manager import KernelManager

SHOWN = ("execute_result", "display_data")


def write_spec(folder, argv):
    """A kernel spec of its own, so that nothing needs to be installed."""
    path = os.path.join(folder, "kernels", "measured")
    os.makedirs(path)
    with open(os.path.join(path, "kernel.json"), "w") as file:
        json.dump({"argv": argv + ["{connection_file}"], "display_name": "measured", "language": "any", "interrupt_mode": "message"}, file)


def first_output(client, code, timeout=120):
    """Seconds do not count here: the caller's clock runs. Returns when the result is there."""
    request = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=timeout)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(message["content"]["traceback"]))
        if message["msg_type"] in SHOWN and "text/plain" in message["content"]["data"]:
            # plotly.js comes as an output of its own before the first figure; the figure is what counts.
            if "image/svg+xml" in message["content"]["data"] or message["msg_type"] == "execute_result":
                return


def wait_idle(client):
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return


def cpu_seconds(pid):
    """User and system time of a process so far; the part behind the name has fixed places (proc(5))."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start(request):
    argv = request["argv"] or [sys.executable, "-m", "ipykernel_launcher", "-f"]
    with tempfile.TemporaryDirectory() as folder:
        write_spec(folder, argv)
        os.environ["JUPYTER_PATH"] = folder
        manager = KernelManager(kernel_name="measured")
        with open(os.devnull, "w") as nowhere:
            began = time.monotonic()
            manager.start_kernel(stdout=nowhere, stderr=nowhere)
            client = manager.client()
            try:
                client.start_channels()
                client.wait_for_ready(timeout=120)
                ready = time.monotonic() - began
                first_output(client, request["code"])
                seconds = time.monotonic() - began
                pid = manager.provisioner.process.pid
                cpu = cpu_seconds(pid)
                idle = None
                if request.get("idle"):
                    wait_idle(client)
                    time.sleep(request.get("settle", 2))
                    before = cpu_seconds(pid)
                    time.sleep(request["idle"])
                    idle = cpu_seconds(pid) - before
                return {"ready": ready, "seconds": seconds, "cpu": cpu, "idle": idle}
            finally:
                client.stop_channels()
                manager.shutdown_kernel(now=True)


def info(_):
    return {"ipykernel": ipykernel.__version__, "jupyter_client": jupyter_client.__version__, "python": sys.version.split()[0]}


for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = {"info": info, "start": start}[asked["cmd"]](asked)
    except Exception as error:  # the other side shows it and stops
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
