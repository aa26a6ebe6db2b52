"""The decoder for GPUs gives transformers' logits: here on a CPU, by the very code that a CUDA graph holds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from copilot.decode.decoder import TransformersDecoder
from copilot.decode.sampling import sample
from copilot.decode.torch_decoder import SHADOW_SLICE, TorchDecoder
from copilot.decode.torch_lanes import BUCKETS
from copilot.decode.torch_sampling import sample_on_device
from copilot.errors import ParameterError, VocabularyError

from .conftest import SHAPES, VOCAB, WINDOW, Pair, close, make_pair, random_ids

HAS_GPU = torch.cuda.is_available()
ids_of_model = st.integers(0, VOCAB - 1)
slices = st.lists(ids_of_model, min_size=1, max_size=9)
shared = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session", params=SHAPES)
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Pair, TorchDecoder]:
    """Decoders live through the session: tests begin with rebase, and so meet what the last one left."""
    pair = make_pair(SHAPES[request.param], tmp_path_factory.mktemp(f"torch-{request.param}"))
    return pair, TorchDecoder.load(pair.directory, WINDOW, "cpu")


@pytest.fixture(scope="session")
def torch_decoder(model: tuple[Pair, TorchDecoder]) -> TorchDecoder:
    return model[1]


def test_token_by_token(model: tuple[Pair, TorchDecoder]) -> None:
    """Each step's logits are those of a full pass over the tokens so far."""
    pair, decoder = model
    ids = random_ids(40)
    logits = decoder.rebase(ids[:1])
    for end in range(1, len(ids)):
        assert close(logits, pair.full(ids[:end]))
        logits = decoder.append(ids[end : end + 1])
    assert decoder.ids == ids


@pytest.mark.parametrize("sizes", [(1, 2, 3, 4, 5), (63, 1), (65,), (3, 128, 1), (WINDOW,)])
def test_slices(model: tuple[Pair, TorchDecoder], sizes: tuple[int, ...]) -> None:
    """So are those of slices of any size, to the window's last token."""
    pair, decoder = model
    ids = random_ids(sum(sizes), seed=len(sizes))
    decoder.rebase(ids[: sizes[0]])
    end = sizes[0]
    for size in sizes[1:]:
        logits = decoder.append(ids[end : end + size])
        end += size
        assert close(logits, pair.full(ids[:end]))
    assert close(decoder.rebase(ids), pair.full(ids))


operations = st.lists(
    st.one_of(
        st.tuples(st.just("append"), slices),
        st.tuples(st.just("step"), st.lists(ids_of_model, min_size=1, max_size=1)),
        st.tuples(st.just("rewind"), st.floats(0, 1)),
        st.tuples(st.just("rebase"), st.lists(ids_of_model, min_size=1, max_size=70)),
        st.tuples(st.just("prepare"), st.lists(ids_of_model, max_size=40)),
        st.tuples(st.just("prepare the half"), st.integers(0, 5)),
        st.tuples(st.just("flush to the prepared"), slices),
        st.tuples(st.just("fork"), st.lists(ids_of_model, min_size=1, max_size=5)),
    ),
    max_size=14,
)


