"""Requests -> replies. Every engine is a `concepts.Engine`: many in, streamed out, each request back exactly once.

`litellm` reaches every provider and, through its custom providers, the simulator (`sim/`). What engines share: `access`
(which host, which key), `prices` (litellm's price file, read without importing litellm), `faults` (what a provider's
error means and what to do about it), `pool` (a fixed number of workers over one stream). Engines try once; the one
retry loop is the executor's.
"""
