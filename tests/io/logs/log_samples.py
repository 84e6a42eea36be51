"""Logs of one made-up flight in each format: up to 20 m, 94 m north at 5 m/s, hover, back, down; 100 s."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pymavlink.dialects.v20 import ardupilotmega as dialect

from .dataflash_writer import DataflashWriter

HOME_LAT, HOME_LON, HOME_M_AMSL = 50.7826, -1.0893, 4.0
M_PER_DEG = 111_248.0
LIFT_S, TOUCH_S, END_S = 10.0, 92.0, 100.0
EPOCH_S = 1_724_500_000.0


@dataclass(frozen=True)
class Sample:
    """What the drone does at a moment; heights over the ground."""

    t_s: float
    north_m: float
    height_m: float
    speed_mps: float
    climb_mps: float

    @property
    def lat_deg(self) -> float:
        return HOME_LAT + self.north_m / M_PER_DEG

    @property
    def flies(self) -> bool:
        return LIFT_S < self.t_s < TOUCH_S


LEGS = ((10.0, 20.0, 0.0, 20.0), (22.0, 41.0, 94.0, 20.0), (51.0, 70.0, 0.0, 20.0), (72.0, 92.0, 0.0, 0.0))
"""(begins, ends, then metres north, then metres up): up, out, back, down."""


def samples(hz: float = 10.0) -> Iterator[Sample]:
    """The flight, second by second or finer."""
    for i in range(round(END_S * hz) + 1):
        t_s = i / hz
        north_m = height_m = speed_mps = climb_mps = 0.0
        for begins, ends, then_north_m, then_m in LEGS:
            if t_s >= ends:
                north_m, height_m = then_north_m, then_m
            elif t_s > begins:
                share = (t_s - begins) / (ends - begins)
                speed_mps = abs(then_north_m - north_m) / (ends - begins)
                climb_mps = (then_m - height_m) / (ends - begins)
                north_m += share * (then_north_m - north_m)
                height_m += share * (then_m - height_m)
        yield Sample(t_s, north_m, height_m, speed_mps, climb_mps)


def copter_46(*, ground_m: float = 0.0) -> DataflashWriter:
    """A log of the message generation of Copter 4.x; the barometer reads `ground_m` on the ground."""
    log = DataflashWriter()
    log.declare("PARM", "QNff", "TimeUS,Name,Value,Default")
    log.declare("MSG", "QZ", "TimeUS,Message")
    log.declare("GPS", "QBBIHBcLLeffffB", "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,Yaw,U")
    log.declare("POS", "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt")
    log.declare("ATT", "Qffff", "TimeUS,Roll,Pitch,Yaw,DesYaw")
    log.declare("CTUN", "Qffh", "TimeUS,ThO,Alt,CRt")
    log.declare("BAT", "QBffffcf", "TimeUS,Inst,Volt,VoltR,Curr,CurrTot,Temp,Res")
    log.declare("XKF2", "QBcc", "TimeUS,C,VWN,VWE")
    log.declare("MODE", "QMBB", "TimeUS,Mode,ModeNum,Rsn")
    log.declare("EV", "QB", "TimeUS,Id")
    log.write("PARM", 1_000_000, "WPNAV_SPEED", 500.0, 1000.0)
    log.write("MSG", 1_000_000, "ArduCopter V4.6.3 (3fc7011a)")
    log.write("MODE", 1_000_000, 5, 5, 1)
    for s in samples():
        us = 1_000_000 + s.t_s * 1e6
        if s.t_s == 6.0:
            log.write("EV", us, 10)
        if s.t_s == LIFT_S:
            log.write("EV", us, 28)
            log.write("MODE", us, 3, 3, 1)
        if s.t_s == 51.0:
            log.write("MODE", us, 6, 6, 1)
        if s.t_s == 93.0:
            log.write("EV", us, 18)
            log.write("EV", us, 11)
        reads_m = s.height_m + ground_m
        log.write("POS", us, s.lat_deg, HOME_LON, HOME_M_AMSL + reads_m, reads_m, reads_m)
        log.write("ATT", us, 1.0, -2.0, 90.0, 90.0)
        log.write("CTUN", us, 0.4 if s.flies else 0.05, reads_m, s.climb_mps * 100.0)
        log.write("BAT", us, 0, 22.0, 22.1, 20.0 if s.flies else 0.5, s.t_s, 31.5, 0.02)
        log.write("BAT", us, 1, 11.0, 11.0, 1.0, s.t_s, 20.0, 0.02)
        log.write("XKF2", us, 0, 3.0, -4.0)
        if round(s.t_s * 10.0) % 2 == 0:
            gms = 100_000 + s.t_s * 1000.0
            log.write(
                "GPS", us, 0, 4, gms, 2329, 14, 0.7, s.lat_deg, HOME_LON, HOME_M_AMSL, s.speed_mps, 0.0,
                -s.climb_mps, 0.0, 1,
            )  # fmt: skip
    return log


def copter_46_printed() -> bytes:
    """The same as text, with what else numbers are read from: a mission, errors, arming, terrain."""
    log = copter_46()
    log.declare("CMD", "QHHHffffLLfB", "TimeUS,CTot,CNum,CId,Prm1,Prm2,Prm3,Prm4,Lat,Lng,Alt,Frame")
    log.declare("MISE", "QHH", "TimeUS,CNum,CId")
    log.declare("ERR", "QBB", "TimeUS,Subsys,ECode")
    log.declare("ARM", "QB", "TimeUS,ArmState")
    log.declare("TERR", "QffH", "TimeUS,TerrH,CHeight,Loaded")
    us = 101_000_000
    for i in range(3):
        log.write("CMD", us, 3, i, 16, 0, 0, 0, 0, 50.7826, HOME_LON, 20.0, 3)
        log.write("MISE", us, i, 16)
        log.write("ERR", us, 5 + i, 1)
        log.write("TERR", us, 4.0, 0.0, i)
    log.write("ARM", us, 0)
    return log.text


def copter_32() -> DataflashWriter:
    """A log of the message generation of Copter 3.2: modes and events have no time, CURR is in hundredths."""
    log = DataflashWriter()
    log.declare("PARM", "Nf", "Name,Value")
    log.declare("MSG", "Z", "Message")
    log.declare("GPS", "BIHBcLLeeEefI", "Status,TimeMS,Week,NSats,HDop,Lat,Lng,RelAlt,Alt,Spd,GCrs,VZ,T")
    log.declare("ATT", "Iccc", "TimeMS,Roll,Pitch,Yaw")
    log.declare("CTUN", "Ihffeh", "TimeMS,ThrOut,DAlt,Alt,BarAlt,CRt")
    log.declare("CURR", "Ihhhhf", "TimeMS,ThrOut,Volt,Curr,Vcc,CurrTot")
    log.declare("MODE", "Mh", "Mode,ThrCrs")
    log.declare("EV", "B", "Id")
    log.write("MSG", "ArduCopter V3.2.1 (36b405fb)")
    log.write("PARM", "WPNAV_SPEED", 500.0)
    for s in samples():
        ms = 50_000 + s.t_s * 1000.0
        log.write(
            "CTUN", ms, 400.0 if s.flies else 0.0, s.height_m, s.height_m, s.height_m, s.climb_mps * 100
        )
        if s.t_s == 6.0:
            log.write("EV", 10)
        if s.t_s == 51.0:
            log.write("MODE", 6, 400)
        log.write("ATT", ms, 1.0, -2.0, 90.0)
        if round(s.t_s * 10.0) % 2 == 0:
            log.write(
                "GPS", 3, 400_000 + s.t_s * 1000, 1800, 11, 1.6, s.lat_deg, HOME_LON, s.height_m,
                s.height_m + HOME_M_AMSL, s.speed_mps, 0.0, -s.climb_mps, ms,
            )  # fmt: skip
        if round(s.t_s * 10.0) % 10 == 0:
            log.write("CURR", ms, 400, 2200, 2000 if s.flies else 50, 5000, s.t_s)
    return log


def tlog(*, restart_at_s: float | None = None, systems: tuple[int, ...] = (1,)) -> bytes:
    """A telemetry log at 4 Hz; at `restart_at_s` the vehicle's clock goes back to 3 s."""
    data = bytearray()
    for s in samples(hz=4.0):
        for system in systems:
            mav = dialect.MAVLink(io.BytesIO(), srcSystem=system, srcComponent=1)
            boot_s = 60.0 + s.t_s
            if restart_at_s is not None and s.t_s >= restart_at_s:
                boot_s = 3.0 + s.t_s - restart_at_s
            for message in messages_of(s, boot_ms=round(boot_s * 1000.0), system=system):
                data += struct.pack(">Q", round((EPOCH_S + s.t_s) * 1e6)) + message.pack(mav)
    return bytes(data)


