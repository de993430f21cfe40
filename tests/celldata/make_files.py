"""Makes tests/celldata/files: one invented cell in the tables of each cycler. Header lines are those of real exports.

Run it from the root: ``python tests/celldata/make_files.py``.
"""

from pathlib import Path

MASS_MG = 12.0
CAPACITY = (195.0, 193.5, 192.5)  # mAh/g of the discharges
CURRENT = 2.4  # mA
POINTS = 7
FILES = Path(__file__).parent / "files"


def rows():
    """Cycle, step, name, time s, current mA, voltage V, charge and discharge mAh within the cycle, within the step."""
    time, step = 0.0, 0
    for cycle, capacity in enumerate(CAPACITY, 1):
        charge = discharge = 0.0
        for name, sign, start, end in (("charge", 1, 3.1, 4.3), ("rest", 0, 4.28, 4.26), ("discharge", -1, 4.25, 2.8)):
            step += 1
            duration = 600.0 if sign == 0 else capacity * MASS_MG / 1000.0 / CURRENT * 3600.0
            for k in range(POINTS):
                share = k / (POINTS - 1)
                moved = abs(sign) * CURRENT * duration * share / 3600.0
                q = (charge + moved * (sign > 0), discharge + moved * (sign < 0))
                yield (
                    cycle,
                    step,
                    name,
                    time + duration * share,
                    sign * CURRENT,
                    start + (end - start) * share,
                    *q,
                    moved,
                )
            time += duration
            charge += moved * (sign > 0)
            discharge += moved * (sign < 0)


def clock(seconds):
    return f"{int(seconds // 3600)}:{int(seconds // 60) % 60:02d}:{seconds % 60:06.3f}"


def write(name, lines, encoding="utf-8", newline="\n"):
    (FILES / name).write_bytes((newline.join(lines) + newline).encode(encoding))


