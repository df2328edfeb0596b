"""Two dask workers on loopback come to the decision of one process, byte for byte, also when one is killed half-way."""

import signal
import subprocess
import sys
from contextlib import contextmanager

from scratch import clean, small
from test_live_wire import EVAL, SOME, Gate, bodies, wire

from loopback import Loopback
from simulated import simulated

AT_ONCE = 8


@contextmanager
def cluster(root, server):
    """A scheduler; gives its address and a function that starts a worker. All of them end with it."""
    environment = {**clean(root), **wire(server), "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s"}
    processes = []

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        return process

    scheduler = start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    address = next(line.split()[-1] for line in scheduler.stdout if "Scheduler at:" in line)

    def worker():
        words = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        process = start("distributed.cli.dask_worker", address, *words, "--local-directory", str(root))
        assert any("Registered to:" in line for line in process.stdout)
        return process

    try:
        yield address, worker
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()


def test_two_workers_decide_as_one_process_does_also_when_one_is_killed_half_way(tmp_path):
    alone, shared, halved = (small(tmp_path / name, SOME[:3]) for name in ("alone", "shared", "halved"))
    with Loopback(simulated(delay=0.02)) as server:
        assert alone.run(*EVAL, **wire(server)).code in {1, 4}
        expected, port = bodies(server.seen), server.port
    with Loopback(simulated(delay=0.02), port=port) as server, cluster(tmp_path, server) as (address, worker):
        first, _ = worker(), worker()
        ran = shared.run(*EVAL, "--cluster", address, "--at-once", str(AT_ONCE), **wire(server))
        assert ran.code in {1, 4}, ran.said
        assert "Traceback" not in ran.err
        assert bodies(server.seen) == expected, ran.said
        assert shared.report() == alone.report()
        server.seen.clear()
        gate = server._answer = Gate(delay=0.05)
        process = halved.start(*EVAL, "--cluster", address, "--at-once", str(AT_ONCE), **wire(server))
        gate.reached(sum(expected.values()) // 2, process)
        first.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=120)
        assert process.returncode in {1, 4}, out + err
        asked = bodies(server.seen)
        assert asked.keys() == expected.keys()
        assert sum((asked - expected).values()) <= 2 * AT_ONCE, "more than what was in flight was paid for twice"
        assert halved.report() == alone.report()


def test_a_cluster_that_is_not_there_is_one_line(project):
    ran = project.run(
        *EVAL, "--cluster", "tcp://127.0.0.1:1", OPENAI_API_KEY="x", DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="1s"
    )
    assert ran.code == 2
    assert "no scheduler with a worker answers there" in ran.err
    assert "Traceback" not in ran.err
