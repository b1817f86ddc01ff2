"""Walks a pickle as an unpickler would, with what is known of each value in place of the value.

Every opcode of protocols 0 to 5 has its exact effect on the stack, the marks and the memo, so that a name is known
whatever way it takes to `STACK_GLOBAL`. Nothing is imported, called or built.
"""

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from modelkeep.domains.inspection.domain.pickles import arrays
from modelkeep.domains.inspection.domain.pickles.memo import Memo
from modelkeep.domains.inspection.domain.pickles.sightings import (
    Budget,
    LimitReachedError,
    MalformedPickleError,
    Sightings,
    UnclearPickleError,
)
from modelkeep.domains.inspection.domain.pickles.streams import LOOK_AHEAD, ByteStream, EndOfBytesError
from modelkeep.domains.inspection.domain.pickles.values import (
    MOST_MEMBERS,
    OPAQUE,
    THING,
    ArrayWrapper,
    DataType,
    Global,
    Mapping,
    Value,
)
from modelkeep.domains.inspection.domain.verdicts import Verdict

WRAPPER: Final = Global("joblib.numpy_pickle", "NumpyArrayWrapper")
_DTYPE: Final = Global("numpy", "dtype")
_STR: Final = Global("builtins", "str")
_STEP: Final = 64
_WINDOW: Final = 64 * 1024

Handler = Callable[["Machine"], None]


