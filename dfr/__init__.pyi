from dfr.api.airframes import fly_designs as fly_designs
from dfr.api.airframes import study_airframe as study_airframe
from dfr.api.logs import calibrate as calibrate
from dfr.api.logs import compare as compare
from dfr.api.logs import list_flights as list_flights
from dfr.api.logs import read_log as read_log
from dfr.api.planning import check as check
from dfr.api.planning import compile_mission as compile_mission
from dfr.api.planning import load_plan as load_plan
from dfr.api.planning import load_scenario as load_scenario
from dfr.api.planning import plan as plan
from dfr.api.planning import with_weather as with_weather
from dfr.api.prediction import landing_study as landing_study
from dfr.api.prediction import predict as predict
from dfr.api.sensitivity import study_sensitivity as study_sensitivity
from dfr.api.simulation import simulate as simulate
from dfr.api.vehicles import Authority as Authority
from dfr.api.vehicles import Connection as Connection
from dfr.api.vehicles import fly as fly
from dfr.api.vehicles import load_mission as load_mission
from dfr.api.vehicles import upload as upload
from dfr.errors import DfrError as DfrError
from dfr.geo import Position as Position
from dfr.link.limits import FlightLimits as FlightLimits
from dfr.link.operator import Operator as Operator
from dfr.plan.objectives import Objective as Objective
from dfr.scenario.air import HourWeather as HourWeather
from dfr.scenario.model import Guidance as Guidance
from dfr.sim.engine import model_flights as model_flights
from dfr.sim.flight import Flight as Flight
from dfr.sim.flight import Flights as Flights
from dfr.sim.inputs import TraceCall as TraceCall

__version__: str
PUBLIC: dict[str, str]
