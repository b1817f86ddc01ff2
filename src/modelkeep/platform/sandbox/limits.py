"""What one run in the sandbox may use."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run; whoever reaches one fails, and never passes.

    Attributes:
        memory_bytes: address space of the process (not enforced by macOS).
        cpu_seconds: processor time.
        wall_seconds: time from start to answer, with the time that sources take.
        answer_bytes: length of the answer as JSON.
    """

    memory_bytes: int = 2048 * MIB
    cpu_seconds: int = 60
    wall_seconds: float = 120.0
    answer_bytes: int = 4 * MIB
