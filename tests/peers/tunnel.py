"""The far end of the tun interface NAME: writes each datagram that comes out of it to stdout, one JSON string a line.
Once FILE exists, sends its lines, JSON arrays of source, target and message, into it as UDP over IPv4.

    tunnel.py NAME FILE
"""

import fcntl
import json
import os
import select
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
PORT = 5070


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(source, target, message):
    udp = struct.pack("!4H", 5062, PORT, 8 + len(message), 0) + message
    head = struct.pack("!2B3H2BH", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0)
    head += socket.inet_aton(source) + socket.inet_aton(target)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + udp


tunnel = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tunnel, TUNSETIFF, struct.pack("16sH22x", sys.argv[1].encode(), IFF_TUN | IFF_NO_PI))
print("attached", flush=True)
waiting = sys.argv[2]
while True:
    if waiting and os.path.exists(waiting):
        for line in open(waiting):
            source, target, message = json.loads(line)
            os.write(tunnel, datagram(source, target, message.encode()))
        waiting = None
    if not select.select([tunnel], [], [], 0.02)[0]:
        continue
    packet = os.read(tunnel, 65536)
    start = (packet[0] & 15) * 4
    if packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_UDP:
        print(json.dumps(packet[start + 8 :].decode("latin-1")), flush=True)
