"""`clearpane ca`: make, import, request, export and show the authorities; complete a chain.

Keys never leave the folder and are never printed; what is refused is one line that says why.
"""

import argparse
import dataclasses
import getpass
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from clearpane.authorities import export, importing, make, store
from clearpane.authorities.authority import Authority, AuthorityName, chain
from clearpane.authorities.importing import PassphraseNeededError
from clearpane.authorities.inbound_store import load_inbound
from clearpane.authorities.store import Slot
from clearpane.authorities.summary import Summary, summarise
from clearpane.cli import intermediate
from clearpane.cli.folders import add_folders
from clearpane.errors import ClearpaneError, Problem, Problems

_OK, _FOUND_PROBLEMS, _REFUSED = 0, 1, 2
_ROLES = [slot.removeprefix("forward-") for slot in Slot]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "ca", help="make, import, request, export and show the authorities"
    )
    parser.set_defaults(run=run)
    verbs = parser.add_subparsers(dest="ca_verb", required=True, metavar="VERB")
    for name, (text, _, add_arguments) in _VERBS.items():
        verb = verbs.add_parser(name, help=text, description=text)
        add_arguments(verb)
        add_folders(verb)


def run(args: argparse.Namespace) -> int:
    """0: done; 1: `show` found something wrong; 2: refused."""
    try:
        # The command's edge is where the clock is read.
        return _VERBS[args.ca_verb][1](args, args.ca, datetime.now(UTC))  # noqa: TID251
    except ClearpaneError as error:
        problems = error.problems
    except OSError as error:
        problems = (Problem(str(error.filename or ""), error.strerror or str(error)),)
    except (EOFError, KeyboardInterrupt):
        problems = (Problem("", "stopped: no passphrase was given"),)
    _print_problems(problems)
    return _REFUSED


def _init(args: argparse.Namespace, folder: Path, now: datetime) -> int:
    slots = (Slot.TRUST, Slot.UNTRUST) if args.force else store.missing(folder)
    if not slots:
        raise _refusal(
            folder,
            "both authorities are there already",
            "--force replaces them, and then every client needs the new one",
        )
    store.create(folder, slots, now, make.KeyKind(args.key), args.name, args.days)
    _print_pairs(folder, slots, now)
    return _OK


def _import(args: argparse.Namespace, folder: Path, now: datetime) -> int:
    slot = Slot(f"forward-{args.role}")
    if slot.exists(folder) and not args.force:
        raise _refusal(
            slot.certificate(folder), "there is an authority already", "--force replaces it"
        )
    contents = _contents(args)
    spare_keys = () if contents.keys else store.waiting_keys(folder, slot)
    pair = importing.pair(contents, args.file, spare_keys)
    path = chain(pair.certificate, pair.others)
    authority = Authority(slot.authority, pair.certificate, path, pair.key)
    problems = Problems()
    store.check_new(folder, slot, authority, args.file, now, problems)
    if problems.errors:
        raise ClearpaneError.of(problems.errors)
    _print_problems(problems.warnings)
    store.save(folder, slot, pair.key, pair.certificate.der, pair.others)
    store.drop_request(folder, slot)
    made = [missing for missing in store.missing(folder) if missing is Slot.UNTRUST]
    store.create(folder, made, now)
    _print_pairs(folder, (slot, *made), now)
    return _OK


def _csr(args: argparse.Namespace, folder: Path, now: datetime) -> int:
    request, request_key = Slot.TRUST.request(folder), Slot.TRUST.request_key(folder)
    if request_key.exists() and not args.force:
        raise _refusal(
            request_key, "a request is waiting to be signed", "--force makes another in its place"
        )
    key = make.new_key(make.KeyKind(args.key))
    store.save_request(folder, Slot.TRUST, key, make.signing_request(key, make.subject(args.name)))
    print(
        f"{request}: the request\n{request_key}: its key, which stays here\n"
        "Have your CA sign the request as a subordinate CA (Microsoft: template SubCA), then:\n"
        "  clearpane ca import SIGNED-CERTIFICATE\n"
        "PEM, DER or a .p7b with the chain will do; the key is found."
    )
    return _OK


def _export(args: argparse.Namespace, folder: Path, now: datetime) -> int:
    slot = Slot(f"forward-{args.role}")
    problems = Problems()
    certificates = store.certificates(folder, slot, problems)
    if not certificates:
        raise ClearpaneError.of(problems.errors)
    encoded = export.encode(certificates, export.Format(args.format))
    said_on = sys.stderr
    if args.out:
        Path(args.out).write_bytes(encoded)
        print(f"{args.out}: {certificates[0].subject_name}")
        said_on = sys.stdout
    elif args.format != export.Format.PEM and sys.stdout.isatty():
        raise _refusal("--format", f"{args.format} is not text", "name a file with --out")
    else:
        sys.stdout.buffer.write(encoded)
        sys.stdout.flush()
    if slot.authority is AuthorityName.UNTRUST:
        print("Do not install this on any client: it would not be warned any more.", file=said_on)
    else:
        print(export.hints(args.out or "FILE", certificates[0]), end="", file=said_on)
    return _OK


