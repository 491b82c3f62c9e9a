"""A stand-in that speaks KurrentDB's gRPC: `python -m tests.kurrent_peer PORT [FILE] [TLS]`.

It is built from the protobuf definitions that `kurrentdbclient` brings, and it is what our
adapter is held to where no server can be installed. What it imitates: appends at an expected
revision and what is answered when it is wrong, the idempotent answer to an append that comes
twice at its own revision, the limit of 1 MiB an append, reads of streams and of `$all` in both
directions, filters by regular expression over streams or types, catch-up subscriptions with
checkpoints and `caught up`, commit positions with gaps, the server's own events in between, the
refusal of a position that is no event's, Basic credentials over TLS. What it does not: clusters
and leader changes, gossip, soft deletes and tombstones, access lists, scavenging, links and
projections, persistent subscriptions, the version 2 protocol, back pressure, fsync, speed. It
answers as the documentation and the client's source say a server does; only a real one
proves that: set `CX_TEST_KURRENTDB_URL` and the same suite runs against it.

With TLS = `CERTIFICATE:KEY:USER:PASSWORD` it wants those credentials.
"""

import asyncio
import base64
import sys
from pathlib import Path

import grpc
from kurrentdbclient.protos.v1 import streams_pb2_grpc

from tests.kurrent_peer.records import Records
from tests.kurrent_peer.streams import Streams

MESSAGE_BYTES_MAX = 16 * 1024 * 1024


def secured(tls):
    certificate, key, user_password = tls.split(":", 2)
    pair = Path(key).read_bytes(), Path(certificate).read_bytes()
    return grpc.ssl_server_credentials([pair]), user_password


async def serve(port, path="", tls=""):
    authorization = None
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES_MAX)]
    server = grpc.aio.server(options=options)
    if tls:
        credentials, user_password = secured(tls)
        authorization = "Basic " + base64.b64encode(user_password.encode()).decode()
        server.add_secure_port(f"127.0.0.1:{port}", credentials)
    else:
        server.add_insecure_port(f"127.0.0.1:{port}")
    records = Records(Path(path) if path else None)
    streams_pb2_grpc.add_StreamsServicer_to_server(Streams(records, authorization), server)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
