"""The idioms by feel."""

from training.styles.drawn.idioms import latin, lyrical, pop, rock, roots
from training.styles.drawn.idioms.model import Idiom

IDIOMS: dict[str, Idiom] = {**rock.IDIOMS, **pop.IDIOMS, **roots.IDIOMS, **latin.IDIOMS, **lyrical.IDIOMS}
