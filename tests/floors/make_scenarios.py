"""Writes product.json: `sanwang load` against `sanwang simulate`, each beside the limit with the same window."""

import json
import pathlib

LIMIT = "tests/floors/limit/target/release/limit"
SANWANG = "target/release/sanwang"
SGIP = "node=3010012345&listen=127.0.0.1:17994"


def limit(window: int, conns: int, pin: str) -> dict[str, object]:
    run = f"{LIMIT} run --proto cmpp30 --req 335 --resp 24 --secs 2 --warmup 0.5 --window {window} --conns {conns}"
    return {"name": f"limit W={window} C={conns}{' one core' if pin else ''}", "client": f"{pin}{run}"}


def product(protocol: str, window: int, conns: int, pin: str = "", report: bool = False) -> dict[str, object]:
    port = {"cmpp": 17991, "sgip": 17992, "smgp": 17993}[protocol]
    listen = f"{protocol}://127.0.0.1:{port}" + ("?deliver_to=127.0.0.1:17994" if protocol == "sgip" else "")
    account = f"{protocol}://900001:888888@127.0.0.1:{port}" + (f"?{SGIP}" if protocol == "sgip" else "")
    load = (
        f"{SANWANG} load '{account}' --window {window} --connections {conns} --outstanding {window * conns}"
        f" --seconds 2 --warmup 0.5 --server-pid {{pid}} --quiet{' --report' if report else ''}"
    )
    base = f"limit W={window} C={conns}{' one core' if pin else ''}"
    what = f"{protocol}{' with reports' if report else ''} W={window} C={conns}{' one core' if pin else ''}"
    return {
        "name": what,
        "server": f"{pin}{SANWANG} simulate '{listen}' --quiet",
        "client": f"{pin}{load}",
        "port": port,
        "base": base,
    }


def main() -> None:
    scenarios: list[dict[str, object]] = []
    for window, conns in ((1, 1), (16, 1), (64, 1), (16, 8)):
        scenarios += [limit(window, conns, ""), product("cmpp", window, conns)]
    for window in (1, 16):
        scenarios += [limit(window, 1, "taskset -c 0 "), product("cmpp", window, 1, "taskset -c 0 ")]
    scenarios += [product(p, 16, 1) for p in ("sgip", "smgp")]
    scenarios += [product(p, 16, 1, report=True) for p in ("cmpp", "sgip", "smgp")]
    path = pathlib.Path(__file__).with_name("product.json")
    path.write_text(json.dumps(scenarios, indent=1) + "\n")


if __name__ == "__main__":
    main()
