//! The election alone, in all weathers.

mod driver;
mod machine;
mod mutant;
mod rules;
mod takeover;
mod tests;
mod verdict;
mod weather;
mod worker;
mod world;
