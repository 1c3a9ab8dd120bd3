//! What engine is this, and what can it do? Asked at start and after Docker came back.

use bollard::models::{SystemInfo, SystemInfoCgroupDriverEnum, SystemInfoCgroupVersionEnum, SystemVersion};

use super::client::{Docker, QUICK};
use super::error::{DockerError, Verb};

/// What the engine says about itself and its machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// Such as `20.10.24`.
    pub version: String,
    /// The API version agreed on, such as `1.41`.
    pub api_version: String,
    /// The architecture images must have, in Docker's words: `amd64`, `arm64`, `arm`. It is the engine's own, which on a
    /// 64-bit kernel under a 32-bit system differs from the machine's.
    pub architecture: String,
    /// 1 or 2; 0 when the engine does not say.
    pub cgroup_version: u8,
    /// `cgroupfs`, `systemd` or `none`.
    pub cgroup_driver: String,
    /// Whether memory limits work. False on a Raspberry Pi OS without `cgroup_enable=memory`.
    pub limits_memory: bool,
    /// Where Docker keeps its data on this machine.
    pub root: String,
    /// Bytes of memory the engine sees.
    pub memory: u64,
    /// Cores the engine sees.
    pub cpus: u32,
    /// What it warns of, such as missing memory limits.
    pub warnings: Vec<String>,
}

impl Docker {
    /// What the engine says about itself.
    ///
    /// # Errors
    /// Unreachable, not allowed, timed out.
    pub async fn info(&self) -> Result<EngineInfo, DockerError> {
        let client = self.client().await?;
        let agreed = client.client_version();
        let info = self.within(Verb::Ask, "", QUICK, |client| async move { client.info().await }).await?;
        let version = self.within(Verb::Ask, "", QUICK, |client| async move { client.version().await }).await?;
        Ok(read(info, version, format!("{}.{}", agreed.major_version, agreed.minor_version)))
    }
}

fn read(info: SystemInfo, version: SystemVersion, api_version: String) -> EngineInfo {
    let machine = info.architecture.unwrap_or_default();
    EngineInfo {
        version: info.server_version.unwrap_or_default(),
        api_version,
        architecture: version.arch.unwrap_or_else(|| in_dockers_words(&machine).to_owned()),
        cgroup_version: match info.cgroup_version {
            Some(SystemInfoCgroupVersionEnum::_1) => 1,
            Some(SystemInfoCgroupVersionEnum::_2) => 2,
            _ => 0,
        },
        cgroup_driver: info.cgroup_driver.unwrap_or(SystemInfoCgroupDriverEnum::NONE).to_string(),
        limits_memory: info.memory_limit.unwrap_or(false),
        root: info.docker_root_dir.unwrap_or_default(),
        memory: info.mem_total.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
        cpus: info.ncpu.and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
        warnings: info.warnings.unwrap_or_default(),
    }
}

/// The kernel's word for a machine, as Docker names it in images.
fn in_dockers_words(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "armv7l" | "armv6l" => "arm",
        "i686" | "i386" => "386",
        other => other,
    }
}

/// Whether an image of `architecture` runs on an engine of `engine`; an image that does not say is let through.
#[must_use]
pub(super) fn runs_on(engine: &str, architecture: &str) -> bool {
    architecture.is_empty() || architecture == engine || (engine == "amd64" && architecture == "386")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_for_another_machine_does_not_run() {
        assert!(runs_on("amd64", "amd64") && runs_on("amd64", "386") && runs_on("arm64", ""));
        assert!(!runs_on("amd64", "arm64") && !runs_on("arm64", "amd64") && !runs_on("arm", "arm64"));
    }

    #[test]
    fn a_32_bit_system_on_a_64_bit_kernel_takes_32_bit_images() {
        let info = SystemInfo { architecture: Some("aarch64".into()), ..Default::default() };
        let version = SystemVersion { arch: Some("arm".into()), ..Default::default() };
        assert_eq!(read(info, version, "1.41".into()).architecture, "arm");
    }

    #[test]
    fn an_engine_that_says_nothing_limits_nothing() {
        let silent = read(SystemInfo::default(), SystemVersion::default(), "1.41".into());
        assert!(!silent.limits_memory);
        assert_eq!((silent.cgroup_version, silent.cpus), (0, 1));
    }
}
