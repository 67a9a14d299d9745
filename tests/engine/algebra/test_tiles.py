"""Lists come out of their tiles as they went in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.algebra.tiles import most_blocks, most_slots, tiled, widths


@given(
    st.lists(st.sampled_from([0, 1, 1, 1, 2, 4, 5, 31, 33, 64, 65, 300]), max_size=120),
    st.sampled_from([32, 64, 512, 1024]),
)
def test_every_list_is_in_one_row_of_one_tile(lengths, size):
    ptr = np.cumsum([0, *lengths])
    elements = np.arange(ptr[-1], dtype=np.int32)
    tiles = tiled(ptr, (elements, elements + 7), size)
    found = {}
    for kind, chunks, block, at in tiles.heads:
        width = widths(size)[kind]
        rows = tiles.columns[0][block : block + chunks].reshape(chunks, -1, width)
        second = tiles.columns[1][block : block + chunks].reshape(rows.shape)
        assert (second == np.where(rows < 0, -1, rows + 7)).all()
        for row, item in enumerate(tiles.items[at : at + size // width]):
            held = rows[:, row].ravel()
            if item < 0:
                assert (held < 0).all()
            else:
                assert item not in found
                found[item] = held[held >= 0].tolist()
    assert found == {i: list(range(ptr[i], ptr[i + 1])) for i in range(len(lengths)) if lengths[i]}
    assert sum(len(each) for each in tiles.columns[0]) == 0 or tiles.columns[0].shape[1] == size
    assert len(tiles.columns[0]) <= most_blocks(int(ptr[-1]), size)
    assert len(tiles.items) <= most_slots(len(lengths), size)
