"""Phones on pjsua2, the library of many softphones: register, call, hold, transfer; each step and what came of it
is told in a line of JSON with the time in seconds since the epoch."""
# phone.py ADDRESS REGISTRAR STEPS: STEPS is JSON, a list of lists, played one after the other:
#   ["phone", "101", PORT]           a phone that registers with the password "secret" and its number
#   ["call", "a", "101", "110"]      the call named a, from 101
#   ["wait", SECONDS]  ["hold", "a"]  ["resume", "a"]  ["hang up", "a"]  ["hang up", "to 102"]
#   ["transfer", "a", "00442079460000"]   blind: REFER
#   ["join", "a", "b"]               attended: REFER of a with Replaces of b
# Who transferred a call hangs up once the other side says that it worked, as phones do.
# A phone that is called rings and answers after 300 ms; its latest call is named "to" and its number.
import ctypes
import json
import os
import pathlib
import sys
import time

import pjsua2 as pj

# The wheel's own OpenSSL 1.0.2 knows no digest, MD5 included, until somebody asks it to.
for own in pathlib.Path(pj.__file__).parents[1].glob("pjsua2_python.libs/libcrypto-*"):
    ctypes.CDLL(str(own)).OpenSSL_add_all_digests()

address, registrar, steps = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
calls, phones, later, kept = {}, {}, [], []


def tell(**words):
    print(json.dumps({"at": round(time.time(), 6), **words}), flush=True)


class Call(pj.Call):
    def __init__(self, name, phone, call_id=pj.PJSUA_INVALID_ID):
        super().__init__(phone, call_id)
        self.name, self.over = name, False

    def onCallState(self, _):
        info = self.getInfo()
        self.over = info.state == pj.PJSIP_INV_STATE_DISCONNECTED
        tell(call=self.name, state=info.stateText, status=info.lastStatusCode, remote=info.remoteUri)

    def onCallTransferStatus(self, transfer):
        tell(call=self.name, transferred=transfer.statusCode)
        if transfer.finalNotify and transfer.statusCode == 200 and not self.over:
            self.hangup(pj.CallOpParam(True))

    def onCallMediaState(self, _):
        for media in self.getInfo().media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                tone.startTransmit(self.getAudioMedia(media.index))


class Phone(pj.Account):
    def onRegState(self, state):
        tell(phone=self.user, registered=state.code)
        self.registered = state.code == 200

    def onIncomingCall(self, incoming):
        call = Call(f"to {self.user}", self, incoming.callId)
        kept.append(call)
        calls[call.name] = call
        answer(call, 180)
        later.append((time.time() + 0.3, lambda: answer(call, 200)))


def answer(call, status):
    if not call.over:
        parameters = pj.CallOpParam()
        parameters.statusCode = status
        call.answer(parameters)


def pump(until):
    """Lets the library work; it has no thread of its own."""
    while time.time() < until:
        library.libHandleEvents(10)
        for due in [due for due in later if due[0] <= time.time()]:
            later.remove(due)
            due[1]()


def phone(user, port):
    transport = pj.TransportConfig()
    transport.port, transport.boundAddress, transport.publicAddress = port, address, address
    config = pj.AccountConfig()
    config.idUri, config.regConfig.registrarUri = f"sip:{user}@{registrar}", f"sip:{registrar}"
    config.regConfig.timeoutSec = 300
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", user, 0, "secret" + user))
    config.sipConfig.transportId = library.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    config.mediaConfig.transportConfig.port = port + 2000
    config.mediaConfig.transportConfig.boundAddress = address
    made = Phone()
    made.user, made.registered = user, False
    made.create(config)
    phones[user] = made
    end = time.time() + 5
    while not made.registered and time.time() < end:
        pump(time.time() + 0.02)
    if not made.registered:
        raise RuntimeError(f"{user} is not registered")


def call(name, user, number):
    calls[name] = Call(name, phones[user])
    calls[name].makeCall(f"sip:{number}@{registrar}", pj.CallOpParam(True))


def resume(name):
    parameters = pj.CallOpParam(True)
    parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
    calls[name].reinvite(parameters)


ACTIONS = {
    "phone": phone,
    "call": call,
    "wait": lambda seconds: pump(time.time() + seconds),
    "hold": lambda name: calls[name].setHold(pj.CallOpParam(True)),
    "resume": resume,
    "hang up": lambda name: calls[name].over or calls[name].hangup(pj.CallOpParam(True)),
    "transfer": lambda name, number: calls[name].xfer(f"sip:{number}@{registrar}", pj.CallOpParam(True)),
    "join": lambda name, other: calls[name].xferReplaces(calls[other], pj.CallOpParam(True)),
}

library = pj.Endpoint()
library.libCreate()
config = pj.EpConfig()
config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
# A sound device that goes to sleep says nothing.
config.medConfig.sndAutoCloseTime, config.medConfig.noVad = -1, True
config.logConfig.level = config.logConfig.consoleLevel = 1
library.libInit(config)
library.audDevManager().setNullDev()
library.libStart()
for codec in library.codecEnum2():
    library.codecSetPriority(codec.codecId, 255 if codec.codecId.startswith("PCMA") else 0)
description = pj.ToneDesc()
description.freq1, description.freq2, description.on_msec, description.off_msec = 440, 480, 1000, 0
tone = pj.ToneGenerator()
tone.createToneGenerator()
tones = pj.ToneDescVector()
tones.append(description)
tone.play(tones, True)
try:
    for step in steps:
        tell(step=step)
        ACTIONS[step[0]](*step[1:])
    pump(time.time() + 0.5)
    tell(done=True)
except Exception as error:
    tell(error=repr(error))
# The library's own end aborts where Python's objects outlive it.
os._exit(0)
