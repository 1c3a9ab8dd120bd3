//! On which bridge do our containers live? One per node, with a fixed range, so that an address stays with its replica.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest, NetworkInspect};
use bollard::query_parameters::{InspectNetworkOptions, ListNetworksOptions};
use sha2::{Digest, Sha256};

use super::client::{Docker, QUICK, SLOW};
use super::error::{DockerError, Verb};
use super::owned::Destructive;
use super::reference::checked_name;
use super::subnet::{POOLS, Subnet, first_free, routes};

/// A bridge of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Docker's id of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where containers reach this machine: given to them as `KRAKEN_HOST`.
    pub gateway: Ipv4Addr,
    /// Its addresses.
    pub subnet: Subnet,
}

impl Docker {
    /// The bridge `name`, made if it is not there. `subnet`: the configured range; without one, a /20 of [`POOLS`] that overlaps
    /// neither a route of this machine nor another Docker network. A bridge that exists with
    /// another range than configured is remade when nothing is attached to it, else kept: running apps come first.
    ///
    /// # Errors
    /// [`DockerError::Foreign`] when the name is taken, [`DockerError::NoSubnet`] when nothing is free.
    pub async fn ensure_network(&self, name: &str, subnet: Option<Subnet>) -> Result<Network, DockerError> {
        checked_name("network", name)?;
        if let Some(found) = self.inspect_network(name).await? {
            let labels = found.labels.clone().unwrap_or_default();
            let is_idle = found.containers.as_ref().is_none_or(HashMap::is_empty);
            // A node that joined a platform had no apps: its bridge is empty, and is made anew with the new platform's label.
            let is_ours = self.labels().own(&labels);
            if !(is_ours || is_idle && self.labels().own_or_former(&labels)) {
                return Err(DockerError::Foreign { kind: "network", name: name.to_owned() });
            }
            match read(found) {
                Some(network) if is_ours && (subnet.is_none_or(|wanted| wanted == network.subnet) || !is_idle) => {
                    return Ok(network);
                }
                _ => self.destroy(Destructive::RemoveNetwork { name }).await?,
            };
        }
        let subnet = match subnet {
            Some(subnet) => subnet,
            None => self.free_subnet(name).await?,
        };
        self.make_network(name, subnet).await
    }

    /// Removes the bridge `name` if it is ours.
    ///
    /// # Errors
    /// [`DockerError::Foreign`]; refused while a container is attached.
    pub async fn remove_network(&self, name: &str) -> Result<(), DockerError> {
        checked_name("network", name)?;
        self.destroy(Destructive::RemoveNetwork { name }).await.map(|_| ())
    }

    async fn inspect_network(&self, name: &str) -> Result<Option<NetworkInspect>, DockerError> {
        let asked = self.within(Verb::MakeNetwork, name, QUICK, |client| async move {
            client.inspect_network(name, None::<InspectNetworkOptions>).await
        });
        match asked.await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn free_subnet(&self, name: &str) -> Result<Subnet, DockerError> {
        let networks =
            self.within(Verb::List, "networks", QUICK, |client| async move {
                client.list_networks(None::<ListNetworksOptions>).await
            })
            .await?;
        let of_docker = networks
            .into_iter()
            .filter_map(|network| network.ipam?.config)
            .flatten()
            .filter_map(|config| config.subnet?.parse().ok());
        // A machine that does not show its routes has none we know of; Docker itself then refuses an overlap.
        let table = tokio::fs::read_to_string("/proc/net/route").await.unwrap_or_default();
        let used: Vec<Subnet> = routes(&table).into_iter().chain(of_docker).collect();
        first_free(name, &used).ok_or_else(|| DockerError::NoSubnet { network: name.to_owned(), tried: POOLS.join(", ") })
    }

    async fn make_network(&self, name: &str, subnet: Subnet) -> Result<Network, DockerError> {
        let gateway = subnet.gateway();
        let config = IpamConfig { subnet: Some(subnet.to_string()), gateway: Some(gateway.to_string()), ..Default::default() };
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            ipam: Some(Ipam { config: Some(vec![config]), ..Default::default() }),
            options: Some(HashMap::from([
                ("com.docker.network.bridge.enable_icc".to_owned(), "false".to_owned()),
                ("com.docker.network.bridge.name".to_owned(), interface(name)),
            ])),
            labels: Some(self.labels().with(&BTreeMap::new())),
            ..Default::default()
        };
        let made =
            self.within(Verb::MakeNetwork, name, SLOW, |client| async move { client.create_network(request).await }).await?;
        Ok(Network { id: made.id, name: name.to_owned(), gateway, subnet })
    }
}

/// The bridge's interface: at most 15 characters, so a digest of the network's name; `kraken-` so that discovery skips it.
fn interface(name: &str) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(name.as_bytes()));
    format!("kraken-{}", &digest[..8])
}

fn read(found: NetworkInspect) -> Option<Network> {
    let config = found.ipam?.config?.into_iter().next()?;
    let subnet: Subnet = config.subnet?.parse().ok()?;
    let gateway = config.gateway.and_then(|text| text.parse().ok()).unwrap_or_else(|| subnet.gateway());
    Some(Network { id: found.id?, name: found.name?, gateway, subnet })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interface_fits_the_kernel_and_differs_by_name() {
        assert_eq!(interface("kraken-n1").len(), 15);
        assert!(interface("kraken-n1").starts_with("kraken-"));
        assert_ne!(interface("kraken-n1"), interface("kraken-n2"));
    }

    #[test]
    fn a_network_without_a_range_is_not_one_of_ours() {
        assert_eq!(read(NetworkInspect::default()), None);
    }
}
