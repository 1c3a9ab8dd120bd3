//! Where are the platform's secrets kept, renewed and handed on? In `secret.key`, and in memory for whoever seals and hears.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::keyring::{Keyring, OpenKeyringError};
use super::seal::Sealer;
use crate::model::document::{Document, Sealed, Setting};
use crate::model::join::SecretText;
use crate::model::keys::{KEYS_FORMAT, KeyFacts, KeyOffer};
use crate::model::record::ObjectKey;
use crate::model::time::WallTime;
use crate::model::world::World;

/// Values sealed anew in one wish.
const AT_ONCE: usize = 64;
/// The fields of settings that hold sealed values: of deploy keys and of access tokens.
const SEALED_FIELDS: [&str; 2] = ["private", "token"];

/// The secrets of this node. Shared by whoever needs them.
pub struct KeySafe {
    data: PathBuf,
    /// One change at a time: the file and the memory say the same.
    turn: Mutex<()>,
    keyring: ArcSwap<Keyring>,
    sealer: Arc<Sealer>,
}

impl KeySafe {
    /// A safe over the data directory, whose file says `keyring`; `sealer` follows it.
    #[must_use]
    pub fn new(data: &Path, keyring: Keyring, sealer: Arc<Sealer>) -> Self {
        Self { data: data.to_owned(), turn: Mutex::default(), keyring: ArcSwap::from_pointee(keyring), sealer }
    }

    /// The secrets as they are now.
    #[must_use]
    pub fn now(&self) -> Arc<Keyring> {
        self.keyring.load_full()
    }