def messages_of(s: Sample, *, boot_ms: int, system: int) -> list[dialect.MAVLink_message]:
    """What a vehicle sends at a moment."""
    armed = 128 if 6.0 <= s.t_s < 93.0 else 0
    north = s.speed_mps if s.t_s < 45.0 else -s.speed_mps
    shift = round(1e5 * (system - 1))
    return [
        dialect.MAVLink_heartbeat_message(2, 3, 81 | armed, 3 if s.t_s < 51.0 else 6, 4, 3),
        dialect.MAVLink_attitude_message(boot_ms, 0.01, -0.02, math.pi / 2.0, 0.0, 0.0, 0.0),
        dialect.MAVLink_global_position_int_message(
            boot_ms, round(s.lat_deg * 1e7), round(HOME_LON * 1e7) + shift,
            round((HOME_M_AMSL + s.height_m) * 1e3), round(s.height_m * 1e3), round(north * 100.0), 0,
            round(-s.climb_mps * 100.0), 9000,
        ),
        dialect.MAVLink_vfr_hud_message(
            s.speed_mps, s.speed_mps, 90, 40 if s.flies else 5, s.height_m, s.climb_mps
        ),
        dialect.MAVLink_sys_status_message(
            0, 0, 0, 300, 22_000, 2_000 if s.flies else 50, 80, 0, 0, 0, 0, 0, 0
        ),
        dialect.MAVLink_gps_raw_int_message(0, 4, 0, 0, 0, 70, 100, 0, 0, 14),
    ]  # fmt: skip


