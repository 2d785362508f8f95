"""The same job code on a file, on PostgreSQL and on Redis or Valkey, by one setting; nothing in it can run code."""

import pickle
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matcher.config import Settings
from matcher.errors import ConfigurationError
from matcher.jobs.queue import Queue, make_queue
from tests.conftest import lacking
from tests.factories import NOW
from tests.ports import free_port
from tests.postgres import Cluster

KEY = "k" * 40
REDIS = shutil.which("valkey-server") or shutil.which("redis-server")


@pytest.fixture(params=["file", "postgresql", "redis"])
def queue_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield ""
    elif request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        name = cluster.create()
        yield cluster.url(name)
        cluster.drop(name)
    else:
        yield from redis_server(tmp_path)


def redis_server(folder: Path) -> Iterator[str]:
    if REDIS is None:
        lacking("no valkey-server or redis-server on this machine", "MATCHER_REQUIRE_REDIS")
    port = free_port()
    command = [str(REDIS), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _try in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"valkey://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture
def queues(queue_url: str, tmp_path: Path) -> Iterator[list[Queue]]:
    """One that the web would put jobs in, and two workers."""
    settings = Settings(var=tmp_path, secret_key=KEY, queue_url=queue_url)
    made = [make_queue(settings) for _ in range(3)]
    yield made
    for one in made:
        one.close()


def drained(queue: Queue, done: list[Any]) -> list[Any]:
    queue.offer("greet", lambda **values: done.append(values))
    while queue.do_next():
        pass
    return done


def test_job_is_done_once_by_one_of_two_workers(queues: list[Queue]) -> None:
    web, *workers = queues
    for number in range(20):
        assert web.put("greet", now=NOW, number=number, who="Zoë")
    assert (web.waiting().count, web.waiting().since) == (20, NOW)
    done: list[dict[str, Any]] = []
    workers[1].offer("greet", lambda **values: done.append(values))
    for _job in range(5):
        assert workers[1].do_next()
    drained(workers[0], done)
    assert sorted(values["number"] for values in done) == list(range(20))
    assert {values["who"] for values in done} == {"Zoë"}
    assert (web.waiting().count, web.waiting().since) == (0, None)


def test_consumer_of_the_worker_does_what_the_web_puts_in(queues: list[Queue]) -> None:
    web, worker, _third = queues
    done: list[dict[str, Any]] = []
    worker.offer("greet", lambda **values: done.append(values))
    consumer = worker.huey.create_consumer(workers=1, periodic=False, max_delay=0.1)
    consumer._set_signal_handlers = lambda: None
    consumer.start()
    web.put("greet", now=NOW, who="a")
    web.put("nobody does this", now=NOW)
    web.put("greet", now=NOW, who="b")
    for _try in range(2400):
        if len(done) == 2:
            break
        time.sleep(0.05)
    consumer.stop(graceful=True)
    assert [values["who"] for values in done] == ["a", "b"]


def test_message_is_signed_json_and_a_changed_one_is_refused(queues: list[Queue]) -> None:
    web, worker, _third = queues
    web.put("greet", now=NOW, who="a")
    [data] = web.huey.storage.enqueued_items()
    assert b'"who": "a"' in data
    for forged in (data.replace(b'"a"', b'"b"'), data[:-1] + b"!", b"", b":", pickle.dumps(["x"]), b"{}"):
        worker.huey.storage.flush_queue()
        worker.huey.storage.enqueue(forged)
        with pytest.raises(ValueError, match=r"(?i)mismatch|separator"):
            worker.do_next()


def test_pickle_is_never_read_even_with_our_signature(queues: list[Queue], tmp_path: Path) -> None:
    class Planted:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "ran",)

    web, worker, _third = queues
    code = pickle.dumps(Planted())
    web.huey.storage.enqueue(web.huey.serializer._sign(code))
    with pytest.raises(ValueError, match=r"."):
        worker.do_next()
    assert not (tmp_path / "ran").exists()
    pickle.loads(code)
    assert (tmp_path / "ran").exists(), "the control: this would have run"


def test_value_that_is_not_plain_is_refused_where_it_is_put_in(queues: list[Queue]) -> None:
    with pytest.raises(TypeError):
        queues[0].put("greet", now=NOW, who=object())


@pytest.mark.parametrize("url", ["mysql://x", "nonsense", "postgresql://127.0.0.1:1/none?connect_timeout=1"])
def test_queue_that_cannot_be_is_refused_in_a_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="MATCHER_QUEUE_URL"):
        make_queue(Settings(var=tmp_path, secret_key=KEY, queue_url=url))


def test_redis_url_makes_a_redis_queue_that_says_when_nobody_answers(tmp_path: Path) -> None:
    """What can be proven where no such server is."""
    queue = make_queue(Settings(var=tmp_path, secret_key=KEY, queue_url="valkey://127.0.0.1:1/0"))
    assert type(queue.huey.storage).__name__ == "RedisStorage"
    assert queue.put("greet", now=NOW) is False
