# SPDX-License-Identifier: MIT
"""Captures put together octet by octet for tests: it shares nothing with what reads or writes them."""
import ipaddress
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START = 1772357400  # 2026-03-01T09:30:00Z
ETHERNET, NULL, RAW, LOOP, SLL, SLL2 = 1, 0, 101, 108, 113, 276


def tcp(source, target, seq, ack, flags, data=b"", options=b""):
    return struct.pack(">HHIIBBHHH", source, target, seq % 2**32, ack % 2**32, (20 + len(options)) // 4 << 4, flags,
                       65535, 0, 0) + options + data


def ip4(source, target, body, total=None, part=0, more=False, protocol=6, options=b""):
    length = 20 + len(options) + len(body) if total is None else total
    return struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, length, 7, more << 13 | part // 8, 64, protocol, 0,
                       ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed) + options + body


def ip6(source, target, body, following=6):
    return struct.pack(">IHBB16s16s", 0x60000000, len(body), following, 64, ipaddress.ip_address(source).packed,
                       ipaddress.ip_address(target).packed) + body


def ether(packet, tags=(), what=None, padding=b""):
    what = what or (0x86dd if packet[0] >> 4 == 6 else 0x0800)
    return bytes(12) + b"".join(struct.pack(">HH", kind, 5) for kind in tags) + struct.pack(">H", what) + packet + padding


def sll(packet):
    return struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x86dd if packet[0] >> 4 == 6 else 0x0800) + packet


def sll2(packet):
    return struct.pack(">HHIHBB8s", 0x86dd if packet[0] >> 4 == 6 else 0x0800, 0, 1, 1, 0, 6, bytes(8)) + packet


def pcap(packets, link=ETHERNET, order="<", nano=False, snaplen=65535):
    """`packets` are octets, or (octets, length on the wire); a millisecond lies between them."""
    out = [struct.pack(order + "IHHIIII", 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, snaplen, link)]
    for i, packet in enumerate(packets):
        data, wire = packet if isinstance(packet, tuple) else (packet, len(packet))
        out += [struct.pack(order + "IIII", START + i // 1000, i % 1000 * (1000000 if nano else 1000), len(data), wire), data]
    return b"".join(out)


def block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def pcapng(packets, links=(ETHERNET,), order="<", resolution=6):
    """`packets` are (interface, octets)."""
    out = block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order)
    for link in links:
        option = struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
        out += block(1, struct.pack(order + "HHI", link, 0, 65535) + option, order)
    for i, (interface, data) in enumerate(packets):
        stamp = START * 10**resolution + i * 10**(resolution - 3)
        out += block(6, struct.pack(order + "IIIII", interface, stamp >> 32, stamp & 0xffffffff, len(data), len(data)) + data,
                     order)
    return out


class Talk:
    """A TCP connection. What is said is a list of IP packets."""

    def __init__(self, client=("192.0.2.9", 40000), pbx=("192.0.2.5", 50797), isn=(1000, 9000)):
        self.ends, self.next = (client, pbx), list(isn)

    def packet(self, side, flags, data=b"", seq=None, ack=None, **how):
        a, b = self.ends[side], self.ends[1 - side]
        segment = tcp(a[1], b[1], self.next[side] if seq is None else seq, self.next[1 - side] if ack is None else ack,
                      flags, data, **how)
        return ip6(a[0], b[0], segment) if ":" in a[0] else ip4(a[0], b[0], segment)

    def open(self):
        first = self.packet(0, SYN, ack=0)
        self.next[0] += 1
        second = self.packet(1, SYN | ACK)
        self.next[1] += 1
        return [first, second, self.packet(0, ACK)]

    def say(self, side, data, size=1460):
        out = []
        for at in range(0, len(data), size):
            out.append(self.packet(side, PSH | ACK, data[at:at + size]))
            self.next[side] += len(data[at:at + size])
        return out

    def skip(self, side, data):
        """Said, but not captured."""
        self.next[side] += len(data)
        return []

    def acked(self, side):
        """Nothing but an acknowledgement by that side of all that the other has sent."""
        return [self.packet(side, ACK)]

    def close(self, side=0):
        out = [self.packet(side, FIN | ACK)]
        self.next[side] += 1
        out.append(self.packet(1 - side, FIN | ACK))
        self.next[1 - side] += 1
        return out + [self.packet(side, ACK)]

    def reset(self, side=1):
        return [self.packet(side, RST)]
