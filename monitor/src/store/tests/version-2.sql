-- A store as version 2 wrote it. Never changed: files like this one may be anywhere.
PRAGMA auto_vacuum = INCREMENTAL;
CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    direction TEXT NOT NULL,
    origin TEXT NOT NULL,
    destination TEXT NOT NULL,
    dialled TEXT NOT NULL,
    number TEXT,
    caller TEXT NOT NULL,
    source TEXT NOT NULL,
    trunk TEXT,
    customer TEXT,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    started INTEGER NOT NULL,
    rang INTEGER,
    answered INTEGER,
    ended INTEGER,
    result TEXT,
    status INTEGER,
    attempts INTEGER NOT NULL,
    legs_out INTEGER NOT NULL,
    media_ingress INTEGER NOT NULL,
    media_egress INTEGER NOT NULL,
    whole INTEGER NOT NULL
) STRICT;
CREATE INDEX calls_started ON calls (started);
CREATE INDEX calls_ended ON calls (ended) WHERE ended IS NOT NULL;
CREATE INDEX calls_unfinished ON calls (started) WHERE ended IS NULL;
CREATE TABLE unfinished (
    call INTEGER PRIMARY KEY,
    resume TEXT NOT NULL
) STRICT;
CREATE TABLE blocks (
    id INTEGER PRIMARY KEY,
    target TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    lifted INTEGER
) STRICT;
CREATE INDEX blocks_in_force ON blocks (target) WHERE lifted IS NULL;
INSERT INTO calls VALUES (1, 'outgoing', 'extension', 'cuba', '90053555xxxx', '+53555xxxx', '101', '192.0.2.7',
    '2001:db8::5', 'bakery', 'pass', 'no_rule', 1795311000000001, 1795311001000001, 1795311003000001, 1795311090000000,
    'answered', 200, 1, 1, 1500000, 1250000, 1);
INSERT INTO blocks VALUES (1, '+44', 'prefix', 'night', 'root (uid 0, pid 4711)', 1795311000000000, NULL, 1795311000000001);
INSERT INTO blocks VALUES (2, '+53', 'prefix', 'night', 'root (uid 0, pid 4711)', 1795311000000000, NULL, NULL);
INSERT INTO blocks VALUES (3, 'cuba', 'destination', '', 'alice (uid 1000, pid 7)', 1795311000000000, 1795397400000000, NULL);
PRAGMA user_version = 2;
