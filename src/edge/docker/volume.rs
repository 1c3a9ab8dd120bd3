//! Where does an app's data live? In Docker volumes with our labels; what becomes of them is decided elsewhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::ListVolumesOptionsBuilder;

use super::client::{Docker, QUICK, SLOW};
use super::error::{DockerError, Verb};
use super::owned::Destructive;
use super::reference::checked_name;

/// A size is not counted beyond this many files: "if it is cheap".
const MOST_FILES: u32 = 100_000;

/// A volume of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeInfo {
    /// Its name.
    pub name: String,
    /// Its labels, ours included.
    pub labels: BTreeMap<String, String>,
    /// Where its files are on this machine.
    pub path: PathBuf,
}

impl Docker {
    /// The volume `name`, made with `labels` beside the owner's if it is not there.
    ///
    /// # Errors
    /// [`DockerError::Foreign`] when somebody else's volume has that name: it may hold their data.
    pub async fn ensure_volume(&self, name: &str, labels: &BTreeMap<String, String>) -> Result<(), DockerError> {
        checked_name("volume", name)?;
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            driver: Some("local".to_owned()),
            labels: Some(self.labels().with(labels)),
            ..Default::default()
        };
        // Docker answers with the existing volume, and its labels, when the name is taken.
        let volume =
            self.within(Verb::MakeVolume, name, SLOW, |client| async move { client.create_volume(request).await }).await?;
        if self.labels().own(&volume.labels) {
            Ok(())
        } else {
            Err(DockerError::Foreign { kind: "volume", name: name.to_owned() })
        }
    }

    /// All volumes of ours, by name.
    ///
    /// # Errors
    /// Docker's.
    pub async fn list_volumes(&self) -> Result<Vec<VolumeInfo>, DockerError> {
        let options = ListVolumesOptionsBuilder::new().filters(&self.labels().filter([])).build();
        let listed =
            self.within(Verb::List, "volumes", QUICK, |client| async move { client.list_volumes(Some(options)).await }).await?;
        let mut volumes: Vec<VolumeInfo> = listed
            .volumes
            .unwrap_or_default()
            .into_iter()
            .map(|volume| VolumeInfo {
                name: volume.name,
                labels: volume.labels.into_iter().collect(),
                path: volume.mountpoint.into(),
            })
            .collect();
        volumes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(volumes)
    }

    /// Deletes the volume `name` and its data if it is ours; gone already is fine.
    ///
    /// # Errors
    /// [`DockerError::Foreign`]; refused while a container uses it.
    pub async fn remove_volume(&self, name: &str) -> Result<(), DockerError> {
        checked_name("volume", name)?;
        self.destroy(Destructive::RemoveVolume { name }).await.map(|_| ())
    }
}

impl VolumeInfo {
    /// Bytes its files take; none when we may not look, or when there are more than a hundred thousand.
    pub async fn size(&self) -> Option<u64> {
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || size_below(&path)).await.ok().flatten()
    }
}

fn size_below(root: &Path) -> Option<u64> {
    let (mut bytes, mut files) = (0_u64, 0_u32);
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()? {
            // A file deleted under our eyes counts nothing.
            let Ok(metadata) = entry.as_ref().map_err(|_| ()).and_then(|entry| entry.metadata().map_err(|_| ())) else {
                continue;
            };
            files += 1;
            if files > MOST_FILES {
                return None;
            }
            match entry {
                Ok(entry) if metadata.is_dir() => folders.push(entry.path()),
                _ => bytes = bytes.saturating_add(metadata.len()),
            }
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_counts_files_below_and_follows_no_link() {
        let home = tempfile::tempdir().unwrap();
        let below = home.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::write(below.join("one"), [0; 700]).unwrap();
        std::fs::write(home.path().join("two"), [0; 50]).unwrap();
        assert_eq!(size_below(home.path()), Some(750));
        std::os::unix::fs::symlink("/usr", below.join("out")).unwrap();
        assert!(size_below(home.path()).is_some_and(|bytes| bytes < 1000));
        assert_eq!(size_below(&home.path().join("missing")), None);
    }
}
