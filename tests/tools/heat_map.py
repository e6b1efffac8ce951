"""Where a heat map's cells are on the screen."""

from evalcore.charts.matrix_drawing import EDGE, LEFT, TOP


def middle_of(box, shown, row, column):
    """The middle of a cell, in a map that is not zoomed.

    Args:
        box: the canvas's bounding box; shown: the matrix view that is drawn.
    """
    rows, columns = shown.counts.shape
    width, height = (box["width"] - LEFT - EDGE) / columns, (box["height"] - TOP - EDGE) / rows
    return box["x"] + LEFT + (column + 0.5) * width, box["y"] + TOP + (row + 0.5) * height
