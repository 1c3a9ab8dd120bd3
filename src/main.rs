//! The `kraken` binary: what a person types is done by [`kraken::cli`].

/// The ingress allocates for each request; docs/benchmarks.md says what this one saves.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    kraken::cli::main()
}
