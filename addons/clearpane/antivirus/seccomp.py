"""The filter of system calls under which strangers' content is unpacked, in the kernel's form.

It names what is refused: whatever reaches the network, a file, a program or another process. A
machine that is not known here has no filter.
"""

import struct

# linux/seccomp.h, linux/bpf_common.h
_ALLOW, _KILL, _REFUSE = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_EPERM, _ENOENT = 1, 2
_X32 = 0x4000_0000  # numbers from here on are another way into the same kernel

_MACHINES = {"x86_64": (0xC000_003E, 1), "aarch64": (0xC000_00B7, 2)}  # AUDIT_ARCH_*, column

# Numbers on x86-64 and on 64-bit ARM; - where it has no such call. That there are no files is what
# C libraries expect to hear now and then, so they hear that.
FILES = """
open 2 -             openat 257 56           creat 85 -            openat2 437 437
name_to_handle_at 303 264                    open_by_handle_at 304 265
"""
REFUSED = """
socket 41 198        socketpair 53 199       connect 42 203        bind 49 200
listen 50 201        accept 43 202           accept4 288 242       io_uring_setup 425 425
execve 59 221        execveat 322 281        fork 57 -             vfork 58 -
clone 56 220         clone3 435 435          unshare 272 97        setns 308 268
ptrace 101 117       process_vm_readv 310 270                      process_vm_writev 311 271
pidfd_open 434 434   pidfd_getfd 438 438     pidfd_send_signal 424 424
kill 62 129          tkill 200 130           tgkill 234 131        rt_sigqueueinfo 129 138
bpf 321 280          perf_event_open 298 241 userfaultfd 323 282   memfd_create 319 279
keyctl 250 219       add_key 248 217         request_key 249 218
mount 165 40         chroot 161 51           pivot_root 155 41     truncate 76 45
unlink 87 -          unlinkat 263 35         rename 82 -           renameat 264 38
renameat2 316 276    link 86 -               linkat 265 37         symlink 88 -
symlinkat 266 36     mkdir 83 -              mkdirat 258 34        rmdir 84 -
mknod 133 -          mknodat 259 33          chmod 90 -            fchmodat 268 53
chown 92 -           lchown 94 -             fchownat 260 54
"""


def program(machine: str) -> bytes:
    """An array of struct sock_filter (seccomp(2)), empty for a machine that is not known."""
    if machine not in _MACHINES:
        return b""
    audited, column = _MACHINES[machine]
    # Offsets in struct seccomp_data: nr 0, arch 4. A jump counts the steps that it leaves out.
    steps = [
        _step(_LOAD, 4),
        _step(_EQUAL, audited, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, 0),
        _step(_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _KILL),
    ]
    for table, answer in ((FILES, _ENOENT), (REFUSED, _EPERM)):
        for number in numbers(table, column):
            steps += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _REFUSE | answer)]
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def numbers(table: str, column: int) -> list[int]:
    """Of the system calls in a table of three columns."""
    return [int(word) for word in table.split()[column::3] if word != "-"]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
