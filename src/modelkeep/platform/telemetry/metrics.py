"""Prometheus metrics: of one process, or of all worker processes of a server together."""

import os
from functools import cache
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class HttpMetrics:
    """Requests and their duration by method, route and status; bytes in and out."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Register the metrics."""
        labels = ("method", "route", "status")
        self._requests = Counter("modelkeep_http_requests", "Requests served", labels, registry=registry)
        self._seconds = Histogram(
            "modelkeep_http_request_duration_seconds",
            "Time from the request's head to the last byte of its answer",
            ("method", "route"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._received = Counter("modelkeep_http_received_bytes", "Bytes of request bodies", registry=registry)
        self._sent = Counter("modelkeep_http_sent_bytes", "Bytes of answers", registry=registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the pattern, so that the number of series stays small."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def transferred(self, *, received: int, sent: int) -> None:
        """Count the bytes of one request."""
        self._received.inc(received)
        self._sent.inc(sent)


class JobMetrics:
    """Background work: how many jobs there are, and how the runs of each kind went and how long they took."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Register the metrics."""
        self._jobs = Gauge(
            "modelkeep_jobs", "Jobs by status", ("status",), registry=registry, multiprocess_mode="mostrecent"
        )
        self._runs = Counter("modelkeep_job_runs", "Runs of handlers", ("kind", "outcome"), registry=registry)
        self._seconds = Histogram(
            "modelkeep_job_duration_seconds", "Time of a run", ("kind",), buckets=_SECONDS, registry=registry
        )

    def ran(self, kind: str, outcome: str, seconds: float) -> None:
        """Count one run: it was `saved`, it `failed`, or it was `lost` to another process."""
        self._runs.labels(kind, outcome).inc()
        self._seconds.labels(kind).observe(seconds)

    def counted(self, status: str, number: int) -> None:
        """Say how many jobs there are of a status."""
        self._jobs.labels(status).set(number)


class PublishingMetrics:
    """Identity tokens of CI jobs: how many got a token, why others did not, and which surprised us."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Register the metrics."""
        self._answers = Counter(
            "modelkeep_ci_identity_tokens",
            "Identity tokens of CI jobs, by what came of them",
            ("answer",),
            registry=registry,
        )
        self._unknown = Counter(
            "modelkeep_ci_unknown_claims",
            "Identity tokens with claims that nobody checks or knows",
            ("kind",),
            registry=registry,
        )

    def answered(self, answer: str) -> None:
        """Count one identity token; `answer` is `minted`, or the code of the error."""
        self._answers.labels(answer).inc()

    def surprised(self, kind: str) -> None:
        """Count one with unknown claims, by the kind of its publisher: look what has changed at the issuer."""
        self._unknown.labels(kind).inc()


@cache
def publishing_metrics() -> PublishingMetrics:
    """Return the one set of this process."""
    return PublishingMetrics()


@cache
def http_metrics() -> HttpMetrics:
    """Return the one set of this process, however many applications are made in it: a name is registered once."""
    return HttpMetrics()


@cache
def job_metrics() -> JobMetrics:
    """Return the one set of this process."""
    return JobMetrics()


def render_metrics() -> tuple[bytes, str]:
    """Return the metrics and their media type; with several workers, those of all of them."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no type here
    return generate_latest(registry), CONTENT_TYPE_LATEST
