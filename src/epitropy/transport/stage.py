"""Layer and its properties in, `CoatedElectrode` out."""

from __future__ import annotations

from ..records.coating import CoatingLayer
from ..records.electrode import CoatedElectrode
from . import laws
from .spec import Layer


def coated_electrode(layer: CoatingLayer, properties: Layer, *, bonded_share: float, boundary_fraction: float) -> CoatedElectrode:
    """The layer as a path for lithium, electrons and oxygen; ``bonded_share`` of it still adheres."""
    resistivity = laws.film_resistivity(
        properties.lithium_conductivity.value, properties.electronic_conductivity.value, properties.open_facet_share.value
    )
    ratio = laws.leaky_ratio(properties.oxygen_ratio.value, properties.boundary_leak.value, boundary_fraction)
    return CoatedElectrode(
        thickness=layer.thickness,
        coverage=layer.coverage * bonded_share,
        coverage_formed=layer.coverage,
        film_resistivity=resistivity,
        film_resistance=resistivity * layer.thickness,
        oxygen_ratio=ratio,
        mass_ratio=layer.mass_ratio,
        host_share_lost=layer.host_lithium_taken,
        residual_consumed=layer.residual_consumed,
    )
