"""What a server tells its operators: metrics and structured logs."""

from modelkeep.platform.telemetry.logs import configure_logging, current_request_id
from modelkeep.platform.telemetry.metrics import (
    HttpMetrics,
    JobMetrics,
    http_metrics,
    job_metrics,
    publishing_metrics,
    render_metrics,
)

__all__ = [
    "HttpMetrics",
    "JobMetrics",
    "configure_logging",
    "current_request_id",
    "http_metrics",
    "job_metrics",
    "publishing_metrics",
    "render_metrics",
]
