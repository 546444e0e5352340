"""A phone on pjsua2 that is called: tells, in a line of JSON each, the Call-ID of every INVITE that it takes for a call
and whom the call is for, and refuses it."""
# called.py ADDRESS PORT
import ctypes
import json
import os
import pathlib
import re
import sys

import pjsua2 as pj

# The wheel's own OpenSSL 1.0.2 knows no digest, MD5 included, until somebody asks it to.
for own in pathlib.Path(pj.__file__).parents[1].glob("pjsua2_python.libs/libcrypto-*"):
    ctypes.CDLL(str(own)).OpenSSL_add_all_digests()

address, port = sys.argv[1], int(sys.argv[2])
kept, waiting = [], []


class Phone(pj.Account):
    def onIncomingCall(self, incoming):
        call = pj.Call(self, incoming.callId)
        kept.append(call)
        waiting.append(call)
        info = call.getInfo()
        print(json.dumps({"call": info.callIdString, "called": info.localUri}), flush=True)


library = pj.Endpoint()
library.libCreate()
config = pj.EpConfig()
config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
config.logConfig.level = config.logConfig.consoleLevel = 1
library.libInit(config)
library.audDevManager().setNullDev()
transport = pj.TransportConfig()
transport.port, transport.boundAddress = port, address
library.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
library.transportCreate(pj.PJSIP_TRANSPORT_TCP, transport)
library.libStart()
account = pj.AccountConfig()
account.idUri = f"sip:phone@{address}"
phone = Phone()
phone.create(account)
print(json.dumps({"version": library.libVersion().full}), flush=True)
while os.getppid() != 1:
    library.libHandleEvents(5)
    # Not where it is told of the call: the library still needs that.
    for call in waiting:
        refusal = pj.CallOpParam()
        refusal.statusCode = 404
        call.hangup(refusal)
    waiting.clear()
