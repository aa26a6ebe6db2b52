"""The idioms by feel."""

from training.styles.drawn.idioms import caribbean, dance, jazz, latin, lyrical, pop, rock, roots, soul
from training.styles.drawn.idioms.model import Idiom

IDIOMS: dict[str, Idiom] = {
    feel: idiom
    for room in (rock, pop, dance, soul, jazz, roots, latin, caribbean, lyrical)
    for feel, idiom in room.IDIOMS.items()
}