@dataclass(slots=True)
class Machine:
    """One unpickler.

    With `arrays` it reads as `joblib.load` does: the bytes of an array follow its wrapper. `nested` is how constants of
    bytes or text are looked into.
    """

    stream: ByteStream
    seen: Sightings
    budget: Budget
    handlers: dict[int, Handler]
    nested: Callable[[bytes], None]
    arrays: bool = False
    stack: list[Value] = field(default_factory=list)
    marks: list[list[Value]] = field(default_factory=list)
    memo: Memo = field(default_factory=Memo)
    wrapper_named: bool = False
    went_on: bool = False

    def run(self) -> Value:
        """Walk to STOP, and return what is known of the value.

        Raises:
            MalformedPickleError: an unpickler fails at this place.
            UnclearPickleError: it goes on, and we cannot.
            LimitReachedError: there is too much.
        """
        handlers, byte = self.handlers, self.stream.byte
        try:
            while True:
                self.budget.spend(_STEP)
                for _ in range(_STEP):
                    code = byte()
                    if code == 0x2E:  # noqa: PLR2004 # STOP
                        return self.pop()
                    handlers[code](self)
        except EndOfBytesError:
            raise MalformedPickleError("it ends before its end") from None
        except KeyError:
            raise MalformedPickleError("an opcode that does not exist") from None

    def pop(self) -> Value:
        """Take the top of the stack, above the last mark."""
        if not self.stack:
            raise MalformedPickleError("an empty stack")
        return self.stack.pop()

    def top(self) -> Value:
        """Return the top of the stack."""
        if not self.stack:
            raise MalformedPickleError("an empty stack")
        return self.stack[-1]

    def mark(self) -> None:
        """Begin a new stack above this one."""
        self.marks.append(self.stack)
        self.stack = []

    def pop_mark(self) -> list[Value]:
        """End the stack above the last mark, and return what was on it."""
        if not self.marks:
            raise MalformedPickleError("no mark")
        values, self.stack = self.stack, self.marks.pop()
        return values

    def keep(self, values: list[Value]) -> None:
        """Note that values go where they are not followed: the wrapper of arrays must not."""
        if self.wrapper_named and WRAPPER in values:
            self.suspect("pickle.hidden_array", "the wrapper of an array is used in another way than joblib does")

    def suspect(self, rule: str, message: str) -> None:
        """Note what no honest pickle does; if values were forgotten, that it cannot be told."""
        verdict = Verdict.INCONCLUSIVE if self.memo.forgetful else Verdict.SUSPICIOUS
        self.seen.problem(rule, verdict, message)

    def name(self, module: str, name: str) -> None:
        """Push what a pickle names. Names of Python 2 are those that Python 3 takes them for."""
        if (module, name) in NAME_MAPPING:
            module, name = NAME_MAPPING[module, name]
        elif module in IMPORT_MAPPING:
            module = IMPORT_MAPPING[module]
        found = Global(module, name)
        self.seen.name(found)
        self.wrapper_named = self.wrapper_named or found == WRAPPER
        self.stack.append(found)

    def name_by_values(self, module: Value, name: Value) -> None:
        """Push what is named by two values, if they are known. An unpickler takes nothing but texts."""
        if isinstance(module, str) and isinstance(name, str):
            self.name(module, name)
            return
        if any(value is not OPAQUE and not isinstance(value, str) for value in (module, name)):
            raise MalformedPickleError("a name that is no text")
        self.suspect("pickle.hidden_name", "it imports a name that it makes up while it is loaded")
        self.stack.append(OPAQUE)

    def call(self, callee: Value, arguments: Value, *, is_new: bool = False) -> None:
        """Push what is known of the result of a call."""
        result: Value = OPAQUE
        if not isinstance(callee, Global):
            self.suspect("pickle.hidden_call", "it calls a value that it has made")
        else:
            self.seen.called.add(callee)
            if callee == WRAPPER and is_new and arguments == ():
                result = ArrayWrapper(Mapping({}))
            elif callee == WRAPPER:
                self.keep([callee])
            elif is_new:
                result = OPAQUE if callee == _STR else THING
            elif callee == _DTYPE and isinstance(arguments, tuple) and arguments:
                result = DataType(arguments[0] if isinstance(arguments[0], str) else None)
        self.keep([arguments])
        if self.wrapper_named and not isinstance(arguments, tuple):
            self.suspect("pickle.hidden_array", "a call beside arrays has arguments that cannot be followed")
        self.stack.append(result)

    def build(self) -> None:
        """Set the state of what is on top."""
        state, target = self.pop(), self.top()
        self.keep([state])
        if isinstance(target, Global):
            self.suspect("pickle.changed_class", f"it changes {target.module}.{target.name} itself")
        elif isinstance(target, DataType):
            target.set_state(state)
        elif isinstance(target, ArrayWrapper):
            self._wrap(target, state)

    def _wrap(self, wrapper: ArrayWrapper, state: Value) -> None:
        if not isinstance(state, Mapping) or state.members is None:
            wrapper.state.members = None
        else:
            for key, value in state.members.items():
                wrapper.state.put(key, value)
        if self.arrays:
            if self.memo.forgetful:
                raise LimitReachedError("an array after more values than are remembered")
            self._array(wrapper.state)
            self.stack[-1] = THING

    def _array(self, state: Mapping) -> None:
        """Go behind the bytes of an array; and look at them as an unpickler does that is not joblib's."""
        length = arrays.raw_length(state)
        self._otherwise()
        if length is None:
            Machine(self.stream, self.seen, self.budget, self.handlers, self.nested).run()
            return
        if arrays.is_padded(state):
            self.stream.skip(self.stream.byte())
        self.stream.skip(length)

    def _otherwise(self) -> None:
        if self.went_on:  # it took another way at the first array, and does not come by here
            return
        self.went_on = True
        window = self.stream.peek(_WINDOW)
        other = Machine(
            ByteStream(BytesIO(window)), self.seen, self.budget, self.handlers, self.nested,
            stack=list(self.stack), marks=[list(values) for values in self.marks], memo=self.memo.copy(),
        )  # fmt: skip
        try:
            other.run()
        except (MalformedPickleError, UnclearPickleError) as error:
            if len(window) == _WINDOW and other.stream.ended():
                raise UnclearPickleError("bytes of an array that could be opcodes") from error


def new_tuple(values: list[Value]) -> Value:
    """Return what is known of a tuple."""
    return tuple(values) if len(values) <= MOST_MEMBERS else OPAQUE


NESTED_WINDOW: Final = LOOK_AHEAD
