"""Layer and its properties in, `CoatedElectrode` out."""

from __future__ import annotations

from collections.abc import Mapping

from ..constants import ZERO_CELSIUS
from ..laws import arrhenius
from ..records.coating import CoatingLayer
from ..records.electrode import CoatedElectrode, Permeation
from . import laws
from .film import oxygen_permeance_ratio
from .spec import Layer

ROOM = 25.0  # degC


def coated_electrode(
    layer: CoatingLayer,
    properties: Layer,
    *,
    energy_release: Mapping[str, float],
    facet_shares: Mapping[str, float],
    boundary_fraction: float,
    temperature: float,
    open_share: float,
) -> CoatedElectrode:
    """The layer as a path for lithium, electrons and oxygen, cycled at ``temperature`` [K].

    ``energy_release`` [J/m2] pulls at its interface, facet by facet; ``open_share`` of the particle's surface lets
    lithium through. Both conductivities hold at 25 degC.
    """
    faster = float(arrhenius(1.0, properties.conduction_activation_energy.value, temperature, ZERO_CELSIUS + ROOM))
    resistivity = laws.film_resistivity(properties.lithium_conductivity.value * faster, open_share)
    ratio = laws.leaky_ratio(properties.oxygen_ratio.value, properties.boundary_leak.value, boundary_fraction)
    return CoatedElectrode(
        thickness=layer.thickness,
        area=layer.area,
        coverage_formed=layer.coverage,
        wetting_share=layer.wetting_share,
        release_ratio={f: g / properties.interface_toughness.value for f, g in energy_release.items()},
        facet_shares=dict(facet_shares),
        film_resistivity=resistivity,
        film_resistance=resistivity * layer.thickness,
        open_share=open_share,
        electronic_conductivity=properties.electronic_conductivity.value * faster,
        oxygen_ratio=ratio,
        mass_ratio=layer.mass_ratio,
        host_share_lost=layer.host_lithium_taken,
        residual_consumed=layer.residual_consumed,
    )


def permeation(electrode: CoatedElectrode, properties: Layer, *, skin_thickness: float) -> Permeation:
    """What the layer lets through, with the spread of ``properties``; ``skin_thickness`` [m] of the aged bare cell.

    R_f goes with 1/sigma_Li, so its ends are those of the conductivity; oxygen as `oxygen_permeance_ratio`.
    """
    sigma = properties.lithium_conductivity
    low, high = (sigma.at(0.5).value / sigma.at(q).value for q in (0.9, 0.1))
    leak = electrode.oxygen_ratio / properties.oxygen_ratio.at(0.5).value
    return Permeation(
        film_resistance=electrode.film_resistance,
        film_resistance_low=low * electrode.film_resistance,
        film_resistance_high=high * electrode.film_resistance,
        oxygen_permeance=oxygen_permeance_ratio(
            properties.oxygen_ratio, layer_thickness=electrode.thickness, skin_thickness=skin_thickness, leak=leak
        ),
    )
