"""What a reply of ClamAV's daemon means; only one that says OK means clean.

ClamAV reports by the same word a virus and a file that it did not look into. The second kind are
the names below, as its clamd.conf(5) explains them under the options that switch them on.
"""

import clamd

from clearpane.antivirus import threats
from clearpane.content.detection import Detection, Finding, Unread, Unscanned

NAME = "clamd"

# Names of the form Heuristics.*, by how they begin. All others judge what was seen: a macro that is
# there (OLE2.ContainsMacros), an exploit, phishing, a card number, a worm that was recognised.
UNREAD = {
    "Heuristics.Encrypted.": Unread.ENCRYPTED,  # AlertEncrypted*
    "Heuristics.Limits.": Unread.LIMIT,  # AlertExceedsMax
    "Heuristics.XZ.DicSizeLimit": Unread.LIMIT,  # a dictionary larger than it gives memory for
    "Heuristics.Zip.OverlappingFiles": Unread.LIMIT,  # a bomb, which it stops unpacking
    "Heuristics.Broken.": Unread.MALFORMED,  # AlertBrokenExecutables, AlertBrokenMedia
    # AlertPartitionIntersection: disk images whose partitions lie over each other
    "Heuristics.APMPartitionIntersection": Unread.MALFORMED,
    "Heuristics.GPTPartitionIntersection": Unread.MALFORMED,
    "Heuristics.MBRPartitionnIntersect": Unread.MALFORMED,  # spelt so
}


def judge(reply: str) -> tuple[Finding, ...]:
    """What a reply such as `stream: Eicar-Test-Signature FOUND` means."""
    found = clamd.scan_response.match(reply)
    status, name = (found["status"], found["virus"] or "") if found else ("ERROR", "")
    if status == "OK" and not name:
        return ()
    if status != "FOUND" or not name:
        if "size limit exceeded" in reply:
            return (Unscanned(Unread.TOO_BIG, detail="more than clamd's StreamMaxLength"),)
        return down(f"clamd says {reply[:200]!r}")
    for beginning, reason in UNREAD.items():
        if name.startswith(beginning):
            return (Unscanned(reason, detail=name),)
    threat, number = threats.known(name)
    return (Detection(threat, number, engine=NAME),)


def down(detail: str) -> tuple[Finding, ...]:
    return (Unscanned(Unread.ENGINE_DOWN, detail=detail),)
