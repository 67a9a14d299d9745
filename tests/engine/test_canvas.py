"""How long a canvas is, and where it ends."""

import numpy as np
import pytest

from engine.canvas import Ends, canvas_length, ending_budget, text_length


@pytest.mark.parametrize(
    ("budget", "longest_left", "expected"),
    [
        (100, None, 32),  # nothing binds but the model
        (20, None, 20),  # the budget binds; no position for an end, it could hold a token
        (100, 7, 8),  # the language binds; one position for the end
        (7, 7, 8),  # the longest member fits the budget exactly, and its end has a place
        (6, 7, 6),  # the longest member does not fit
        (100, 200, 32),
        (100, 0, 1),
    ],
)
def test_a_canvas_is_no_longer_than_the_answer_can_use(budget, longest_left, expected):
    assert canvas_length(32, budget, longest_left) == expected


@pytest.mark.parametrize(
    ("fewest", "budget", "expected"),
    [
        (0, 100, 32),  # can end here: nothing after this canvas
        (32, 100, 32),
        (33, 100, 64),  # needs one canvas more, and gets all of it
        (64, 100, 64),
        (65, 100, 96),
        (97, 100, 100),  # never more than there is
    ],
)
def test_a_hurried_text_gets_the_fewest_canvases(fewest, budget, expected):
    assert ending_budget(32, fewest, 32, budget) == expected


def test_a_text_ends_before_its_first_end():
    assert text_length([5, 6, 1, 7, 1], [1, 2]) == 2
    assert text_length([5, 6], [1, 2]) == 2
    assert text_length([2, 6], [1, 2]) == 0


def test_closing_a_canvas_fills_what_follows_the_end():
    ends = Ends(end_ids=(1,), fill_id=0)
    assert ends.close(np.array([5, 1, 9, 1])).tolist() == [5, 1, 0, 0]
    assert ends.close(np.array([5, 6])).tolist() == [5, 6]
    assert ends.text_ids(np.array([5, 1, 9])) == [5]
