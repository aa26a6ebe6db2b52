"""What a safetensors file says of itself, read without torch."""

from pathlib import Path

import msgspec

from copilot.errors import BundleError

_MAX_HEADER_BYTES = 16 * 2**20


class _Tensor(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Each tensor's shape, by name. Raises BundleError where the header is no safetensors header."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(_MAX_HEADER_BYTES, path.stat().st_size):
            raise BundleError(f"{path}: is no safetensors file: export the bundle again")
        header = file.read(length)
    try:
        raw = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        return {
            name: msgspec.json.decode(tensor, type=_Tensor).shape
            for name, tensor in raw.items()
            if name != "__metadata__"
        }
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(
            f"{path}: has a malformed safetensors header ({error}): export the bundle again"
        ) from None
