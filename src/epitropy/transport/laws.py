"""Transport through a layer; floats in and out, SI."""


def film_resistivity(lithium_conductivity: float, electronic_conductivity: float, open_share: float) -> float:
    """Areal resistance per thickness, ohm m: 1/(f sigma_Li) + 1/sigma_e; only the open facet share f passes lithium.

    >>> round(film_resistivity(1e-5, 1e-5, 0.5))
    300000
    """
    return 1 / (open_share * lithium_conductivity) + 1 / electronic_conductivity


def leaky_ratio(oxygen_ratio: float, leak: float, boundary_fraction: float) -> float:
    """Oxygen transport coefficient of a layer with phase boundaries, over the skin's: D_L/D_s (1 + l f_b)."""
    return oxygen_ratio * (1 + leak * boundary_fraction)
