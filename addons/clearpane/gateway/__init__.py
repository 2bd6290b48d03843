"""mitmproxy's side: one addon per moment of a connection, in the order in which they come.

- `start.Start`: options, refusals, the policy, the end of the process
- `connections.Connections`: a connection opens and ends
- `transparent.Transparent`: what TPROXY needs of a listener
- `decide.Decide`: a client says hello
- `tls.Tls`: the two handshakes
- `http.Http`: requests and responses (with `stream.Stream`, the one class that is replaced)
- `bodies.Bodies`: what is in them, whole, in pieces, and in the messages of WebSockets
- `streams.Streams`: sessions that are not HTTP, and what is passed on as it is

`addons.Suite` shows all of them to mitmproxy as one.

Beside them run `policy.Watch`, which swaps the policy, and `operate.Operate`, which answers
commands.
"""