def main():
    data = list(rows())
    spec = 1000.0 / MASS_MG
    neware = {"charge": "CC Chg", "rest": "Rest", "discharge": "CC DChg"}
    lines = [
        "DataPoint,Cycle Index,Step Index,Step Type,Time,Total Time,Current(mA),Voltage(V),Capacity(mAh),"
        "Spec. Cap.(mAh/g),Chg. Cap.(mAh),Chg. Spec. Cap.(mAh/g),DChg. Cap.(mAh),DChg. Spec. Cap.(mAh/g),Date,Power(W)"
    ]
    for n, (c, s, name, t, i, v, _, _, moved) in enumerate(data, 1):  # its counters begin anew with each step
        qc, qd = (moved if name == way else 0.0 for way in ("charge", "discharge"))
        lines.append(
            f"{n},{c},{s},{neware[name]},00:00:00,{clock(t)},{i:.4f},{v:.4f},{moved:.6f},{moved * spec:.4f},{qc:.6f},"
            f"{qc * spec:.4f},{qd:.6f},{qd * spec:.4f},2026-01-0{c} 10:00:00,{i * v / 1000:.6f}"
        )
    write("neware_record.csv", lines, newline="\r\n")

    lines = [
        "Cycle ID\tCap_Chg(mAh)\tCap_DChg(mAh)\tSpecific Capacity-Chg(mAh/g)\tSpecific Capacity-Dchg(mAh/g)\t"
        "Chg/DChg Efficiency(%)\tEngy_Chg(mWh)\tEngy_DChg(mWh)\tMid_value Voltage(V)\tCharge Time(h:min:s.ms)"
    ]
    for c, q in enumerate(CAPACITY, 1):
        lines.append(
            f"{c}\t{q * 1.01 / spec:.6f}\t{q / spec:.6f}\t{q * 1.01:.4f}\t{q:.4f}\t99.0\t9.1\t8.8\t3.79\t0:58:30.0"
        )
    write("neware_cycle.txt", lines)

    lines = [
        "Data_Point,Test_Time(s),Date_Time,Step_Time(s),Step_Index,Cycle_Index,Current(A),Voltage(V),Charge_Capacity(Ah),"
        "Discharge_Capacity(Ah),Charge_Energy(Wh),Discharge_Energy(Wh),dV/dt(V/s),Internal_Resistance(Ohm)"
    ]
    total = [0.0, 0.0]
    for n, (c, s, _, t, i, v, qc, qd, _) in enumerate(data, 1):  # its counters run on
        if n > 1 and data[n - 2][0] < c:
            total = [total[0] + data[n - 2][6], total[1] + data[n - 2][7]]
        lines.append(
            f"{n},{t:.4f},2026-01-01 10:00:00,0,{s},{c},{i / 1000:.7f},{v:.5f},{(total[0] + qc) / 1000:.9f},"
            f"{(total[1] + qd) / 1000:.9f},0,0,0,0"
        )
    write("arbin_record.csv", lines)

    head = [
        "EC-Lab ASCII FILE",
        "Nb header lines : 12                          ",
        "",
        "Galvanostatic Cycling with Potential Limitation",
        "",
        "Run on channel : 3 (SN 0000)",
        "Electrode surface area : 1,540 cm\u00b2",
        "Mass of active material : 0.001 mg",
        "Characteristic mass : 0.001 g",
        "Cycle Definition : Charge/Discharge alternance",
        "",
        "mode\tox/red\terror\tcontrol changes\tNs changes\tcounter inc.\ttime/s\tcontrol/V/mA\tEwe/V\t<I>/mA\tdq/mA.h\t"
        "(Q-Qo)/mA.h\tQ charge/discharge/mA.h\thalf cycle\t"
        "cycle number\tQ discharge/mA.h\tQ charge/mA.h\tCapacity/mA.h\t"
        "Temperature/\u00b0C\t",
    ]
    lines = []
    net = 0.0
    for n, (c, _, name, t, i, v, qc, qd, moved) in enumerate(data):
        if n and data[n - 1][0] < c:
            net += data[n - 1][6] - data[n - 1][7]
        way = {"charge": (0.0, moved), "discharge": (moved, 0.0), "rest": (0.0, 0.0)}[name]
        cells = ["1", str(int(i > 0)), "0", "0", "0", "0", f"{t:.12E}", f"{i:.7E}", f"{v:.7E}", f"{i:.7E}", "0"]
        cells += [f"{net + qc - qd:.12E}", f"{way[1] - way[0]:.12E}", str(2 * c - (name == "charge")), f"{c:.12E}"]
        cells += [f"{way[0]:.12E}", f"{way[1]:.12E}", f"{moved:.12E}", "25"]
        lines.append("\t".join(cells).replace(".", ","))
    write("biologic.mpt", head + lines, "latin-1", "\r\n")

    lines = ["cycle number\tQ charge/mA.h\tQ discharge/mA.h\tEfficiency/%"]
    lines += [f"{c}\t{q * 1.01 / spec:.6f}\t{q / spec:.6f}\t99" for c, q in enumerate(CAPACITY, 1)]
    write("biologic_cycles.txt", lines)

    state = {"charge": "C", "rest": "R", "discharge": "D"}
    lines = ["Today's Date\t01/02/2026", "Date of Test:\t01/01/2026\tFilename: cell\tProcedure: test"]
    lines.append("Rec#\tCyc#\tStep\tTest (Min)\tStep (Min)\tAmp-hr\tWatt-hr\tAmps\tVolts\tState\tES\tDPt Time")
    for n, (c, s, name, t, i, v, _, _, moved) in enumerate(data, 1):  # its current has no sign
        ends = n == len(data) or data[n][1] != s
        mark = "S" if ends and name != "rest" else state[name]
        lines.append(
            f"{n}\t{c}\t{s}\t{t / 60:.6f}\t0\t{moved / 1000:.9f}\t0\t{abs(i) / 1000:.7f}\t{v:.5f}\t{mark}\t1\t01/01"
        )
    write("maccor.txt", lines)

    lines = ["Today's Date ,28-Nov-25", "Date of Test:,23-Nov-25 3:56:08 PM"]
    lines.append("Rec,Cycle C,Step,Test Time (sec),Step Time (sec),Capacity,Energy,Current,Voltage,DPT Time,Temp 1")
    for n, (c, s, _, t, i, v, _, _, moved) in enumerate(data, 1):
        lines.append(f"{n},{c},{s},{t:.4f},0,{moved / 1000:.9f},0,{i / 1000:.7f},{v:.4f},23-Nov-25 3:56:11 PM,25.0")
    write("maccor.csv", lines)

    lines = ["Record;SysTime;Cycle-Index;TestTime;Voltage/V;Current/mA;Capacity/mAh;SpeCap/mAh/g;dQdV/mAh/V"]
    for n, (c, _, _, t, i, v, _, _, moved) in enumerate(data, 1):
        cells = f"{n};2026-01-01 10:00:00;{c};{clock(t)};{v:.4f};{i:.4f};{moved:.6f};{moved * spec:.4f};0"
        lines.append(cells.replace(".", ","))
    write("landt_record.csv", lines)

    lines = [
        "Cycle,CapC/mAh,CapD/mAh,SpeCapC/mAh/g,SpeCapD/mAh/g,Efficiency/%,EnergyC/mWh,EnergyD/mWh,MedVoltC/V,MedVoltD/V"
    ]
    for c, q in enumerate(CAPACITY, 1):
        lines.append(f"{c},{q * 1.01 / spec:.6f},{q / spec:.6f},{q * 1.01:.4f},{q:.4f},99.0,9.1,8.8,3.9,3.8")
    write("landt_cycle.csv", lines)

    command = {"charge": "Charge", "rest": "Pause", "discharge": "Discharge"}
    lines = ["~Resultfile from Basytec Battery Test System", "~Name of Test: test", "~Battery: cell", "~"]
    lines.append(
        "~Time[h]\tDataSet\tt-Step[h]\tLine\tCommand\tU[V]\tI[A]\tAh[Ah]\tAh-Step\tT1[\u00b0C]\tCyc-Count\tCount\tState"
    )
    net = 0.0
    for n, (c, s, name, t, i, v, qc, qd, _) in enumerate(data, 1):
        if n > 1 and data[n - 2][0] < c:
            net += data[n - 2][6] - data[n - 2][7]
        ah = (net + qc - qd) / 1000
        lines.append(
            f"{t / 3600:.9f}\t{n}\t0\t{s}\t{command[name]}\t{v:.5f}\t{i / 1000:.7f}\t{ah:.9f}\t0\t25.5\t{c}\t1\t0"
        )
    write("basytec.txt", lines, "latin-1")

    labels = "Test Time / s,Voltage / V,Current / A,Cycle Count / 1,Step Count / 1"
    names = "test_time_second,voltage_volt,current_ampere,cycle_count,step_count"
    for name, head in (("labels.bdf.csv", labels), ("names.bdf.csv", names)):
        lines = [head]
        lines += [f"{t:.12g},{v:.12g},{i / 1000:.12g},{c},{s}" for c, s, _, t, i, v, *_ in data]
        write(name, lines)


if __name__ == "__main__":
    main()