@shared
@given(operations)
def test_any_sequence_of_operations(model: tuple[Pair, TorchDecoder], operations: list) -> None:  # type: ignore[type-arg]
    """Append, rewind, prepare, rebase and fork in any order: it stays with the definition of correct."""
    pair, fast = model
    slow = pair.slow
    slow.rebase([0])
    fast.rebase([0])
    prepared: list[int] = []
    for name, argument in operations:
        if name == "rewind":
            mark = int(argument * slow.mark())
            slow.rewind(mark)
            fast.rewind(mark)
        elif name == "prepare":
            prepared = argument
            fast.prepare(prepared)
        elif name == "prepare the half":
            prepared = slow.ids[:argument] + slow.ids[slow.mark() // 2 :]
            fast.prepare(prepared)
        elif name == "flush to the prepared":
            kept = [*prepared, *argument]
            assert close(fast.rebase(kept), slow.rebase(kept))
            prepared = []
        elif name == "fork" and 0 < slow.mark() < WINDOW - 2:
            _fork_and_keep(slow, fast, argument)
        elif name == "rebase" or len(argument) + slow.mark() > WINDOW:
            assert close(fast.rebase(argument), slow.rebase(argument))
            prepared = []
        else:
            assert close(fast.append(argument), slow.append(argument))
        assert fast.ids == slow.ids


def _fork_and_keep(slow: TransformersDecoder, fast: TorchDecoder, firsts: list[int]) -> None:
    """Two steps of as many branches; the last one is kept."""
    branches, mark = fast.fork(len(firsts)), slow.mark()
    for tokens in (firsts, firsts[::-1]):
        logits = branches.append(tokens)
        for own, ours in zip(branches.ids, logits, strict=True):
            slow.rewind(mark)
            assert close(ours, slow.append(own))
    branches.keep(len(firsts) - 1)


def test_what_was_prepared_beside_the_steps_is_there_at_the_flush(model: tuple[Pair, TorchDecoder]) -> None:
    """After as many steps as there are prepared tokens, the flush takes in what is new and nothing else."""
    pair, decoder = model
    ids = random_ids(80)
    decoder.rebase(ids)
    kept = ids[:4] + ids[50:]
    decoder.prepare(kept)
    for token in range(len(kept)):
        decoder.append([token])
        assert close(decoder.append([5, 6]), pair.full([*ids, token, 5, 6]))
        decoder.rewind(80)
    taken = _count_taken(decoder)
    assert close(decoder.rebase([*kept, 9]), pair.full([*kept, 9]))
    assert taken == [("step", 1)]
    assert close(decoder.append([7]), pair.full([*kept, 9, 7]))


def _count_taken(decoder: TorchDecoder) -> list[tuple[str, int]]:
    """What passes the model from now on: steps, by their rows, and slices, by their tokens."""
    lanes, taken = decoder._lanes, []
    step, take = lanes.step, lanes.take

    def counted_step(first: int, stop: int, longest: int) -> None:
        taken.append(("step", stop - first))
        step(first, stop, longest)

    def counted_take(row: int, tokens: Sequence[int], start: int) -> None:
        taken.append(("slice", len(tokens)))
        take(row, tokens, start)

    lanes.step, lanes.take = counted_step, counted_take  # type: ignore[method-assign]
    return taken


def test_a_step_carries_one_prepared_token_and_a_slice_a_bounded_number(torch_decoder: TorchDecoder) -> None:
    """However much is to be prepared, no pass over the weights grows with it."""
    decoder = TorchDecoder(torch_decoder._net)
    decoder.rebase(random_ids(60))
    decoder.prepare(random_ids(60, seed=1))
    taken = _count_taken(decoder)
    decoder.append([3])
    decoder.append([3, 4])
    assert taken == [("step", 2), ("slice", 2), ("slice", SHADOW_SLICE)]


def test_a_change_of_what_is_prepared_keeps_the_common_beginning(model: tuple[Pair, TorchDecoder]) -> None:
    """Pinned words that change cost what stands after them, and the flush stays correct."""
    pair, decoder = model
    decoder.rebase(random_ids(50))
    decoder.prepare([1, 2, 3, 4, 5, 6])
    decoder.append([8, 9])
    decoder.prepare([1, 2, 30, 4, 5, 6, 7])
    assert decoder._shadow == [1, 2]
    decoder.append([8])
    assert close(decoder.rebase([1, 2, 30, 4, 9]), pair.full([1, 2, 30, 4, 9]))


def test_a_short_context_looks_at_few_places(tmp_path: Path) -> None:
    """Steps of a long window use the smallest length that holds what is cached, and stay correct across its end."""
    pair = make_pair(SHAPES["full"], tmp_path)
    decoder = TorchDecoder.load(pair.directory, 700, "cpu")
    ids = random_ids(BUCKETS[0] + 3)
    decoder.rebase(ids[:-6])
    for end in range(len(ids) - 6, len(ids)):
        assert close(decoder.append(ids[end : end + 1]), pair.full(ids[: end + 1]))
    assert sorted(bucket for _, _, bucket in decoder._lanes._graphs) == [256, 512]
    decoder.rewind(0)
    decoder.warm_up()
    assert sorted({bucket for _, _, bucket in decoder._lanes._graphs}) == [256, 512, 700]
    assert close(decoder.append(ids[:9]), pair.full(ids[:9]))


def test_what_does_not_fit_is_refused(torch_decoder: TorchDecoder) -> None:
    """One line each, and nothing is taken in."""
    ids = random_ids(WINDOW)
    torch_decoder.rebase(ids)
    with pytest.raises(ParameterError, match=f"1 tokens after {WINDOW} .*flush"):
        torch_decoder.append([1])
    with pytest.raises(ParameterError, match="flush"):
        torch_decoder.fork(2).append([1, 2])
    with pytest.raises(ParameterError, match="append at least one"):
        torch_decoder.append([])
    torch_decoder.rewind(5)
    with pytest.raises(ParameterError, match="append a token before"):
        torch_decoder.sample_and_step(np.ones(VOCAB, bool), temperature=1, top_p=1, uniform=0)
    for refuse in (torch_decoder.append, torch_decoder.prepare, torch_decoder.rebase):
        with pytest.raises(VocabularyError, match=f"0–{VOCAB - 1}"):
            refuse([VOCAB])
    torch_decoder.prepare([])
    with pytest.raises(ParameterError, match="2 branches"):
        torch_decoder.fork(2).append([1])
    with pytest.raises(ParameterError, match="at least one"):
        torch_decoder.fork(0)
    assert torch_decoder.ids == ids[:5]


class _Told:
    """A generator that says one number, and how often it was asked."""

    def __init__(self, uniform: float) -> None:
        self.uniform, self.asked = uniform, 0

    def random(self) -> float:
        self.asked += 1
        return self.uniform


@settings(max_examples=300)
@given(
    seed=st.integers(0, 2**32 - 1),
    vocab=st.integers(1, 300),
    share=st.floats(0, 1),
    spread=st.sampled_from([0.0, 0.1, 3.0, 40.0]),
    temperature=st.sampled_from([0.0, 1e-3, 0.5, 0.9, 1.0, 2.0]),
    top_p=st.one_of(st.sampled_from([0.01, 0.5, 0.95, 1.0]), st.floats(0.01, 1)),
    uniform=st.one_of(st.sampled_from([0.0, 0.25, 0.5]), st.floats(0, 1, exclude_max=True)),
)
def test_the_device_draws_what_the_host_draws(
    seed: int, vocab: int, share: float, spread: float, temperature: float, top_p: float, uniform: float
) -> None:
    """Every id by the same number from the host's generator: masks, ties, greed and all."""
    rng = np.random.default_rng(seed)
    logits = (spread * rng.normal(size=vocab)).astype(np.float32)
    allowed = rng.random(vocab) < share
    allowed[rng.integers(vocab)] = True
    told = _Told(uniform)
    theirs = sample(logits, np.flatnonzero(allowed), temperature=temperature, top_p=top_p, rng=told)  # type: ignore[arg-type]
    bias = torch.from_numpy(np.where(allowed, 0, -np.inf).astype(np.float32))
    how = torch.tensor((temperature, top_p, uniform), dtype=torch.float64)
    assert sample_on_device(torch.from_numpy(logits), bias, how).item() == theirs
    assert told.asked == (temperature > 0 and allowed.sum() > 1)


def test_a_sampled_walk_is_the_hosts(model: tuple[Pair, TorchDecoder]) -> None:
    """Sampling on the device, with masks and an urge, walks where `sample` over fetched logits walks."""
    _, decoder = model
    rng, masks = np.random.default_rng(5), np.random.default_rng(6).random((60, VOCAB)) < 0.3
    urge = np.where(np.arange(VOCAB) < 20, np.float32(2.5), np.float32(0))
    uniforms = rng.random(60)
    logits, walked = decoder.rebase([1, 2, 3]), []
    for mask, uniform in zip(masks, uniforms, strict=True):
        walked.append(
            sample(logits + urge, np.flatnonzero(mask), temperature=0.8, top_p=0.9, rng=_Told(uniform))  # type: ignore[arg-type]
        )
        logits = decoder.append(walked[-1:])
    decoder.rebase([1, 2, 3])
    decoder.prepare(random_ids(30))  # the shadow rides along
    drawn = [
        decoder.sample_and_step(mask, temperature=0.8, top_p=0.9, uniform=uniform, urge=urge)
        for mask, uniform in zip(masks, uniforms, strict=True)
    ]
    assert drawn == walked == decoder.ids[3:]
    assert close(decoder.append([4]), decoder.rebase(decoder.ids.copy()))


class _Operations(TorchDispatchMode):
    """The names of all that torch does meanwhile, and the most numbers that it copied."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.copied = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.names.add(func.name())
        if func.name() == "aten::clone":
            self.copied = max(self.copied, args[0].numel())
        return func(*args, **(kwargs or {}))


def test_what_a_graph_is_to_hold_asks_the_host_nothing(torch_decoder: TorchDecoder) -> None:
    """No number fetched, none brought, no shape that depends on one; and the cache is read where it lies."""
    decoder = TorchDecoder(torch_decoder._net)
    decoder.warm_up()
    with _Operations() as fetching:
        decoder._host_id.item()
        torch.tensor([1])
    forbidden = {"aten::nonzero", "aten::_pin_memory"} | fetching.names
    assert {"aten::_local_scalar_dense", "aten::lift_fresh"} <= forbidden
    for work in (*decoder._lanes._graphs.values(), *decoder._samplers):
        with _Operations() as seen:
            work()
        assert len(seen.names) > 10
        assert not seen.names & forbidden
        assert seen.copied <= 2 * decoder._net.q_width  # two rows' queries, to lie side by side


@pytest.mark.gpu
@pytest.mark.skipif(not HAS_GPU, reason="no CUDA device")
@pytest.mark.parametrize("shape", SHAPES)
def test_a_captured_step_is_the_plain_one(shape: str, tmp_path: Path) -> None:
    """On a GPU, in float32: graphs give transformers' logits through steps, flushes, forks and drawn ids."""
    from copilot.decode.torch_step import read_network

    torch.backends.cuda.matmul.allow_tf32 = False
    pair = make_pair(SHAPES[shape], tmp_path)
    net = read_network(pair.directory, WINDOW, torch.device("cuda"), torch.float32)
    decoder = TorchDecoder(net)
    decoder.warm_up()
    ids = random_ids(80)
    decoder.rebase(ids[:60])
    decoder.prepare(ids[:4] + ids[40:60])
    for end in range(60, 80):
        assert close(decoder.append(ids[end : end + 1]), pair.full(ids[: end + 1]))
    kept = ids[:4] + ids[40:]
    decoder.prepare(kept)
    assert close(decoder.rebase(kept), pair.full(kept))
    branches = decoder.fork(3)
    for own, logits in zip([[5], [6], [7]], branches.append([5, 6, 7]), strict=True):
        assert close(logits, pair.full(kept + own))
    branches.keep(1)
    host = TorchDecoder.load(pair.directory, WINDOW, "cpu")
    host.rebase([*kept, 6])
    allowed = np.arange(VOCAB) % 3 > 0
    for uniform in np.random.default_rng(1).random(30):
        drawn = [
            which.sample_and_step(allowed, temperature=0.9, top_p=0.95, uniform=uniform)
            for which in (decoder, host)
        ]
        assert drawn[0] == drawn[1]
    assert close(decoder.append([3]), pair.full(decoder.ids))


@pytest.mark.gpu
@pytest.mark.skipif(not HAS_GPU, reason="no CUDA device")
def test_bfloat16_on_a_gpu_stays_close(tmp_path: Path) -> None:
    """What is played from: within 5% of the logits' scale, on random weights."""
    pair = make_pair(SHAPES["grouped"], tmp_path)
    decoder = TorchDecoder.load(pair.directory, WINDOW, "cuda")
    decoder.warm_up()
    ids = random_ids(60)
    decoder.rebase(ids[:-1])
    ours, theirs = decoder.append(ids[-1:]), pair.full(ids)
    assert np.abs(ours - theirs).max() <= 0.05 * np.abs(theirs).max()
