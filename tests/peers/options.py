"""Sends UDP datagrams with IP options, with IPv6 extension headers, or in two fragments of which the first ends within
the dialled number: one for each argument SOURCE,TARGET,PORT,KIND,HEX."""
import socket
import struct
import sys

# An option of four octets that says nothing: three times "no operation", and the end (RFC 791, 3.1).
OPTIONS = b"\x01\x01\x01\x00"
# Next header (the kernel's), no more octets than eight, and PadN over the other six (RFC 8200, 4.2).
PADDING = b"\x00\x00\x01\x04\x00\x00\x00\x00"
IPV6_HOPOPTS, IPV6_DSTOPTS = 54, 59

# Octets of the first fragment behind the IP header: those of UDP, and "INVITE sip:00535".
FIRST = 8 + 16
MORE_FRAGMENTS = 0x2000


def fragments(source, target, port, message):
    whole = struct.pack("!4H", 5062, port, 8 + len(message), 0) + message
    for offset, part in ((0, whole[:FIRST]), (FIRST, whole[FIRST:])):
        field = offset // 8 | (0 if offset else MORE_FRAGMENTS)
        # The kernel writes the checksum; a UDP checksum of 0 is none.
        head = struct.pack("!2B3H2BH", 0x45, 0, 20 + len(part), 4711, field, 64, socket.IPPROTO_UDP, 0)
        yield head + socket.inet_aton(source) + socket.inet_aton(target) + part


for argument in sys.argv[1:]:
    source, target, port, kind, message = argument.split(",")
    if kind == "fragments":
        sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        for packet in fragments(source, target, int(port), bytes.fromhex(message)):
            sender.sendto(packet, (target, 0))
        continue
    if kind == "options":
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, OPTIONS)
    else:
        sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        name = {"hop-by-hop": IPV6_HOPOPTS, "destination": IPV6_DSTOPTS}[kind]
        sender.setsockopt(socket.IPPROTO_IPV6, name, PADDING)
    sender.bind((source, 0))
    sender.sendto(bytes.fromhex(message), (target, int(port)))
