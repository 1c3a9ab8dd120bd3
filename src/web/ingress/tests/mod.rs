//! Does a real, listening ingress do what the files beside say? Visitors and apps here speak raw bytes over loopback.

mod beyond;
mod failures;
mod messages;
mod routing;
mod streams;
mod swaps;
mod world;
