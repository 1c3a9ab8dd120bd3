//! Which seeds? `KRAKEN_SIM_SEEDS` says how many, `KRAKEN_SIM_FROM` from which on; unoptimised, few run by default.

/// The range that the environment asks for, `default` many from 0 on if it does not.
pub fn range(default: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.trim().parse::<u64>().ok());
    let from = number("KRAKEN_SIM_FROM").unwrap_or(0);
    from..from + number("KRAKEN_SIM_SEEDS").unwrap_or(default)
}