def airdata(*, feet: bool) -> bytes:
    """A DJI record as Airdata exports it, in feet and mph or in metres."""
    height, speed = ("feet", "mph") if feet else ("m", "m/s")
    lines = [
        "time(millisecond),datetime(utc),latitude,longitude,"
        f"height_above_takeoff({height}),speed({speed}),satellites,voltage(v),zSpeed({speed}),"
        "compass_heading(degrees), pitch(degrees), roll(degrees),battery_percent,current(A),flycState,message"
    ]
    for s in samples():
        to_height, to_speed = (1 / 0.3048, 3600 / (5280 * 0.3048)) if feet else (1.0, 1.0)
        mode = "P-GPS" if s.t_s < 51.0 else "Go_Home"
        lines.append(
            f"{s.t_s * 1000:.0f},2024-08-24 12:{int(s.t_s) // 60:02d}:{int(s.t_s) % 60:02d},{s.lat_deg:.8f},"
            f"{HOME_LON},{s.height_m * to_height:.4f},{s.speed_mps * to_speed:.4f},14,22.0,"
            f"{-s.climb_mps * to_speed:.4f},90.0,-2.0,1.0,80,{-20.0 if s.flies else -0.5},{mode},"
        )
    return "\r\n".join(lines).encode()


def gpx() -> bytes:
    """A GPX track of it, a point each second."""
    points = "".join(
        f'<trkpt lat="{s.lat_deg:.8f}" lon="{HOME_LON}"><ele>{HOME_M_AMSL + s.height_m:.2f}</ele>'
        f"<time>2024-08-24T12:{int(s.t_s) // 60:02d}:{int(s.t_s) % 60:02d}Z</time></trkpt>"
        for s in samples(hz=1.0)
    )
    head = '<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
    return f"{head}{points}</trkseg></trk></gpx>".encode()


ULOG_TOPICS = {
    "vehicle_global_position": ("double lat;double lon;float alt;", "ddf"),
    "vehicle_local_position": ("float x;float y;float z;float vx;float vy;float vz;", "ffffff"),
    "vehicle_land_detected": ("bool landed;", "?"),
    "vehicle_status": ("uint8_t arming_state;uint8_t nav_state;", "BB"),
    "battery_status": ("float voltage_v;float current_a;", "ff"),
}


def ulog(*, current_known: bool = True) -> bytes:
    """A PX4 log of it, as PX4's description of the file format says; -1 is a current that is not known."""
    data = bytearray(b"ULog\x01\x12\x35\x01" + struct.pack("<Q", 5_000_000))

    def put(kind: bytes, body: bytes) -> None:
        data.extend(struct.pack("<Hc", len(body), kind) + body)

    put(b"B", bytes(40))
    key = b"char[3] sys_name"
    put(b"I", bytes([len(key)]) + key + b"PX4")
    for name, (columns, _) in ULOG_TOPICS.items():
        put(b"F", f"{name}:uint64_t timestamp;{columns}".encode())
    for number, name in enumerate(ULOG_TOPICS):
        put(b"A", struct.pack("<BH", 0, number) + name.encode())
    for s in samples():
        north = s.speed_mps if s.t_s < 45.0 else -s.speed_mps
        rows = {
            "vehicle_global_position": (s.lat_deg, HOME_LON, HOME_M_AMSL + s.height_m),
            "vehicle_local_position": (s.north_m, 0.0, -s.height_m, north, 0.0, -s.climb_mps),
            "vehicle_land_detected": (not s.flies,),
            "vehicle_status": (2 if 6.0 <= s.t_s < 93.0 else 1, 3),
            "battery_status": (22.0, (20.0 if s.flies else 0.5) if current_known else -1.0),
        }
        for number, (name, values) in enumerate(rows.items()):
            row = struct.pack(f"<Q{ULOG_TOPICS[name][1]}", round(5e6 + s.t_s * 1e6), *values)
            put(b"D", struct.pack("<H", number) + row)
    return bytes(data)


SAMPLES: dict[str, bytes] = {
    "copter-4.6.bin": bytes(copter_46().data),
    "copter-3.2.bin": bytes(copter_32().data),
    "copter-4.6.log": copter_46_printed(),
    "flight.tlog": tlog(),
    "airdata.csv": airdata(feet=True),
    "track.gpx": gpx(),
    "px4.ulg": ulog(),
}
