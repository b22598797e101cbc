"""Writes product.json: our client and our gateway, each row beside the limit with the same window and connections."""

import json
import pathlib

LIMIT = "tests/floors/limit/target/release/limit"
SANWANG = "target/release/sanwang"
SGIP = "node=3010012345&listen=127.0.0.1:17994"
FRAMES = "--proto cmpp30 --req 335 --resp 24 --secs 2 --warmup 0.5"
GATEWAY = f"{SANWANG} simulate 'cmpp://127.0.0.1:17991' --quiet"
ACCOUNT = "cmpp://900001:888888@127.0.0.1:{port}"
LOOP = "rate=0&report=no&queue=100000&sender=10657001"

Row = dict[str, object]


def limit(window: int, conns: int, pin: str = "", rate: int = 0) -> Row:
    open_loop = f" --rate {rate}" if rate else ""
    run = f"{LIMIT} run {FRAMES} --window {window} --conns {conns}{open_loop}"
    return {"name": base(window, conns, pin, rate), "client": f"{pin}{run}"}


def base(window: int, conns: int, pin: str = "", rate: int = 0) -> str:
    return f"limit W={window} C={conns}{' one core' if pin else ''}{f' open loop {rate}/s' if rate else ''}"


def load(account: str, window: int, conns: int, more: str = "") -> str:
    return (
        f"{SANWANG} load '{account}' --window {window} --connections {conns} --outstanding {window * conns}"
        f" --seconds 2 --warmup 0.5 --server-pid {{pid}} --quiet{more}"
    )


def product(protocol: str, window: int, conns: int, pin: str = "", report: bool = False) -> Row:
    port = {"cmpp": 17991, "sgip": 17992, "smgp": 17993}[protocol]
    listen = f"{protocol}://127.0.0.1:{port}" + ("?deliver_to=127.0.0.1:17994" if protocol == "sgip" else "")
    account = f"{protocol}://900001:888888@127.0.0.1:{port}" + (f"?{SGIP}" if protocol == "sgip" else "")
    what = f"{protocol}{' with reports' if report else ''} W={window} C={conns}{' one core' if pin else ''}"
    return {
        "name": what,
        "server": f"{pin}{SANWANG} simulate '{listen}' --quiet",
        "client": f"{pin}{load(account, window, conns, ' --report' if report else '')}",
        "port": port,
        "base": base(window, conns, pin),
    }


def our_client(window: int) -> Row:
    """Our client alone, against the server of the limit."""
    return {
        "name": f"our client, limit's server W={window} C=1",
        "server": f"{LIMIT} server --addr 127.0.0.1:17995 --resp 24",
        "client": load(ACCOUNT.format(port=17995), window, 1),
        "port": 17995,
        "base": base(window, 1),
    }


def our_gateway(window: int, rate: int = 0) -> Row:
    """Our gateway alone, under the client of the limit."""
    open_loop = f" --rate {rate}" if rate else ""
    return {
        "name": f"our gateway, limit's client W={window} C=1{f' open loop {rate}/s' if rate else ''}",
        "server": GATEWAY,
        "client": f"{LIMIT} client {FRAMES} --addr 127.0.0.1:17991 --window {window} --server-pid {{pid}}{open_loop}",
        "port": 17991,
        "base": base(window, 1, rate=rate),
    }


def door(language: str, program: str, window: int) -> Row:
    """The closed loop of another language against our gateway, beside that of Rust."""
    account = f"{ACCOUNT.format(port=17991)}?window={window}&{LOOP}"
    return {
        "name": f"{language} W={window} C=1",
        "server": GATEWAY,
        "client": f"{program} '{account}' {window} 2 {{pid}}",
        "port": 17991,
        "base": f"cmpp W={window} C=1",
    }


def main() -> None:
    scenarios: list[Row] = []
    for window, conns in ((1, 1), (16, 1), (64, 1), (16, 8)):
        scenarios += [limit(window, conns), product("cmpp", window, conns)]
    for window in (1, 16):
        pin = "taskset -c 0 "
        scenarios += [limit(window, 1, pin), product("cmpp", window, 1, pin)]
    scenarios += [product(p, 16, 1) for p in ("sgip", "smgp")]
    scenarios += [product(p, 16, 1, report=True) for p in ("cmpp", "sgip", "smgp")]
    scenarios += [our_client(16), our_gateway(16)]
    scenarios += [limit(64, 1, rate=10_000), our_gateway(64, rate=10_000)]
    scenarios += [
        door("C", "tests/floors/doors/build/loop", 64),
        door("Python", ".venv/bin/python tests/floors/doors/loop.py", 64),
    ]
    idle = f"{LIMIT} idle --proto cmpp30 --addr 127.0.0.1:17991 --conns 10000 --users 200 --server-pid {{pid}}"
    scenarios.append({
        "name": "memory of 10,000 idle connections",
        # They come from one address, which a listener would limit.
        "server": f"{SANWANG} simulate 'cmpp://127.0.0.1:17991?address_limit=0' --quiet",
        "client": idle,
        "port": 17991,
        "rounds": 1,
        "timeout": 120,
    })
    path = pathlib.Path(__file__).with_name("product.json")
    path.write_text(json.dumps(scenarios, indent=1) + "\n")


if __name__ == "__main__":
    main()
