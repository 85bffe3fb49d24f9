"""Every refusal of every endpoint: status, code and message, and which of two is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import isawaitable
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
import pytest

from tests.dialects.nhost.matrix.cases import CASES
from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Stage
from tests.dialects.nhost.matrix.told import DIFFERENT, MATRIX, Told, code_of, told
from tests.support.serving import Serve
from tests.support.ways_in import EVERY_WAY_IN
from vestibule.dialects.nhost import nhost
from vestibule.kernel.errors import ElevationRequired, InvalidAccessToken, Unauthenticated
from vestibule.wire.answers import Rendered
from vestibule.wire.call import Call
from vestibule.wire.dialect import WIRE_REFUSALS, Failure
from vestibule.wire.finish import Finisher

ENDPOINTS = {endpoint.operation: endpoint for endpoint in nhost.endpoints}
Seen = list[type[Failure]]
# Each pair that has it uses up somebody's tries: all together look like stolen passwords being tried.
NO_ALARM = {"VESTIBULE_STUFFING_FAILURES": "0"}


def _legs(operation: str) -> list[Case]:
    return [case for name, case in CASES.items() if name.partition(", ")[0] == operation]


@contextmanager
def _watching() -> Iterator[Seen]:
    """Note what is refused on the way to its answer."""
    seen: Seen = []
    fail = Finisher.fail

    def noting(self: Finisher, call: Call, failure: Failure) -> Rendered:
        seen.append(type(failure))
        return fail(self, call, failure)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Finisher, "fail", noting)
        yield seen


async def _spoilt(ask: Ask, *faults: Fault) -> None:
    for fault in faults:
        done = fault.spoil(ask)
        if isawaitable(done):
            await done


def _read(answer: httpx2.Response) -> Told:
    """Return what was told, also where it travels in the query of a redirect."""
    if not answer.is_redirect:
        return Told(answer.status_code, answer.content)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return Told(answer.status_code, msgspec.json.encode([query.get("error"), query.get("errorDescription")]))


def _matches(answer: httpx2.Response, expected: Told) -> bool:
    if answer.is_redirect:
        body = msgspec.json.decode(expected.body)
        return _read(answer).body == msgspec.json.encode([[body["error"]], [body["message"]]])
    return (answer.status_code, answer.content) == (expected.status, expected.body)


def _succeeded(answer: httpx2.Response) -> bool:
    return answer.status_code < httpx2.codes.BAD_REQUEST and "error=" not in answer.headers.get("location", "")


def test_every_endpoint_has_its_rows() -> None:
    """A new endpoint is red here until somebody says what can be wrong with a request to it."""
    assert {name.partition(", ")[0] for name in CASES} == ENDPOINTS.keys()


@pytest.mark.parametrize("operation", ENDPOINTS)
def test_every_declared_refusal_has_a_row(operation: str) -> None:
    """And every row's refusal is declared: what the document of the door says is what happens."""
    endpoint = ENDPOINTS[operation]
    declared = {*endpoint.raises}
    auth = endpoint.auth
    if auth is not None and not auth.is_optional:
        declared |= {Unauthenticated, InvalidAccessToken}
        declared |= {ElevationRequired} & {*auth.raises}
    rows = {fault.refusal for case in _legs(operation) for fault in case.faults}
    unseen = {kind for case in _legs(operation) for kind in case.unseen}
    assert {kind for kind in declared - unseen if not any(issubclass(row, kind) for row in rows)} == set()
    assert {row for row in rows if not issubclass(row, (*declared, *WIRE_REFUSALS))} == set()
    assert unseen <= declared


@pytest.mark.parametrize("operation", ENDPOINTS)
def test_the_rows_give_the_codes_of_the_contract(operation: str) -> None:
    """All of them and no others; what differs has its reason."""
    method, path = ENDPOINTS[operation].method, ENDPOINTS[operation].path
    given = {fault.says for case in _legs(operation) for fault in case.faults}
    given = {says for says in given if " " not in says}
    different = DIFFERENT.get(path, {})
    assert given ^ MATRIX.get(f"{method} {path}", MATRIX.get(path, set())) == different.keys()


async def _wrongly_told(stage: Stage, case: Case, *, year: str = "2025", concealing: bool = False) -> list[str]:
    answer = await (await case.begin(stage)).send()
    assert _succeeded(answer), answer.text
    wrong = []
    for fault in case.faults:
        ask = await case.begin(stage)
        await _spoilt(ask, fault)
        with _watching() as seen:
            answer = await ask.send()
        expected = told(fault.says, year=year, concealing=concealing)
        if seen != [fault.refusal] or not _matches(answer, expected):
            wrong.append(f"{fault.name}: {seen}, {answer.status_code} {answer.text} {answer.headers}, not {expected}")
    return wrong


@pytest.mark.parametrize("name", CASES)
async def test_each_fault_is_told_as_the_contract_says(serve: Serve, name: str) -> None:
    """With the codes of October 2025, byte for byte."""
    async with serve(policy=EVERY_WAY_IN) as running:
        assert await _wrongly_told(Stage(running), CASES[name]) == []


@pytest.mark.engine("sqlite")  # what is told does not depend on the engine
@pytest.mark.parametrize("wish", ["2026", "2026, concealed", "2025, concealed"])
async def test_each_fault_is_told_as_the_operator_wants(serve: Serve, wish: str) -> None:
    """With the newest codes, and with what tells too much concealed."""
    year, concealing = wish[:4], "concealed" in wish
    environ = {"VESTIBULE_NHOST_CODES": year, "AUTH_CONCEAL_ERRORS": str(concealing).lower()}
    async with serve(environ, policy=EVERY_WAY_IN) as running:
        for name, case in CASES.items():
            assert await _wrongly_told(Stage(running), case, year=year, concealing=concealing) == [], name


@pytest.mark.engine("sqlite")  # as above
@pytest.mark.parametrize("name", CASES)
async def test_of_two_faults_the_earlier_one_is_told(serve: Serve, name: str) -> None:
    """The rows stand in the order of the checks: of any two that can meet, the upper one wins."""
    case = CASES[name]
    async with serve(NO_ALARM, policy=EVERY_WAY_IN) as running:
        stage = Stage(running)
        for number, later in enumerate(case.faults):
            for earlier in case.faults[:number]:
                if not earlier.meets(later):
                    continue
                ask = await case.begin(stage)
                await _spoilt(ask, earlier, later)
                with _watching() as seen:
                    answer = await ask.send()
                assert seen == [earlier.refusal], (earlier.name, later.name, answer.text)


def test_every_word_of_the_matrix_is_known() -> None:
    """The tables above mean something."""
    for codes in MATRIX.values():
        for code in codes:
            for year in ("2025", "2026"):
                assert told(code, year=year, concealing=False).status >= 400, code_of(code, year)
