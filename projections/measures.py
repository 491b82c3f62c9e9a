"""What operators watch of the projections, as Prometheus series labelled by view."""

from prometheus_client import Counter, Gauge

EVENTS = Counter("cx_projection_events", "Events a projection has passed.", ["view"])
BATCHES = Counter(
    "cx_projection_batches", "Batches written together with their position.", ["view"]
)
RELOADS = Counter(
    "cx_projection_reloads", "Times a projection forgot all and began anew.", ["view"]
)
FAULTS = Counter("cx_projection_faults", "Times the log or the store was out of reach.", ["view"])
POSITION = Gauge("cx_projection_position", "The position a view has reached.", ["view"])
LAG = Gauge("cx_projection_lag", "How far the view's position is behind the log's.", ["view"])
PARKED = Gauge("cx_projection_parked", "Events a view could not take, queue included.", ["view"])