    /// Makes the generation `facts`; what is in force afterwards. Blocks.
    ///
    /// # Errors
    /// When the disk or the kernel refuses; then nothing changed.
    pub fn renew(&self, facts: KeyFacts) -> Result<KeyFacts, OpenKeyringError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        if facts.is_above(now.facts()) {
            self.put(now.renewed(facts)?)?;
        }
        Ok(self.now().facts().clone())
    }

    /// Puts away what a member gave; what is in force afterwards. Blocks.
    ///
    /// # Errors
    /// When the disk refuses; then nothing changed.
    pub fn take(&self, offer: &KeyOffer) -> Result<KeyFacts, OpenKeyringError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let given = Keyring::read(offer.keyring.0.as_bytes()).filter(|given| *given.facts() == offer.facts);
        if let Some(next) = given.and_then(|given| now.taking(given)) {
            self.put(next)?;
        }
        Ok(self.now().facts().clone())
    }

    fn put(&self, next: Keyring) -> Result<(), OpenKeyringError> {
        next.store(&self.data)?;
        self.sealer.renew(&next);
        self.keyring.store(Arc::new(next));
        Ok(())
    }

    /// What a member is given.
    #[must_use]
    pub fn offer(&self) -> KeyOffer {
        let now = self.now();
        KeyOffer { v: KEYS_FORMAT, facts: now.facts().clone(), keyring: SecretText(now.export()) }
    }

    /// Some values that are not sealed with the newest key, each as it is and as it should be; those that cannot be read
    /// here are left to whoever can.
    #[must_use]
    pub fn resealed(&self, world: &World) -> BTreeMap<ObjectKey, (Document, Document)> {
        let heads = world.leaves.iter().filter_map(|(object, leaves)| Some((object, leaves.first()?.document.as_ref()?)));
        let renewed = heads.filter_map(|(object, old)| {
            let new = match old {
                Document::Secret(sealed) => Document::Secret(self.anew(object, sealed, world.wall)?),
                Document::Setting(setting) => Document::Setting(self.setting_anew(object, setting, world.wall)?),
                _ => return None,
            };
            Some((object.clone(), (old.clone(), new)))
        });
        renewed.take(AT_ONCE).collect()
    }

    fn anew(&self, object: &ObjectKey, sealed: &Sealed, now: WallTime) -> Option<Sealed> {
        if !self.sealer.is_old(object, sealed) {
            return None;
        }
        let plain = self.sealer.unseal(object, sealed).ok()?;
        let at = if sealed.at == WallTime::default() { now } else { sealed.at };
        self.sealer.seal(object, &plain, at).ok()
    }

    fn setting_anew(&self, object: &ObjectKey, setting: &Setting, now: WallTime) -> Option<Setting> {
        let mut value = setting.value.clone();
        let name = SEALED_FIELDS.iter().find(|name| value.get(name).is_some_and(serde_json::Value::is_object))?;
        let field = value.get_mut(name)?;
        let sealed: Sealed = serde_json::from_value(field.clone()).ok()?;
        *field = serde_json::to_value(self.anew(object, &sealed, now)?).ok()?;
        Some(Setting { value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::command::{Asker, decide};
    use crate::decide::sample::{self, world, write};
    use crate::model::command::Command;
    use crate::model::record::Draft;
    use crate::model::setting::{self, SETTING_FORMAT, SourceToken, source_token_of};
    use crate::model::time::Hlc;

    struct Node {
        safe: KeySafe,
        sealer: Arc<Sealer>,
        _dir: tempfile::TempDir,
    }

    /// A node that has the secrets `of` another one, or its own.
    fn node(of: Option<&Node>) -> Node {
        let dir = tempfile::tempdir().unwrap();
        if let Some(other) = of {
            other.safe.now().store(dir.path()).unwrap();
        }
        let keyring = Keyring::open(dir.path()).unwrap();
        let sealer = Arc::new(Sealer::new(&keyring));
        Node { safe: KeySafe::new(dir.path(), keyring, Arc::clone(&sealer)), sealer, _dir: dir }
    }

    fn facts(generation: u32, wall: u64) -> KeyFacts {
        KeyFacts { generation, hlc: Hlc { wall, logical: 0 }, members: Some([sample::node()].into()) }
    }

    fn object() -> ObjectKey {
        "secret/web/KEY".parse().unwrap()
    }

    /// A world with a secret and an access token, sealed by `node`.
    fn with_values(node: &Node) -> World {
        let mut world = world();
        let sealed = node.sealer.seal(&object(), "hunter2", WallTime(5)).unwrap();
        write(&mut world, vec![Draft { object: object(), document: Some(Document::Secret(sealed)) }]);
        let url: crate::model::source::SourceUrl = "https://git.example/a/b".parse().unwrap();
        let at = source_token_of(&url);
        let ObjectKey::Setting(name) = &at else { panic!("{at}") };
        let token = SourceToken { v: SETTING_FORMAT, url, token: node.sealer.seal(&at, "ghp_1", WallTime(5)).unwrap() };
        write(&mut world, vec![setting::draft(name, &token).unwrap()]);
        world
    }

    fn granted(world: &mut World, values: BTreeMap<ObjectKey, (Document, Document)>) {
        let (drafts, _) = decide(world, Asker { by: "kraken", key: "k" }, Command::Reseal { values }).unwrap();
        write(world, drafts);
    }

    #[test]
    fn after_a_removal_every_value_is_sealed_with_a_key_the_removed_machine_never_had() {
        let ours = node(None);
        let removed = node(Some(&ours));
        let mut world = with_values(&ours);
        assert!(ours.safe.resealed(&world).is_empty());
        ours.safe.renew(facts(2, 5)).unwrap();
        let values = ours.safe.resealed(&world);
        assert_eq!(values.len(), 2);
        granted(&mut world, values);
        assert!(ours.safe.resealed(&world).is_empty(), "once is enough");
        let Some(Document::Secret(sealed)) = world.head(&object()).and_then(|head| head.document.clone()) else { panic!() };
        assert_eq!(*ours.sealer.unseal(&object(), &sealed).unwrap(), "hunter2");
        assert!(removed.sealer.unseal(&object(), &sealed).is_err());
    }

    #[test]
    fn a_value_that_was_set_meanwhile_is_not_overwritten() {
        let ours = node(None);
        let mut world = with_values(&ours);
        ours.safe.renew(facts(2, 5)).unwrap();
        let values = ours.safe.resealed(&world);
        let newer = ours.sealer.seal(&object(), "changed", WallTime(6)).unwrap();
        write(&mut world, vec![Draft { object: object(), document: Some(Document::Secret(newer.clone())) }]);
        granted(&mut world, values);
        assert_eq!(world.head(&object()).unwrap().document, Some(Document::Secret(newer)));
    }

    #[test]
    fn a_member_takes_newer_secrets_keeps_them_and_seals_with_them() {
        let ours = node(None);
        let member = node(Some(&ours));
        ours.safe.renew(facts(2, 5)).unwrap();
        let offer = ours.safe.offer();
        assert_eq!(member.safe.take(&offer).unwrap(), facts(2, 5));
        let sealed = member.sealer.seal(&object(), "x", WallTime(1)).unwrap();
        assert_eq!(*ours.sealer.unseal(&object(), &sealed).unwrap(), "x");
        assert_eq!(*Keyring::open(&member.safe.data).unwrap().facts(), facts(2, 5), "it is on disk");
        let stale = KeyOffer { facts: facts(3, 9), ..offer };
        assert_eq!(member.safe.take(&stale).unwrap(), facts(2, 5), "what it says of itself must be what it holds");
    }

    #[test]
    fn values_sealed_on_the_side_that_lost_are_sealed_anew_by_whoever_can_read_them() {
        let one = node(None);
        let two = node(Some(&one));
        one.safe.renew(facts(2, 5)).unwrap();
        two.safe.renew(facts(2, 6)).unwrap();
        let mut world = with_values(&one);
        one.safe.take(&two.safe.offer()).unwrap();
        assert!(two.safe.resealed(&world).is_empty(), "it cannot read them");
        let values = one.safe.resealed(&world);
        granted(&mut world, values);
        let Some(Document::Secret(sealed)) = world.head(&object()).and_then(|head| head.document.clone()) else { panic!() };
        assert_eq!(*two.sealer.unseal(&object(), &sealed).unwrap(), "hunter2");
    }
}
