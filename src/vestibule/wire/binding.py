"""Decides once, at mount, where each parameter of a function comes from; a request then only picks them up."""

import functools
import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Union, get_args, get_origin, get_type_hints
from weakref import WeakKeyDictionary

from vestibule.wire.call import Call
from vestibule.wire.decode import Shape
from vestibule.wire.dialect import MountError

Source = Callable[[Call], Any]  # Any: each parameter has its own type, which its annotation declares

# Known by name, since their types are the dialect's own.
_BY_NAME: Final = ("project", "caller", "body", "query", "form")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter's type without `| None`, and whether None is allowed."""

    kind: Shape
    is_optional: bool


@dataclass(frozen=True, slots=True)
class _Signature:
    """What a function says about itself."""

    parameters: Mapping[str, Parameter]
    returns: Shape
    is_async: bool


# Reading one costs 0.1 ms, and many functions are bound once per base, or at every endpoint.
_signatures: Final[WeakKeyDictionary[Callable[..., Any], _Signature]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Bound:
    """A function with its dependencies filled in and a plan for the rest."""

    function: Callable[..., Any]  # Any: it returns whatever a handler may
    sources: tuple[tuple[str, Source], ...]
    is_async: bool
    parameters: Mapping[str, Parameter]
    returns: Shape

    async def __call__(self, call: Call) -> object:
        """Run the function for this call."""
        result = self.function(**{name: source(call) for name, source in self.sources})
        outcome: object = await result if self.is_async else result
        return outcome


def bind(
    function: Callable[..., Any], dependencies: Mapping[type, object], path_parameters: frozenset[str] = frozenset()
) -> Bound:
    """Return `function` ready to run. Raises: MountError for a parameter that nothing provides."""
    signature = _signature_of(function)
    fixed: dict[str, object] = {}
    sources: list[tuple[str, Source]] = []
    for parameter, kind in signature.parameters.items():
        if kind.kind is Call:
            sources.append((parameter, _whole))
        elif parameter in path_parameters and kind.kind is str:
            sources.append((parameter, _path_parameter(parameter)))
        elif parameter in _BY_NAME:
            sources.append((parameter, attrgetter(_ATTRIBUTE.get(parameter, parameter))))
        elif kind.kind in dependencies:
            fixed[parameter] = dependencies[kind.kind]
        else:
            raise MountError(f"{_name_of(function)}: nothing provides the parameter {parameter}: {kind.kind}")
    return Bound(
        function=functools.partial(function, **fixed) if fixed else function,
        sources=tuple(sources),
        is_async=signature.is_async,
        parameters=signature.parameters,
        returns=signature.returns,
    )


def _signature_of(function: Callable[..., Any]) -> _Signature:
    known = _signatures.get(function)
    if known is None:
        known = _signatures[function] = _read_signature(function)
    return known


def _read_signature(function: Callable[..., Any]) -> _Signature:
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise MountError(f"{_name_of(function)}: {error}; annotations must resolve at run time") from error
    parameters: dict[str, Parameter] = {}
    for parameter in inspect.signature(function).parameters:
        if parameter not in hints:
            raise MountError(f"{_name_of(function)}: the parameter {parameter} has no annotation")
        parameters[parameter] = strip_optional(hints[parameter])
    return _Signature(parameters, hints.get("return"), inspect.iscoroutinefunction(function))


def _name_of(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


_ATTRIBUTE: Final = {"form": "body"}


def strip_optional(kind: Shape) -> Parameter:
    """Return `X | None` as X and True, anything else as itself and False."""
    origin: object = get_origin(kind)
    if origin is not Union and origin is not types.UnionType:
        return Parameter(kind, is_optional=False)
    parts = [part for part in get_args(kind) if part is not types.NoneType]
    rest = functools.reduce(lambda left, right: left | right, parts)
    return Parameter(rest, is_optional=len(parts) < len(get_args(kind)))


def _whole(call: Call) -> Call:
    return call


def _path_parameter(name: str) -> Source:
    def read(call: Call) -> str:
        return call.params[name]

    return read
