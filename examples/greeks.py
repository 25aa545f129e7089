"""The greeks of an option: derivatives of the Black-Scholes price, by grad, beside their closed formulas.

    python examples/greeks.py --spot 100 --strike 105 --rate 0.03 --volatility 0.2 --years 0.5

The price of a European option is a function of five numbers (Black & Scholes, 1973). What a trader calls
delta, vega, theta and rho are its first derivatives; gamma, vanna and volga are second ones. Nobody has to
derive them: the price is a plain Python function, and its derivatives are compiled from it.
"""

from __future__ import annotations

import argparse
import math

import adcompile as ad


def normal(x):
    """The distribution function of the standard normal distribution."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def price(spot, strike, rate, volatility, years, call=True):
    spread = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
    d2 = d1 - spread
    discounted = strike * math.exp(-rate * years)
    if call:
        return spot * normal(d1) - discounted * normal(d2)
    return discounted * normal(-d2) - spot * normal(-d1)


SPOT, RATE, VOLATILITY, YEARS = 0, 2, 3, 4
first = ad.grad(price, argnums=(SPOT, RATE, VOLATILITY, YEARS))


def delta(spot, strike, rate, volatility, years, call=True):
    return ad.grad(price)(spot, strike, rate, volatility, years, call)


def vega(spot, strike, rate, volatility, years, call=True):
    return ad.grad(price, argnums=VOLATILITY)(spot, strike, rate, volatility, years, call)


second_of_delta = ad.grad(delta, argnums=(SPOT, VOLATILITY))
volga = ad.grad(vega, argnums=VOLATILITY)


def greeks(spot, strike, rate, volatility, years, call=True):
    """The greeks by name, as derivatives of the price."""
    market = (spot, strike, rate, volatility, years, call)
    by_spot, by_rate, by_volatility, by_years = first(*market)
    gamma, vanna = second_of_delta(*market)
    return {
        "delta": by_spot,
        "vega": by_volatility,
        "theta": -by_years,  # time passes, and the years that are left become fewer
        "rho": by_rate,
        "gamma": gamma,
        "vanna": vanna,
        "volga": volga(*market),
    }


def closed_formulas(spot, strike, rate, volatility, years, call=True):
    """The same from the textbook (Hull, Options, Futures, and Other Derivatives, chapter 19)."""
    spread = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
    d2 = d1 - spread
    density = math.exp(-0.5 * d1**2) / math.sqrt(2.0 * math.pi)
    discounted = strike * math.exp(-rate * years)
    sign = 1.0 if call else -1.0
    decay = spot * density * volatility / (2.0 * math.sqrt(years))
    return {
        "delta": sign * normal(sign * d1),
        "vega": spot * density * math.sqrt(years),
        "theta": -decay - sign * rate * discounted * normal(sign * d2),
        "rho": sign * years * discounted * normal(sign * d2),
        "gamma": density / (spot * spread),
        "vanna": -density * d2 / volatility,
        "volga": spot * density * math.sqrt(years) * d1 * d2 / volatility,
    }


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, default in (
        ("spot", 100.0),
        ("strike", 105.0),
        ("rate", 0.03),
        ("volatility", 0.2),
        ("years", 0.5),
    ):
        parser.add_argument(f"--{name}", type=float, default=default)
    parser.add_argument("--put", action="store_true", help="a put instead of a call")
    options = parser.parse_args(argv)
    market = (options.spot, options.strike, options.rate, options.volatility, options.years, not options.put)
    compiled, formulas = greeks(*market), closed_formulas(*market)
    print(f"price   {price(*market):.10f}\n")
    print(f"{'':8}{'by grad':>18}{'by formula':>18}")
    for name, value in compiled.items():
        print(f"{name:8}{value:18.10f}{formulas[name]:18.10f}")
    return compiled


if __name__ == "__main__":
    main()
