//! Where does the app answer, and where does its data lie? `[route]`, `[[port]]` and `[[volume]]`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `[route]`: where the app answers HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RouteTable {
    /// Full names it answers to, lower case, beside those Kraken gives it.
    pub hosts: Vec<String>,
    /// The LAN port the file asks for; none: `config.port` if free and not reserved, else one from 20000 up.
    pub publish: Option<u16>,
    /// Whether a visitor stays with one replica.
    pub sticky: bool,
    /// Who may come in.
    pub access: Access,
}

/// Who may reach an app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everybody on the network.
    #[default]
    Lan,
    /// A newer program's rule, which this one cannot keep: nobody may come in.
    #[serde(other)]
    Unknown,
}

/// One `[[port]]`: a TCP port on the LAN that is passed on byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TcpPort {
    /// What it is for, unique within the app.
    pub name: String,
    /// The port on every node.
    pub listen: u16,
    /// The port in the container.
    pub to: u16,
}

/// One `[[volume]]`: a folder of the container that outlives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Volume {
    /// Unique within the app; its data stays with this name.
    pub name: String,
    /// Absolute path in the container.
    pub path: String,
    /// Whether several replicas may use it at once.
    #[serde(default)]
    pub shared: bool,
}
