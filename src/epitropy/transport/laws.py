"""Transport through a layer; floats in and out, SI."""


def film_resistivity(lithium_conductivity: float, open_share: float) -> float:
    """Areal resistance to lithium per thickness, 1/(f sigma_Li) in ohm m; only the open facet share f passes lithium.

    >>> round(film_resistivity(1e-5, 0.5))
    200000
    """
    return 1 / (open_share * lithium_conductivity)


def leaky_ratio(oxygen_ratio: float, leak: float, boundary_fraction: float) -> float:
    """Oxygen transport coefficient of a layer with phase boundaries, over the skin's: D_L/D_s (1 + l f_b)."""
    return oxygen_ratio * (1 + leak * boundary_fraction)