def _show(args: argparse.Namespace, folder: Path, now: datetime) -> int:
    problems = Problems()
    if not store.is_new(folder):
        store.load(folder, now, problems)
    found = [s for slot in Slot if slot.exists(folder) for s in _summaries(folder, slot, now)]
    read = [each for each in load_inbound(folder, now, problems).values() if each]
    servers = [summarise(each.certificate, each.name, each.file, now) for each in read]
    if args.json:
        rows = [dataclasses.asdict(summary) for summary in found]
        inbound = [dataclasses.asdict(summary) for summary in servers]
        shown = [dataclasses.asdict(problem) for problem in problems.found]
        said = {"authorities": rows, "inbound": inbound, "problems": shown}
        print(json.dumps(said, indent=2))
    else:
        none = f"no authorities in {folder}: the first start makes them, or `clearpane ca init`"
        print("\n\n".join(summary.text for summary in found) or none)
        for summary in servers:
            print(f"\n{dataclasses.replace(summary, name=f'inbound {summary.name}').text}")
        _print_problems(problems.found)
    return _FOUND_PROBLEMS if problems.errors else _OK


def _contents(args: argparse.Namespace) -> importing.Contents:
    """What the named files hold; asks for the passphrase if there is somebody to ask."""
    passphrase = _given_passphrase(args.passphrase_file)
    try:
        return _read(args, passphrase)
    except PassphraseNeededError:
        if passphrase is not None or not sys.stdin.isatty():
            raise
    return _read(args, getpass.getpass("Passphrase: ").encode())


def _read(args: argparse.Namespace, passphrase: bytes | None) -> importing.Contents:
    found = importing.read(Path(args.file).read_bytes(), args.file, passphrase)
    if not args.key:
        return found
    key = importing.read(Path(args.key).read_bytes(), args.key, passphrase)
    if not key.keys:
        raise _refusal(args.key, "there is no key in this file")
    return importing.Contents(key.keys, found.certificates + key.certificates)


def _given_passphrase(file: str | None) -> bytes | None:
    if file is None:
        return None
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return data.partition(b"\n")[0].removesuffix(b"\r")


def _print_problems(problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)


def _print_pairs(folder: Path, slots: tuple[Slot, ...], now: datetime) -> None:
    written = [summary for slot in slots for summary in _summaries(folder, slot, now)]
    for summary in written:
        print(f"{summary.file}: {summary.subject}, {summary.key}, to {summary.not_after[:10]}")
    for summary in written:
        if Slot(summary.name).authority is AuthorityName.UNTRUST:
            continue
        if summary.issuer != summary.subject:
            print(f"Clients that trust {summary.issuer} need nothing more.")
        else:
            print(
                f"Install {summary.file} on the clients; "
                "`clearpane ca export` says how on each platform."
            )


def _summaries(folder: Path, slot: Slot, now: datetime) -> list[Summary]:
    """One, or none where the file can't be read."""
    found = store.certificates(folder, slot, Problems())[:1]
    return [summarise(c, slot, str(slot.certificate(folder)), now) for c in found]


def _refusal(place: object, message: str, cure: str = "") -> ClearpaneError:
    return ClearpaneError(Problem(str(place), message, cure))


def _name(text: str) -> str:
    try:
        make.subject(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= make.MAX_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {make.MAX_DAYS}")
    return int(text)


def _add_new_key(verb: argparse.ArgumentParser) -> None:
    kinds = list(make.KeyKind)
    verb.add_argument(
        "--key", choices=kinds, default=make.KeyKind.EC_P256, help="kind of the new key (ec-p256)"
    )
    verb.add_argument(
        "--name",
        type=_name,
        default=make.DEFAULT_NAME,
        help="common name, or a name like CN=Acme TLS,O=Acme,C=DE",
    )
    verb.add_argument("--force", action="store_true", help="replace what is there")


def _add_init(verb: argparse.ArgumentParser) -> None:
    _add_new_key(verb)
    verb.add_argument(
        "--days", type=_days, default=make.DEFAULT_DAYS, help="days until it expires (3650)"
    )


def _add_import(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", metavar="FILE", help="PEM, PKCS#12, PKCS#7 or a certificate in DER")
    verb.add_argument("--key", metavar="FILE", help="the key, where FILE does not hold it")
    verb.add_argument(
        "--passphrase-file", metavar="FILE", help="its first line is the passphrase; - is stdin"
    )
    _add_role(verb, "what the authority is for (trust)")
    verb.add_argument("--force", action="store_true", help="replace what is there")


def _add_export(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--format", choices=list(export.Format), default=export.Format.PEM)
    verb.add_argument("--out", metavar="FILE", help="where to write it (standard output)")
    _add_role(verb, "which authority (trust); Untrust is never for clients")


def _add_role(verb: argparse.ArgumentParser, text: str) -> None:
    verb.add_argument("--role", choices=_ROLES, default="trust", help=text)


def _add_show(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--json", action="store_true", help="as one JSON object")


_VERBS = {
    "init": ("make the authorities that are missing", _init, _add_init),
    "import": ("take an authority that was made elsewhere", _import, _add_import),
    "csr": ("make a key and a request for a subordinate CA", _csr, _add_new_key),
    "export": ("write the public part for the clients", _export, _add_export),
    "show": ("show the authorities and what is wrong with them", _show, _add_show),
    "fetch-intermediate": (
        "keep the certificate that a server forgets to send",
        intermediate.run,
        intermediate.add_arguments,
    ),
}
