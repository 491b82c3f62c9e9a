"""The Streams service of KurrentDB's gRPC protocol, as far as our adapter speaks it."""

import asyncio
import bisect

import grpc
from google.protobuf import any_pb2
from kurrentdbclient.protos.v1 import shared_pb2, status_pb2, streams_pb2, streams_pb2_grpc

from tests.kurrent_peer.records import NO_STREAM, AppendTooLarge, WrongExpectedVersion

Resp = streams_pb2.ReadResp


class Streams(streams_pb2_grpc.StreamsServicer):
    def __init__(self, records, authorization=None):
        self.records = records
        self._authorization = authorization
        self._grown = asyncio.Condition()

    async def BatchAppend(self, requests, context):  # noqa: N802 - named by the protocol
        await self._authorize(context)
        pending = {}
        async for request in requests:
            events = pending.setdefault(request.correlation_id.string, (request.options, []))[1]
            events += [
                (each.metadata["type"], each.id.string, each.data, each.custom_metadata)
                for each in request.proposed_messages
            ]
            if request.is_final:
                options, events = pending.pop(request.correlation_id.string)
                answer = self._appended(options, events)
                answer.correlation_id.CopyFrom(request.correlation_id)
                answer.stream_identifier.CopyFrom(options.stream_identifier)
                async with self._grown:
                    self._grown.notify_all()
                yield answer  # the client hangs up as soon as it has it

    def _appended(self, options, events):
        match options.WhichOneof("expected_stream_position"):
            case "stream_position":
                expected = options.stream_position
            case "no_stream":
                expected = NO_STREAM
            case _:
                expected = None
        stream = options.stream_identifier.stream_name.decode()
        try:
            revision, position = self.records.append(stream, events, expected=expected)
        except WrongExpectedVersion as wrong:
            return _error(grpc.StatusCode.FAILED_PRECONDITION, _wrong(wrong.current, expected))
        except AppendTooLarge:
            too_large = shared_pb2.MaximumAppendSizeExceeded(maxAppendSize=1_048_576)
            return _error(grpc.StatusCode.INVALID_ARGUMENT, too_large)
        answer = streams_pb2.BatchAppendResp()
        answer.success.current_revision = revision
        answer.success.position.commit_position = position
        answer.success.position.prepare_position = position
        return answer

    async def Read(self, request, context):  # noqa: N802 - named by the protocol
        await self._authorize(context)
        options = request.options
        if options.WhichOneof("stream_option") == "stream":
            for answer in self._stream(options):
                yield answer
            return
        if options.all.WhichOneof("all_option") == "position":
            position = options.all.position.commit_position
            if position not in self.records.places:
                await context.abort(
                    grpc.StatusCode.UNKNOWN, "Unexpected FilteredReadAllResult: InvalidPosition"
                )
        if options.WhichOneof("count_option") == "subscription":
            async for answer in self._subscription(options):
                yield answer
            return
        for place in self._places(options)[: options.count]:
            yield _event(self.records.all[place])

    def _stream(self, options):
        name = options.stream.stream_identifier.stream_name.decode()
        if name not in self.records.streams:
            missing = Resp.StreamNotFound(stream_identifier=options.stream.stream_identifier)
            yield Resp(stream_not_found=missing)
            return
        places = self.records.streams[name]
        if options.read_direction == streams_pb2.ReadReq.Options.Backwards:
            places = places[::-1]
        elif options.stream.WhichOneof("revision_option") == "revision":
            places = places[options.stream.revision :]
        for place in places[: options.count]:
            yield _event(self.records.all[place])

    def _places(self, options):
        """Return the places that a read of `$all` gives, from its position on, inclusive."""
        found = self._matching(options)
        if options.read_direction == streams_pb2.ReadReq.Options.Backwards:
            return found[::-1]
        if options.all.WhichOneof("all_option") != "position":
            return found
        first = self.records.places[options.all.position.commit_position]
        return found[bisect.bisect_left(found, first) :]

    def _matching(self, options):
        if options.WhichOneof("filter_option") != "filter":
            return list(range(len(self.records.all)))
        by_stream = options.filter.WhichOneof("filter") == "stream_identifier"
        wanted = options.filter.stream_identifier if by_stream else options.filter.event_type
        return self.records.matching(wanted.regex, by_stream)

    async def _subscription(self, options):
        """Answer what comes after the position, then whatever is recorded, for ever."""
        yield Resp(confirmation=Resp.SubscriptionConfirmation(subscription_id="peer"))
        interval = options.filter.max * options.filter.checkpointIntervalMultiplier or 150
        match options.all.WhichOneof("all_option"):
            case "position":
                seen = self.records.places[options.all.position.commit_position] + 1
            case "end":
                seen = len(self.records.all)
            case _:
                seen = 0
        caught_up, passed = False, 0
        while True:
            found, end = self._matching(options), len(self.records.all)
            fresh = found[bisect.bisect_left(found, seen) :]
            for place in fresh:
                yield _event(self.records.all[place])
            passed = 0 if fresh else passed + end - seen
            if passed >= interval:
                position, passed = self.records.all[end - 1].position, 0
                checkpoint = Resp.Checkpoint(commit_position=position, prepare_position=position)
                yield Resp(checkpoint=checkpoint)
            seen = end
            if not caught_up:
                caught_up = True
                yield Resp(caught_up=Resp.CaughtUp())
            async with self._grown:
                await self._grown.wait_for(lambda seen=seen: len(self.records.all) > seen)

    async def _authorize(self, context):
        if self._authorization is None:
            return
        told = dict(context.invocation_metadata()).get("authorization")
        if told != self._authorization:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Unauthenticated")


def _event(record):
    recorded = Resp.ReadEvent.RecordedEvent(
        id=shared_pb2.UUID(string=record.id),
        stream_identifier=shared_pb2.StreamIdentifier(stream_name=record.stream.encode()),
        stream_revision=record.revision,
        prepare_position=record.position,
        commit_position=record.position,
        metadata={"type": record.type, "content-type": "application/json", "created": "0"},
        custom_metadata=record.metadata,
        data=record.data,
    )
    return Resp(event=Resp.ReadEvent(event=recorded, commit_position=record.position))


def _wrong(current, expected):
    wrong = shared_pb2.WrongExpectedVersion()
    if current == NO_STREAM:
        wrong.current_no_stream.SetInParent()
    else:
        wrong.current_stream_revision = current
    if expected == NO_STREAM:
        wrong.expected_no_stream.SetInParent()
    else:
        wrong.expected_stream_position = expected
    return wrong


def _error(code, detail):
    details = any_pb2.Any()
    details.Pack(detail)
    status = status_pb2.Status(code=code.value[0], message=code.name, details=details)
    return streams_pb2.BatchAppendResp(error=status)
