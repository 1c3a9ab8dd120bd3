//! How do browsers, programs and visitors of apps come in? The front doors: the API and the dashboard on port 8000, the local
//! socket, and the ingress to the apps.

pub mod accounts;
pub mod api;
mod assets;
pub mod events;
pub mod guard;
pub mod host;
pub mod ingress;
pub mod ports;
pub mod problem;
pub mod real;
pub mod serve;
pub mod state;
pub mod view;

pub use api::openapi_json;
pub use serve::{Listeners, serve};
pub use state::{Parts, Web};

#[cfg(test)]
pub(crate) mod double;
#[cfg(test)]
mod tests;
