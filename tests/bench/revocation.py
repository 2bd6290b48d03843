"""What the revocation check costs once it has been made, in this process."""

import asyncio
import time
from dataclasses import replace
from datetime import datetime, timedelta

import trustme

from clearpane.certificates import der, pem
from clearpane.certificates.certificate import Certificate, Extension
from clearpane.verification.answers import State, Status
from clearpane.verification.fetch import Fetch
from clearpane.verification.revocation import Checking, questions
from clearpane.verification.status import StatusChecker

NOW = datetime.fromtimestamp(time.time()).astimezone()
LIST = der.element(der.context(6, constructed=False), b"http://ca.test/one.crl")
POINT = der.sequence(der.element(der.context(0), der.element(der.context(0), LIST)))


def naming(issued: bytes) -> Certificate:
    """The certificate (PEM) as if it named a responder and a CRL."""
    certificate = Certificate.parse(pem.certificates(issued)[0])
    points = Extension("2.5.29.31", critical=False, value=der.sequence(POINT))
    extensions = (*certificate.extensions, points)
    return replace(certificate, ocsp=("http://ocsp.test",), extensions=extensions)


def cached_answer() -> float:
    """One path whose leaf and intermediate were asked about before; the best of 50 rounds."""
    root = trustme.CA()
    intermediate = root.create_child_ca()
    leaf = intermediate.issue_cert("www.example.com").cert_chain_pems[0]
    path = [naming(each.bytes()) for each in (leaf, intermediate.cert_pem, root.cert_pem)]
    checking = Checking(ocsp=True, crl=True)
    checker = StatusChecker(Fetch(allow_private_addresses=False), lambda: NOW)
    asked = questions(path, b"", checking)
    assert len(asked) == 2
    for question in asked:
        checker.cache.put(question.id, Status(State.GOOD, NOW + timedelta(days=1), "good"), NOW)

    async def hundred() -> float:
        started = time.perf_counter()
        for _ in range(100):
            await checker.check(path, b"", checking)
        return (time.perf_counter() - started) / 100

    with asyncio.Runner() as runner:
        return min(runner.run(hundred()) for _ in range(50))
