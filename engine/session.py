"""A request between two calls of the model."""

from __future__ import annotations

from collections.abc import Callable

from engine.answer import Answer, Run, Steps
from engine.result import Result
from engine.step import Ask, Seen


class Session:
    """One request under way.

    Attributes:
        run: The request.
        ask: What it waits for; None once it has ended.
        answer: What it came to, once it has.
        error: What ended it instead.
    """

    def __init__(self, run: Run, steps: Steps, result_of: Callable[[Answer], Result]) -> None:
        """Begins nothing yet.

        Args:
            run: The request.
            steps: Its way through the model.
            result_of: Checks an answer and makes a result of it.
        """
        self.run = run
        self.ask: Ask | None = None
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self._steps = steps
        self._result_of = result_of

    def result(self) -> Result:
        """What came of it.

        Raises:
            BlockformError: What ended it; so does whatever a callback raised.
        """
        if self.error is not None:
            raise self.error
        if self.answer is None:
            raise RuntimeError("the session is still under way")
        return self._result_of(self.answer)

    def start(self) -> None:
        """Goes on to the first step that needs the model."""
        self._advance(lambda: next(self._steps))

    def tell(self, seen: Seen) -> None:
        """Goes on to the next one."""
        self._advance(lambda: self._steps.send(seen))

    def fail(self, error: Exception) -> None:
        """Ends with an error, which the request may still turn into something better."""
        self._advance(lambda: self._steps.throw(error))

    def _advance(self, move: Callable[[], Ask]) -> None:
        self.ask = None
        try:
            self.ask = move()
        except StopIteration as ended:
            self.answer = ended.value
        except BaseException as error:  # noqa: BLE001 - it ends this request and no other
            self.error = error
