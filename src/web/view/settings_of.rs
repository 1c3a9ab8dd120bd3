//! Which values is an app given, and which does it still want?

use std::collections::BTreeSet;

use super::app::{EnvVar, SecretName};
use super::moment::Moment;
use crate::model::document::Version;
use crate::model::world::App;

/// The environment: what the file says, under what people set.
#[must_use]
pub fn env(app: &App, version: Option<&Version>) -> Vec<EnvVar> {
    let file = version.map(|version| &version.manifest.env);
    let names: BTreeSet<&String> = file.into_iter().flat_map(|env| env.keys()).chain(app.env.set.keys()).collect();
    names
        .into_iter()
        .map(|name| {
            let says = file.and_then(|env| env.get(name)).cloned();
            let set = app.env.set.get(name).cloned();
            EnvVar {
                name: name.clone(),
                set_here: set.is_some(),
                value: set.or_else(|| says.clone()).unwrap_or_default(),
                file: says,
            }
        })
        .collect()
}

/// The secrets: those the manifest asks for and those that are set.
#[must_use]
pub fn secrets(app: &App, version: Option<&Version>) -> Vec<SecretName> {
    let file = version.map(|version| &version.manifest.secrets);
    let names: BTreeSet<&String> = file.into_iter().flat_map(|asked| asked.keys()).chain(app.secrets.keys()).collect();
    names
        .into_iter()
        .map(|name| {
            let purpose = file.and_then(|asked| asked.get(name));
            let sealed = app.secrets.get(name);
            SecretName {
                name: name.clone(),
                is_set: sealed.is_some(),
                wanted: purpose.is_some(),
                set_at: sealed.map(|sealed| Moment(sealed.at)),
                purpose: purpose.filter(|text| !text.is_empty()).cloned(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::Sealed;
    use crate::model::time::WallTime;
    use crate::web::view::sample::{self, running};

    #[test]
    fn a_value_set_here_wins_and_the_file_is_still_named() {
        let (mut world, _) = running();
        sample::app(&mut world, "web").env.set.insert("GREETING".into(), "moin".into());
        sample::app(&mut world, "web").env.set.insert("COLOUR".into(), "sea".into());
        let app = sample::app(&mut world, "web").clone();
        let version = world.versions.values().next().unwrap();
        let env = env(&app, Some(version));
        assert_eq!((env[0].name.as_str(), env[0].file.as_deref()), ("COLOUR", None));
        assert_eq!((env[1].value.as_str(), env[1].set_here, env[1].file.as_deref()), ("moin", true, Some("hello")));
    }

    #[test]
    fn a_secret_is_listed_by_name_whether_wanted_or_set_and_never_by_value() {
        let (mut world, _) = running();
        let sealed = Sealed { generation: 1, nonce: "n".into(), ciphertext: "CIPHER".into(), at: WallTime(5) };
        sample::app(&mut world, "web").secrets.insert("OLD".into(), sealed);
        let app = sample::app(&mut world, "web").clone();
        let secrets = secrets(&app, world.versions.values().next().map(AsRef::as_ref));
        let told: Vec<_> = secrets.iter().map(|secret| (secret.name.as_str(), secret.is_set, secret.wanted)).collect();
        assert_eq!(told, [("API_KEY", false, true), ("OLD", true, false)]);
        assert!(!serde_json::to_string(&secrets).unwrap().contains("CIPHER"));
    }
}
