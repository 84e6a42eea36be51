#!/bin/sh
# Two public logs of calls, each from its CSV to a plan, a simulation and a brief.
# Usage: learn-public-logs.sh SF_FIRE_CALLS.csv MONTGOMERY_911.csv OUT [DRONE_FLIGHTS.csv]
set -eu
sf=$1 montgomery=$2 out=$3 flights=${4:-}
mkdir -p "$out"

told() { # runs dfr; 3 is an answer too: not known to be compliant
    dfr "$@" || [ $? -eq 3 ]
}

run() { # NAME LOG, then options of dfr learn
    name=$1 log=$2
    shift 2
    if [ ! -f "$log" ]; then
        echo "$log is not here: skipped"
        return
    fi
    told learn "$log" "$@" ${flights:+--flights "$flights"} --into "$out/$name.yaml" --page "$out/$name.html"
    told plan "$out/$name.yaml" --out "$out/$name-plan.json"
    told simulate "$out/$name.yaml" --plan "$out/$name-plan.json" --replications 5 --out "$out/$name-run"
    told brief "$out/$name-run" --out "$out/$name-brief.html"
}

# San Francisco: 3 is an emergency, 2 is none.
run san-francisco "$sf" --call-columns "grade=Final Priority" --call-grades 3=immediate --call-grades 2=prompt
# Montgomery County: no grades; what kind of help was sent for is in the title.
run montgomery "$montgomery" --call-columns when=timeStamp --call-columns lat=lat --call-columns lon=lng \
    --call-columns kind=title
