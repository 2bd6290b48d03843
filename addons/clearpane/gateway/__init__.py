"""mitmproxy's side: one addon per moment of a connection, in the order in which they come.

- `start.Start`: options, refusals, the policy, the end of the process
- `connections.Connections`: a connection opens and ends
- `transparent.Transparent`: what TPROXY needs of a listener
- `decide.Decide`: a client says hello
- `tls.Tls`: the two handshakes
- `http.Http`: requests and responses (with `stream.Stream`, the one class that is replaced)
- `streams.Streams`: what is passed on as it is

Beside them run `policy.Watch`, which swaps the policy, and `operate.Operate`, which answers
commands.
"""
