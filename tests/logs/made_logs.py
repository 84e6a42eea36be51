"""Made flights as files that autopilots write."""

from __future__ import annotations

import math

from dfr.logs.model import FlightLog, Quantity

from ..io.logs.dataflash_writer import DataflashWriter


def write_dataflash(log: FlightLog, *, week: int = 2329, first_ms: float = 100_000.0) -> bytes:
    """A made flight as a log of ArduCopter 4.6."""
    out = DataflashWriter()
    out.declare("PARM", "QNff", "TimeUS,Name,Value,Default")
    out.declare("MSG", "QZ", "TimeUS,Message")
    out.declare("GPS", "QBBIHBcLLeffffB", "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,Yaw,U")
    out.declare("POS", "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt")
    out.declare("ATT", "Qffff", "TimeUS,Roll,Pitch,Yaw,DesYaw")
    out.declare("XKF1", "QBfff", "TimeUS,C,VN,VE,VD")
    out.declare("CTUN", "Qffh", "TimeUS,ThO,Alt,CRt")
    out.declare("BAT", "QBffffcfB", "TimeUS,Inst,Volt,VoltR,Curr,CurrTot,Temp,Res,RemPct")
    out.declare("EV", "QB", "TimeUS,Id")
    out.declare("MODE", "QMBB", "TimeUS,Mode,ModeNum,Rsn")
    out.write("MSG", 1_000_000, "ArduCopter V4.6.3 (3fc7011a)")
    for name, value in log.parameters.items():
        out.write("PARM", 1_000_000, name, value, value)
    out.write("MODE", 1_000_000, 3, 3, 1)
    times = log.series[Quantity.LAT_DEG].t_s
    columns = {quantity: series.at(times) for quantity, series in log.series.items()}
    grounded, armed = columns[Quantity.ON_GROUND] > 0.5, False
    for i, t_s in enumerate(times.tolist()):
        us = 1_000_000 + t_s * 1e6
        here = {quantity: float(values[i]) for quantity, values in columns.items()}
        if not armed and t_s >= 4.0:
            armed = True
            out.write("EV", us, 10)
        if i and grounded[i] != grounded[i - 1]:
            out.write("EV", us, 18 if grounded[i] else 28)
        lat, lon, height = here[Quantity.LAT_DEG], here[Quantity.LON_DEG], here[Quantity.HEIGHT_M_HOME]
        out.write("POS", us, lat, lon, 4.0 + height, height, height)
        roll, pitch, heading = (
            math.degrees(here[q]) for q in (Quantity.ROLL_RAD, Quantity.PITCH_RAD, Quantity.HEADING_RAD)
        )
        out.write("ATT", us, roll, pitch, heading % 360.0, heading % 360.0)
        climb = here[Quantity.CLIMB_MPS]
        out.write("XKF1", us, 0, here[Quantity.NORTH_MPS], here[Quantity.EAST_MPS], -climb)
        out.write("CTUN", us, here[Quantity.THROTTLE], height, climb * 100.0)
        volts, amps, left = (here[q] for q in (Quantity.VOLTAGE_V, Quantity.CURRENT_A, Quantity.REMAINING))
        out.write("BAT", us, 0, volts, volts, amps, t_s, 25.0, 0.03, left * 100.0)
        gms = first_ms + t_s * 1000.0
        out.write(
            "GPS", us, 0, 4, gms, week, 14, 0.7, lat, lon, 4.0, here[Quantity.SPEED_MPS], 0.0, -climb, 0.0, 1
        )
    out.write("EV", 1_000_000 + times[-1] * 1e6, 11)
    return bytes(out.data)
