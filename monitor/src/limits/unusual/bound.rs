//! How far from the usual is too much.

use super::finding::Horizon;

/// From which amount on it is unusual where `usual` is expected within the horizon.
///
/// `factor` times the usual is for an hour; a day is half as far away, a week a quarter, for long sums are steadier. What is
/// rare needs room beside it: amounts that come in units of `unit` at random spread by the square root of `unit` times
/// their sum (a compound Poisson process), and three such spreads and four units are always let through.
pub(super) fn bound(usual: f64, unit: f64, factor: f64, horizon: Horizon) -> f64 {
    let factor = match horizon {
        Horizon::Hour => factor,
        Horizon::Day => 1.0 + (factor - 1.0) / 2.0,
        Horizon::Week => 1.0 + (factor - 1.0) / 4.0,
    };
    let high = factor * usual.max(0.0);
    high + SPREADS * (high * unit).sqrt() + UNITS * unit
}

const SPREADS: f64 = 3.0;
const UNITS: f64 = 4.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rare_has_room_and_the_usual_its_factor() {
        let rounded = |usual, horizon| bound(usual, 1.0, 4.0, horizon).round();
        assert_eq!(rounded(0.0, Horizon::Hour), 4.0);
        assert_eq!(rounded(0.0, Horizon::Week), 4.0);
        assert_eq!(rounded(100.0, Horizon::Hour), 464.0);
        assert_eq!(rounded(100.0, Horizon::Day), 301.0);
        assert_eq!(rounded(100.0, Horizon::Week), 219.0);
    }
}
